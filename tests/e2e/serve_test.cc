// planbro serve as its users meet it: a process, a socket, a signal.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "http/scripted_server.h"
#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

using http::ScriptedServer;
using service::Response;
using testing_support::contentOf;
using testing_support::PlanbroProcess;
using testing_support::ScratchFolder;

TEST(Serve, AnswersOverASocketAndEndsCleanlyOnSigterm) {
  const ScratchFolder data("serve_socket");
  PlanbroProcess planbro(PLANBRO_PROGRAM, data.path());
  ASSERT_TRUE(planbro.running());
  EXPECT_EQ(planbro.send("GET", "/health/ready").status, 200);

  const Response created =
      planbro.send("PUT", "/fhir/Patient/a", R"({"resourceType":"Patient","id":"a"})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.headers.get("Location"), planbro.base() + "/fhir/Patient/a/_history/1");

  const Response read = planbro.send("GET", "/fhir/Patient/a");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.headers.get("ETag"), "W/\"1\"");
  EXPECT_EQ(planbro.send("GET", "/fhir/Patient/a", {}, {{"If-None-Match", "W/\"1\""}}).status, 304);
  const Response head = planbro.send("HEAD", "/fhir/Patient/a");
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());

  EXPECT_EQ(planbro.send("GET", "/nothing").headers.get("Content-Type"),
            "application/problem+json");
  EXPECT_NE(planbro.send("GET", "/metrics").body.find("planbro_http_requests_total"),
            std::string::npos);
  EXPECT_EQ(planbro.end(SIGTERM), 0);
}

TEST(Serve, WhatR4ForbidsIsRefusedWithItsPlace) {
  const ScratchFolder data("serve_refusal");
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data.path());
  ASSERT_TRUE(planbro.running());
  const Response refused = planbro.send(
      "POST", "/fhir/Patient", R"({"resourceType":"Patient","activ":true,"gender":"unsure"})");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_NE(refused.body.find("Patient.gender"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("activ"), std::string::npos) << refused.body;

  const Response validated = planbro.send("POST", "/fhir/Patient/$validate",
                                          R"({"resourceType":"Patient","gender":"unsure"})");
  EXPECT_EQ(validated.status, 200);
  EXPECT_NE(validated.body.find("Patient.gender"), std::string::npos) << validated.body;
}

TEST(Serve, AnExportPostedTwiceIsAPlanThenNothingNew) {
  const ScratchFolder data("serve_import");
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data.path());
  ASSERT_TRUE(planbro.running());
  std::ifstream file(PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/export.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Response first = planbro.send("POST", "/import/json-plan", text);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_NE(first.body.find("\"created\":1"), std::string::npos) << first.body;
  const Response second = planbro.send("POST", "/import/json-plan", text);
  EXPECT_NE(second.body.find("\"unchanged\":1"), std::string::npos) << second.body;
  EXPECT_NE(planbro.send("GET", "/fhir/CarePlan?_summary=count").body.find("\"total\":"),
            std::string::npos);
}

TEST(Serve, WithoutDemonstrationTheFeedKnowsNobody) {
  const ScratchFolder data("serve_feed");
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data.path());
  ASSERT_TRUE(planbro.running());
  EXPECT_EQ(planbro.send("GET", "/feed/plans").status, 401);
  EXPECT_EQ(planbro.send("GET", "/portal/").status, 401);
}

TEST(Serve, WhatWasAcknowledgedOutlivesAKill) {
  const ScratchFolder data("serve_kill");
  {
    PlanbroProcess planbro(PLANBRO_PROGRAM, data.path());
    ASSERT_TRUE(planbro.running());
    for (int i = 0; i < 20; ++i) {
      const std::string id = "p" + std::to_string(i);
      ASSERT_EQ(planbro
                    .send("PUT", "/fhir/Patient/" + id,
                          R"({"resourceType":"Patient","id":")" + id + "\"}")
                    .status,
                201);
    }
    planbro.end(SIGKILL);
  }
  const PlanbroProcess again(PLANBRO_PROGRAM, data.path());
  ASSERT_TRUE(again.running());
  EXPECT_NE(again.send("GET", "/fhir/Patient?_summary=count").body.find("\"total\":20"),
            std::string::npos);
}

TEST(Serve, RefusesToListenWhereOthersCanReachIt) {
  const ScratchFolder data("serve_loopback");
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data.path(), {}, "0.0.0.0:0");
  EXPECT_FALSE(planbro.running());
}

TEST(Serve, APageMayReadWhyItsCodingIsRefused) {
  const ScratchFolder data("serve_cors");
  const auto file = data.path() / "planbro.yaml";
  std::ofstream(file) << "server:\n  cors_origins: https://a.example.no\n";
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data.path(), {"--config", file.string()});
  ASSERT_TRUE(planbro.running());
  const Response refused =
      planbro.send("PUT", "/fhir/Patient/a", R"({"resourceType":"Patient","id":"a"})",
                   {{"Origin", "https://a.example.no"}, {"Content-Encoding", "br"}});
  EXPECT_EQ(refused.status, 415) << refused.body;
  EXPECT_EQ(refused.headers.get("Access-Control-Allow-Origin"), "https://a.example.no");
  EXPECT_EQ(planbro.send("POST", "/import/json-plan", "{}", {{"Content-Encoding", "br"}}).status,
            415);
}

TEST(Serve, WhileItWaitsForItsStoreItSaysSoAndEndsWhenItIsTold) {
  const ScratchFolder data("serve_waiting");
  const ScriptedServer database({ScriptedServer::kSilence});
  const auto file = data.path() / "planbro.yaml";
  const auto log = data.path() / "log";
  std::ofstream(file) << "store:\n  address: postgres://planbro@"
                      << database.base().substr(std::string_view("http://").size())
                      << "/planbro?connect_timeout=60\n";
  const std::string line = std::string("exec ") + PLANBRO_PROGRAM +
                           " serve --listen 127.0.0.1:0 --config " + file.string() + " --data " +
                           data.path().string() + " 2>" + log.string();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  pid_t ended = 0;
  while (ended == 0 && !contentOf(log).contains("still opening the store")) {
    ::usleep(10'000);
    ended = ::waitpid(child, &status, WNOHANG);
  }
  ASSERT_EQ(ended, 0) << contentOf(log);
  ::kill(child, SIGTERM);
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status << contentOf(log);
  EXPECT_TRUE(contentOf(log).contains("ended while starting")) << contentOf(log);
}

TEST(Serve, CheckSaysWhatIsWrongWithAConfiguration) {
  const ScratchFolder data("serve_check");
  const auto file = data.path() / "planbro.yaml";
  std::ofstream(file) << "server:\n  listn: x\n";
  const std::string command = std::string(PLANBRO_PROGRAM) + " serve --check --config " +
                              file.string() + " >/dev/null 2>&1";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  std::ofstream(file) << "store:\n  address: postgres://planbro:geheim@/planbro\n";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  std::ofstream(file) << "server:\n  listen: 127.0.0.1:0\n";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 0);
}

}  // namespace
}  // namespace planbro
