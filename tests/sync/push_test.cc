#include "sync/push.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fhir/resource.h"
#include "json/parser.h"
#include "store/sqlite/sqlite_store.h"
#include "sync/fake_peer.h"

namespace planbro::sync {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kCategory =
    R"("category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}])";

std::string consent(std::string_view id, std::string_view kind, std::string_view rest) {
  return R"({"resourceType":"Consent","id":")" + std::string(id) +
         R"(","identifier":[{"system":"urn:test","value":")" + std::string(id) +
         R"("}],"status":"active","category":[{"coding":[{"system":")" +
         std::string(kConsentKinds) + R"(","code":")" + std::string(kind) +
         R"("}]}],"patient":{"reference":"Patient/p"})" + std::string(rest) + "}";
}

std::string sharing(std::string_view type, std::string_view code, std::string_view period = {}) {
  return consent(
      "sharing", "sharing",
      R"(,"provision":{)" + std::string(period) + R"("provision":[{"type":")" + std::string(type) +
          R"(","actor":[{"role":{"text":"x"},"reference":{"reference":"PractitionerRole/doctor"}}],)"
          R"("code":[{"coding":[{"system":")" PLANBRO_CANONICAL_BASE
          R"(/CodeSystem/plan-content","code":")" +
          std::string(code) + R"("}]}]}]})");
}

class PushTest : public testing::Test {
 protected:
  PushTest() {
    folder_ = testing::TempDir() + "/push_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    auto store = store::openSqlite({.path = folder_ + "/planbro.sqlite"});
    EXPECT_TRUE(store.has_value());
    store_ = std::move(*store);
  }
  ~PushTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Stores a new version, indexed by the person it is about.
  void put(const std::string& body) {
    const auto read = fhir::readJson(body);
    ASSERT_TRUE(read.resource) << body;
    const fhir::Element root = read.resource.root();
    store::Put put;
    put.type = read.resource.type();
    put.id = read.resource.id();
    put.last_updated = clock_.now();
    put.body = body;
    if (ownerOf(root)) {
      store::IndexRow row;
      row.kind = store::IndexRow::Kind::kReference;
      row.parameter = root.child("subject") ? "subject" : "patient";
      row.system = "Patient";
      row.value = "p";
      put.index.push_back(row);
    }
    const auto stored = store_->transact([&](store::Transaction& transaction) -> Status {
      const auto current = transaction.read(put.type, put.id);
      put.version = current ? current->version + 1 : 1;
      return transaction.put(put);
    });
    ASSERT_TRUE(stored.has_value()) << stored.error().message;
  }

  void putGoal(const std::string& text) {
    put(R"({"resourceType":"Goal","id":"g","meta":{"versionId":"7","profile":["http://x"]},)"
        R"("identifier":[{"system":"urn:test","value":"goal 1|a"}],"lifecycleStatus":"active",)"
        R"("description":{"text":")" +
        text + R"("},"subject":{"reference":"Patient/p"}})");
  }

  // A plan that everybody agreed to share whole with the organisation 111.
  void putPlan() {
    put(R"({"resourceType":"Patient","id":"p","identifier":[{"system":"urn:test","value":"p"}],)"
        R"("generalPractitioner":[{"reference":"Practitioner/gp","display":"Doctor"}]})");
    put(R"({"resourceType":"Organization","id":"o","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}]})");
    put(R"({"resourceType":"PractitionerRole","id":"doctor","identifier":[{"system":"urn:test","value":"d"}],)"
        R"("organization":{"reference":"Organization/o"}})");
    putGoal("Living alone");
    put(R"({"resourceType":"CarePlan","id":"plan","identifier":[{"system":"urn:test","value":"plan"}],)"
        R"("status":"active","intent":"plan",)" +
        std::string(kCategory) +
        R"(,"subject":{"reference":"Patient/p"},"author":{"reference":"PractitionerRole/doctor"},)"
        R"("goal":[{"reference":"Goal/g"}]})");
    put(consent("agreed", "plan", ""));
    put(sharing("permit", "whole-plan"));
  }

  PushReport push(PushOptions options = {}) {
    Push round(
        *store_, peer_, connection_, clock_,
        [this](milliseconds pause) { pauses_.push_back(pause); }, options);
    auto report = round.run();
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report.value_or(PushReport{});
  }

  PeerStatus status() {
    const auto reader = store_->snapshot();
    return *Journal(peer_.name).status(**reader);
  }

  std::string folder_;
  std::unique_ptr<store::Store> store_;
  FakeClock clock_{*parseInstant("2026-11-22T12:00:00Z")};
  FakePeer connection_;
  Peer peer_{"hospital", "http://peer/fhir", "urn:oid:2.16.578.1.12.4.1.4.101", "111"};
  std::vector<milliseconds> pauses_;
};

