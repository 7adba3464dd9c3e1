#include "http/terminology_exchange.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "http/scripted_server.h"

namespace planbro::http {
namespace {

using terminology::GuardedServer;
using terminology::Membership;

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/fhir+json\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string kYes =
    R"({"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true}]})";

class TerminologyServerOverHttp : public testing::Test {
 protected:
  std::unique_ptr<GuardedServer> guarded(const ScriptedServer& server,
                                         terminology::GuardOptions options = {}) {
    ClientOptions client;
    client.total_time = std::chrono::milliseconds(300);
    return std::make_unique<GuardedServer>(std::make_unique<terminology::FhirTerminologyServer>(
                                               terminologyExchange(server.base() + "/r4/", client)),
                                           clock_, options);
  }
  FakeClock clock_{*parseInstant("2026-11-22T12:00:00Z")};
};

TEST_F(TerminologyServerOverHttp, AnAnswerIsReadAndKept) {
  ScriptedServer server({answer(200, kYes)});
  const auto guard = guarded(server);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(guard->ask({"http://t.no/vs", "http://snomed.info/sct", "1", ""}).membership,
              Membership::kMember);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(TerminologyServerOverHttp, OneThatKeepsSilentHangsUpOrTalksNonsenseIsAFailure) {
  ScriptedServer server({ScriptedServer::kSilence, "", answer(500, "no"), answer(200, "<html>"),
                         "HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{", answer(200, kYes)});
  const auto guard = guarded(server, {.failures = 100});
  for (int i = 0; i < 5; ++i) {
    const auto verdict = guard->ask({"http://t.no/vs", "http://snomed.info/sct", "1", ""});
    EXPECT_EQ(verdict.membership, Membership::kUnknown) << i;
    EXPECT_NE(verdict.failure, "") << i;
  }
  EXPECT_EQ(guard->ask({"http://t.no/vs", "http://snomed.info/sct", "1", ""}).membership,
            Membership::kMember);
}

TEST_F(TerminologyServerOverHttp, OneThatIsDownIsNotAskedAgainAtOnce) {
  ScriptedServer server({"", "", "", answer(200, kYes)});
  const auto guard = guarded(server, {.failures = 3});
  for (int i = 0; i < 9; ++i)
    EXPECT_NE(guard->ask({"", "http://snomed.info/sct", "1", ""}).failure, "");
  EXPECT_EQ(server.requests(), 3);
  clock_.advanceMicros(31'000'000);
  EXPECT_EQ(guard->ask({"", "http://snomed.info/sct", "1", ""}).membership, Membership::kMember);
}

}  // namespace
}  // namespace planbro::http
