#include "terminology/server.h"

#include <gtest/gtest.h>

#include <deque>

namespace planbro::terminology {
namespace {

// Gives one answer after the other and keeps what was asked.
struct Script {
  std::deque<Result<ServerAnswer>> answers;
  std::vector<std::string> asked;

  ServerExchange exchange() {
    return [this](const std::string& path) -> Result<ServerAnswer> {
      asked.push_back(path);
      if (answers.empty()) return fail(ErrorCode::kUnavailable, "nobody listens");
      auto answer = std::move(answers.front());
      answers.pop_front();
      return answer;
    };
  }
};

ServerAnswer result(bool good) {
  return {200, std::string(R"({"resourceType":"Parameters","parameter":[
    {"name":"display","valueString":"Navn"},{"name":"result","valueBoolean":)") +
                   (good ? "true" : "false") + "}]}"};
}

const CodeQuestion kQuestion{"http://t.no/vs", "http://snomed.info/sct", "1", ""};

TEST(TerminologyServer, AsksByValidateCodeAndReadsTheResult) {
  Script script;
  script.answers = {result(true), result(false)};
  FhirTerminologyServer server(script.exchange());
  const Verdict yes = server.ask(kQuestion);
  EXPECT_EQ(yes.membership, Membership::kMember);
  EXPECT_EQ(yes.display, "Navn");
  EXPECT_EQ(server.ask({"", "http://snomed.info/sct", "a b", ""}).membership,
            Membership::kNotMember);
  EXPECT_EQ(script.asked[0],
            "/ValueSet/$validate-code?url=http%3A%2F%2Ft.no%2Fvs&system=http%3A%2F%2Fsnomed.info%2F"
            "sct&code=1");
  EXPECT_EQ(script.asked[1],
            "/CodeSystem/$validate-code?url=http%3A%2F%2Fsnomed.info%2Fsct&code=a%20b");
}

TEST(TerminologyServer, WhatItDoesNotKnowIsUnknownAndWhatFailsSaysSo) {
  Script script;
  script.answers = {ServerAnswer{404, "{}"}, ServerAnswer{503, ""}, ServerAnswer{200, "<html>"},
                    ServerAnswer{200, R"({"resourceType":"Parameters"})"}};
  FhirTerminologyServer server(script.exchange());
  EXPECT_EQ(server.ask(kQuestion).failure, "");
  EXPECT_EQ(server.ask(kQuestion).failure, "HTTP status 503");
  EXPECT_NE(server.ask(kQuestion).failure, "");
  EXPECT_NE(server.ask(kQuestion).failure, "");
  EXPECT_EQ(server.ask(kQuestion).failure, "nobody listens");
}

struct Guarded {
  FakeClock clock{*parseInstant("2026-11-22T12:00:00Z")};
  Script script;
  GuardedServer server;

  explicit Guarded(GuardOptions options = {})
      : server(std::make_unique<FhirTerminologyServer>(script.exchange()), clock, options) {}
  Verdict ask(const std::string& code) {
    return server.ask({"http://t.no/vs", "http://snomed.info/sct", code, ""});
  }
  void pass(int seconds) { clock.advanceMicros(std::int64_t{seconds} * 1'000'000); }
};

TEST(TerminologyServer, AnswersAreKeptForATimeAndAreNotWithoutNumber) {
  Guarded guarded({.cached = 2, .cache_time = std::chrono::seconds(60)});
  for (int i = 0; i < 9; ++i) guarded.script.answers.emplace_back(result(true));
  for (const char* code : {"1", "1", "2", "1", "3", "1"})
    EXPECT_EQ(guarded.ask(code).membership, Membership::kMember);
  EXPECT_EQ(guarded.script.asked.size(), 3U);
  guarded.ask("2");  // was asked for longest ago when 3 came
  EXPECT_EQ(guarded.script.asked.size(), 4U);
  guarded.pass(61);
  guarded.ask("1");
  EXPECT_EQ(guarded.script.asked.size(), 5U);
}

TEST(TerminologyServer, OneThatIsDownIsLeftAloneForAWhile) {
  Guarded guarded({.failures = 2, .pause = std::chrono::seconds(30)});
  EXPECT_EQ(guarded.ask("1").failure, "nobody listens");
  EXPECT_EQ(guarded.ask("1").failure, "nobody listens") << "a failure is not kept";
  EXPECT_EQ(guarded.ask("1").failure, "nobody listens");
  EXPECT_EQ(guarded.script.asked.size(), 2U) << "the third was answered without asking";
  guarded.pass(31);
  EXPECT_EQ(guarded.ask("1").failure, "nobody listens");
  EXPECT_EQ(guarded.script.asked.size(), 3U) << "one tries again";
  EXPECT_EQ(guarded.ask("1").failure, "nobody listens");
  EXPECT_EQ(guarded.script.asked.size(), 3U);
  guarded.pass(31);
  guarded.script.answers.emplace_back(result(true));
  EXPECT_EQ(guarded.ask("1").membership, Membership::kMember);
  guarded.script.answers.emplace_back(result(false));
  EXPECT_EQ(guarded.ask("2").membership, Membership::kNotMember) << "it is up again";
}

}  // namespace
}  // namespace planbro::terminology