TEST_F(PushTest, SendsAPlanAsOneTransactionByIdentifiers) {
  putPlan();
  const auto report = push();
  EXPECT_EQ(report.sent, 1U);
  EXPECT_TRUE(report.open.empty());
  ASSERT_EQ(connection_.requests.size(), 1U);
  EXPECT_EQ(connection_.requests[0].method, "POST");
  const std::string& body = connection_.requests[0].body;
  const auto bundle = fhir::readJson(body);
  ASSERT_TRUE(bundle.resource) << body;
  std::vector<std::string> types;
  bundle.resource.root().forEachChild("entry", [&](const fhir::Element& entry) {
    types.emplace_back(entry.child("resource").typeName());
    EXPECT_TRUE(entry.textOf("fullUrl").starts_with("urn:uuid:"));
    EXPECT_EQ(entry.child("request").textOf("method"), "PUT");
  });
  EXPECT_EQ(types.front(), "CarePlan");
  std::sort(types.begin(), types.end());
  EXPECT_EQ(types, (std::vector<std::string>{"CarePlan", "Consent", "Consent", "Goal",
                                             "Organization", "Patient", "PractitionerRole"}));
  EXPECT_NE(body.find("Goal?identifier=urn%3Atest|goal%201%7Ca"), std::string::npos) << body;
  EXPECT_EQ(body.find("\"Goal/g\""), std::string::npos) << "local reference";
  EXPECT_EQ(body.find("Practitioner/gp"), std::string::npos) << "address that means nothing there";
  EXPECT_NE(body.find(R"({"display":"Doctor"})"), std::string::npos);
  EXPECT_EQ(body.find("versionId"), std::string::npos);
  EXPECT_NE(body.find(R"("meta":{"profile":["http://x"]})"), std::string::npos);
}

TEST_F(PushTest, SendsNothingWhenNothingHasChanged) {
  putPlan();
  push();
  EXPECT_EQ(push().sent, 0U);
  putGoal("Living alone");  // a new version with the same content
  const auto report = push();
  EXPECT_EQ(report.sent, 0U);
  EXPECT_EQ(report.unchanged, 1U);
  EXPECT_EQ(connection_.requests.size(), 1U);
}

TEST_F(PushTest, SendsAPlanAgainWhenWhatItPointsToHasChanged) {
  putPlan();
  push();
  putGoal("Living with a friend");
  EXPECT_EQ(push().sent, 1U);
  put(R"({"resourceType":"Organization","id":"o","name":"New name","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}]})");
  EXPECT_EQ(push().sent, 1U);
  ASSERT_EQ(connection_.requests.size(), 3U);
  EXPECT_NE(connection_.requests[1].body.find(R"("ifMatch":"W/\"1\"")"), std::string::npos)
      << "a change made at the peer must not be overwritten";
}

TEST_F(PushTest, HoldsBackWhatNoConsentCovers) {
  putPlan();
  const auto held = [&](const std::string& why) {
    const auto report = push();
    EXPECT_EQ(report.sent, 0U);
    ASSERT_EQ(report.open.size(), 1U) << why;
    EXPECT_EQ(report.open[0].kind, OpenItem::Kind::kHeldBack);
    EXPECT_NE(report.open[0].outcome.find(why), std::string::npos) << report.open[0].outcome;
  };
  put(sharing("permit", "measures"));
  held("PB-5002");
  put(sharing("permit", "whole-plan", R"("period":{"end":"2026-11-21"},)"));
  held("PB-5002");
  put(sharing("permit", "whole-plan", R"("period":{"start":"2026-11-23"},)"));
  held("PB-5002");
  put(sharing("deny", "whole-plan"));
  held("PB-5003");
  put(R"({"resourceType":"Consent","id":"agreed","status":"inactive","patient":{"reference":"Patient/p"}})");
  held("PB-5001");
  EXPECT_TRUE(connection_.requests.empty());
  peer_.organization_value = "222";
  put(consent("agreed", "plan", ""));
  put(sharing("permit", "whole-plan"));
  held("PB-5002");
  peer_.organization_value.clear();
  held("PB-5005");
  peer_.organization_value = "111";
  EXPECT_EQ(push().sent, 1U);
  EXPECT_TRUE(push().open.empty());
}

TEST_F(PushTest, ABlockingConsentIsStrongerThanASharingOne) {
  putPlan();
  put(consent("blocked", "blocking",
              R"(,"provision":{"provision":[{"type":"deny","actor":[{"role":{"text":"x"},)"
              R"("reference":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101",)"
              R"("value":"111"}}}]}]})"));
  EXPECT_EQ(push().sent, 0U);
}

TEST_F(PushTest, SendsWhenAConsentComesIntoForceByTime) {
  putPlan();
  put(sharing("permit", "whole-plan", R"("period":{"start":"2026-11-23"},)"));
  EXPECT_EQ(push().sent, 0U);
  clock_.advanceMicros(std::int64_t{24} * 3600 * 1'000'000);
  EXPECT_EQ(push().sent, 1U);
}

TEST_F(PushTest, KeepsItsPlaceWhileThePeerIsDownAndSaysSinceWhen) {
  putPlan();
  for (int i = 0; i < 3; ++i) connection_.isDown();
  auto report = push({.attempts = 3});
  ASSERT_TRUE(report.stopped.has_value());
  EXPECT_EQ(pauses_, (std::vector<milliseconds>{milliseconds(500), milliseconds(1000)}));
  EXPECT_EQ(status().failing_since, "2026-11-22T12:00:00.000Z");
  EXPECT_EQ(status().error, "nobody is there");
  clock_.advanceMicros(1'000'000);
  connection_.isDown();
  EXPECT_TRUE(push({.attempts = 1}).stopped.has_value());
  EXPECT_EQ(status().failing_since, "2026-11-22T12:00:00.000Z");
  report = push();
  EXPECT_FALSE(report.stopped.has_value());
  EXPECT_EQ(report.sent, 1U);
  EXPECT_EQ(status().failing_since, "");
  EXPECT_EQ(status().last_success, "2026-11-22T12:00:01.000Z");
}

TEST_F(PushTest, WaitsAsLongAsAnOverloadedPeerAsks) {
  putPlan();
  service::Response busy;
  busy.status = 503;
  busy.headers.set("Retry-After", "7");
  connection_.answers.emplace_back(busy);
  EXPECT_EQ(push().sent, 1U);
  EXPECT_EQ(pauses_, std::vector<milliseconds>{milliseconds(7000)});
  busy.headers.set("Retry-After", "3600");
  connection_.answers.emplace_back(busy);
  putGoal("Other");
  EXPECT_TRUE(push().stopped.has_value()) << "an hour is for the next run";
}

TEST_F(PushTest, DoesNotTryAgainWhatOnlyPeopleCanMend) {
  putPlan();
  connection_.answerWith(401);
  EXPECT_TRUE(push().stopped.has_value());
  EXPECT_EQ(connection_.requests.size(), 1U);
}

TEST_F(PushTest, NotesARefusedPlanWithTheOutcomeAndGoesOn) {
  putPlan();
  put(R"({"resourceType":"CarePlan","id":"zz","identifier":[{"system":"urn:test","value":"zz"}],)"
      R"("status":"active","intent":"plan",)" +
      std::string(kCategory) + R"(,"subject":{"reference":"Patient/p"}})");
  connection_.answerWith(422, R"({"resourceType":"OperationOutcome","issue":[{"severity":"error",)"
                              R"("code":"invalid","diagnostics":"no thanks"}]})");
  auto report = push();
  ASSERT_EQ(report.open.size(), 2U) << "the second plan has no participant of that organisation";
  EXPECT_EQ(report.open[0].plan, "plan");
  EXPECT_EQ(report.open[0].kind, OpenItem::Kind::kRefused);
  EXPECT_EQ(report.open[0].status, 422);
  EXPECT_NE(report.open[0].outcome.find("no thanks"), std::string::npos);
  EXPECT_FALSE(report.stopped.has_value());

  push();
  EXPECT_EQ(connection_.requests.size(), 1U) << "the same content is not sent again unasked";
  EXPECT_EQ(push({.retry_refused = true}).sent, 1U);
}

TEST_F(PushTest, OverwritesNoChangeMadeAtThePeerUnlessToldTo) {
  putPlan();
  push();
  putGoal("Ours");
  connection_.answerWith(412);
  auto report = push();
  ASSERT_EQ(report.open.size(), 1U);
  EXPECT_EQ(report.open[0].kind, OpenItem::Kind::kConflict);
  EXPECT_NE(report.open[0].outcome.find("PB-5009"), std::string::npos);
  EXPECT_EQ(keepOurs(*store_, "hospital", "other").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(keepOurs(*store_, "hospital", "plan").has_value());
  EXPECT_EQ(push().sent, 1U);
  EXPECT_EQ(connection_.requests.back().body.find("ifMatch"), std::string::npos);
}

TEST_F(PushTest, LooksAtEveryPlanWhereTheChangeLogHasForgottenWhatCameAfterTheCursor) {
  putPlan();
  push();
  putGoal("Ours");
  ASSERT_TRUE(store_
                  ->transact([](store::Transaction& transaction) -> Status {
                    PLANBRO_ASSIGN_OR_RETURN(const store::LogRange range, transaction.logRange());
                    return transaction.forgetChanges(range.newest);
                  })
                  .has_value());
  EXPECT_EQ(push().sent, 1U);
  EXPECT_NE(connection_.requests.back().body.find("Ours"), std::string::npos);
  const auto again = push();
  EXPECT_EQ(again.sent, 0U);
  EXPECT_EQ(again.unchanged, 0U) << "the cursor has come to the end of the log";
}

TEST_F(PushTest, DoesNotTrustItsVersionsAfterAnAnswerThatNeverCame) {
  putPlan();
  push();
  putGoal("Ours");
  connection_.isDown();
  EXPECT_TRUE(push({.attempts = 1}).stopped.has_value());
  EXPECT_EQ(push().sent, 1U);
  EXPECT_EQ(connection_.requests.back().body.find("ifMatch"), std::string::npos)
      << "the request may have arrived, and the peer's version may be our own";
}

TEST_F(PushTest, HoldsBackAPlanWithAResourceThePeerCouldNotRecognise) {
  putPlan();
  put(R"({"resourceType":"Goal","id":"g","lifecycleStatus":"active","description":{"text":"x"},)"
      R"("subject":{"reference":"Patient/p"}})");
  const auto report = push();
  ASSERT_EQ(report.open.size(), 1U);
  EXPECT_NE(report.open[0].outcome.find("PB-5004"), std::string::npos);
}

}  // namespace
}  // namespace planbro::sync
