// Many transactions at a time: what was made ready before is written only if it still holds.
#include "service/transactions.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "json/parser.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

// A person found by number, and a goal that refers to her and has a number of its own.
json::DocumentPtr bundleOf(const std::string& person, const std::string& goal,
                           const std::string& text) {
  const auto parsed = json::parse(
      R"({"resourceType":"Bundle","type":"transaction","entry":[)"
      R"({"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","identifier":[{"system":"urn:x","value":")" +
      person + R"("}]},"request":{"method":"PUT","url":"Patient?identifier=urn:x|)" + person +
      R"("}},{"fullUrl":"urn:uuid:g","resource":{"resourceType":"Goal","identifier":[{"system":"urn:x","value":")" +
      goal + R"("}],"lifecycleStatus":"active","description":{"text":")" + text +
      R"("},"subject":{"reference":"urn:uuid:p"}},"request":{"method":"PUT","url":"Goal?identifier=urn:x|)" +
      goal + R"("}}]})");
  return *parsed;
}

std::vector<PreparedTransaction> prepared(const TestService& service,
                                          const std::vector<json::DocumentPtr>& bundles) {
  std::vector<PreparedTransaction> made;
  made.reserve(bundles.size());
  for (const json::DocumentPtr& bundle : bundles)
    made.push_back(prepareTransaction(service.service(), bundle));
  return made;
}

TEST(Transactions, ADraftGivesWayToWhatHasBeenWrittenSinceItWasMade) {
  TestService service;
  // All are made ready while the store is empty; then the second and third find the first's person.
  auto ready = prepared(service, {bundleOf("1", "a", "x"), bundleOf("1", "b", "x"),
                                  bundleOf("1", "a", "y"), bundleOf("2", "c", "x")});
  const auto outcomes = runTransactions(service.service(), ready, false);
  ASSERT_EQ(outcomes.size(), 4U);
  for (const TransactionOutcome& outcome : outcomes) ASSERT_EQ(outcome.status, 200);
  const std::string& person = outcomes[0].entries[0].id;
  EXPECT_TRUE(outcomes[0].entries[0].created);
  EXPECT_TRUE(outcomes[1].entries[0].unchanged);
  EXPECT_EQ(outcomes[1].entries[0].id, person);
  EXPECT_TRUE(outcomes[1].entries[1].created);
  EXPECT_TRUE(outcomes[2].entries[0].unchanged);
  EXPECT_EQ(outcomes[2].entries[1].id, outcomes[0].entries[1].id);
  EXPECT_EQ(outcomes[2].entries[1].version, 2U);
  EXPECT_TRUE(outcomes[3].entries[0].created);
  EXPECT_NE(outcomes[3].entries[0].id, person);
  // References and their index rows name the person that is there.
  const std::string found = service.send("GET", "/fhir/Goal?subject=Patient/" + person).body;
  EXPECT_NE(found.find("\"total\":2"), std::string::npos);
  EXPECT_NE(found.find("\"y\""), std::string::npos);
  EXPECT_NE(service.send("GET", "/fhir/Patient?_summary=count").body.find("\"total\":2"),
            std::string::npos);
}

TEST(Transactions, TheSameAgainChangesNothingAndAnUpdateReplacesItsRows) {
  TestService service;
  auto first = prepared(service, {bundleOf("1", "a", "x")});
  (void)runTransactions(service.service(), first, false);
  auto again = prepared(service, {bundleOf("1", "a", "x"), bundleOf("1", "a", "z")});
  const auto outcomes = runTransactions(service.service(), again, false);
  EXPECT_TRUE(outcomes[0].entries[0].unchanged);
  EXPECT_TRUE(outcomes[0].entries[1].unchanged);
  EXPECT_EQ(outcomes[1].entries[1].version, 2U);
  const std::string found = service.send("GET", "/fhir/Goal?identifier=urn:x|a").body;
  EXPECT_NE(found.find("\"total\":1"), std::string::npos);
}

TEST(Transactions, ARehearsalLeavesDraftsAsTheyWere) {
  TestService service;
  auto ready = prepared(service, {bundleOf("1", "a", "x")});
  EXPECT_TRUE(runTransactions(service.service(), ready, true)[0].entries[1].created);
  const auto outcomes = runTransactions(service.service(), ready, false);
  EXPECT_TRUE(outcomes[0].entries[1].created);
  const std::string person = outcomes[0].entries[0].id;
  EXPECT_NE(service.send("GET", "/fhir/Goal?subject=Patient/" + person).body.find("\"total\":1"),
            std::string::npos);
}

// Two creates by the same number, and a goal of the second's person.
json::DocumentPtr twiceOf(const std::string& person) {
  const std::string entry =
      R"("resource":{"resourceType":"Patient","identifier":[{"system":"urn:x","value":")" + person +
      R"("}]},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:x|)" +
      person + R"("}})";
  return *json::parse(R"({"resourceType":"Bundle","type":"transaction","entry":[)"
                      R"({"fullUrl":"urn:uuid:p",)" +
                      entry + R"(,{"fullUrl":"urn:uuid:q",)" + entry +
                      R"(,{"resource":{"resourceType":"Goal","lifecycleStatus":"active",)"
                      R"("description":{"text":"x"},"subject":{"reference":"urn:uuid:q"}},)"
                      R"("request":{"method":"POST","url":"Goal"}}]})");
}

TEST(Transactions, OneOfTwoCreatesByTheSameConditionCreatesWhateverWasWrittenMeanwhile) {
  TestService service;
  auto ready = prepared(service, {twiceOf("1"), twiceOf("1")});
  const auto outcomes = runTransactions(service.service(), ready, false);
  for (const TransactionOutcome& outcome : outcomes) ASSERT_EQ(outcome.status, 200);
  const std::string& person = outcomes[0].entries[0].id;
  EXPECT_TRUE(outcomes[0].entries[0].created);
  EXPECT_FALSE(outcomes[0].entries[1].created);
  EXPECT_TRUE(outcomes[0].entries[1].unchanged);
  EXPECT_EQ(outcomes[0].entries[1].id, person);
  EXPECT_EQ(outcomes[0].entries[1].version, 1U);
  // Both were made ready while there was no such person.
  for (const std::size_t entry : {0U, 1U}) {
    EXPECT_TRUE(outcomes[1].entries[entry].unchanged);
    EXPECT_EQ(outcomes[1].entries[entry].id, person);
  }
  EXPECT_NE(service.send("GET", "/fhir/Patient?_summary=count").body.find("\"total\":1"),
            std::string::npos);
  EXPECT_NE(service.send("GET", "/fhir/Goal?subject=Patient/" + person).body.find("\"total\":2"),
            std::string::npos);
}

TEST(Transactions, OneOfTwoCreatesByTheSameConditionCreatesWhenTheOtherHasGoneMeanwhile) {
  TestService service;
  auto first = prepared(service, {twiceOf("1")});
  const std::string gone = runTransactions(service.service(), first, false)[0].entries[0].id;
  auto ready = prepared(service, {twiceOf("1")});
  const std::string deletion =
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient/)" +
      gone + R"("}}]})";
  ASSERT_EQ(service.send("POST", "/fhir", deletion).status, 200);
  const auto outcomes = runTransactions(service.service(), ready, false);
  ASSERT_EQ(outcomes[0].status, 200);
  EXPECT_TRUE(outcomes[0].entries[0].created);
  EXPECT_EQ(outcomes[0].entries[1].id, outcomes[0].entries[0].id);
  EXPECT_NE(outcomes[0].entries[0].id, gone);
  EXPECT_NE(service.send("GET", "/fhir/Goal?subject=Patient/" + outcomes[0].entries[0].id)
                .body.find("\"total\":1"),
            std::string::npos);
}

// Refuses goals of a person who is not active; counts how often it is asked.
class ActivePersons final : public WriteCheck {
 public:
  Status checkCommit(plan::PlanReader& view, std::span<const fhir::Resource> written,
                     std::vector<fhir::Issue>& issues) const override {
    ++asked;
    for (const fhir::Resource& resource : written) {
      if (resource.type() != "Goal") continue;
      const std::string_view person = resource.root().child("subject").textOf("reference");
      PLANBRO_ASSIGN_OR_RETURN(const auto* found,
                               view.resources().read("Patient", person.substr(8)));
      if (found == nullptr || found->resource.root().textOf("active") != "true")
        issues.push_back(fhir::makeIssue("PB-4010", {}, {"x"}));
    }
    return {};
  }
  mutable std::atomic<int> asked = 0;
};

json::DocumentPtr goalOf(const std::string& person) {
  return *json::parse(
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:g","resource":{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"Patient/)" +
      person + R"("}},"request":{"method":"POST","url":"Goal"}}]})");
}

std::string personWho(bool is_active) {
  return std::string(R"({"resourceType":"Patient","id":"p","active":)") +
         (is_active ? "true}" : "false}");
}

TEST(Transactions, WhatTheChecksSaidBeforeIsGoodWhileTheStoreSaysTheSame) {
  const auto check = std::make_shared<ActivePersons>();
  const TestService service({{check, Enforcement::kEnforce, {}}});
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", personWho(true)).status, 201);
  check->asked = 0;
  auto ready = prepared(service, {goalOf("p"), goalOf("nobody")});
  EXPECT_EQ(check->asked, 2);
  const auto outcomes = runTransactions(service.service(), ready, false);
  EXPECT_EQ(outcomes[0].status, 200);
  EXPECT_EQ(outcomes[1].status, 422);
  EXPECT_EQ(check->asked, 2);
}

TEST(Transactions, WhatTheChecksSaidBeforeIsAskedAgainWhenTheStoreHasChanged) {
  const auto check = std::make_shared<ActivePersons>();
  const TestService service({{check, Enforcement::kEnforce, {}}});
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", personWho(true)).status, 201);
  auto ready = prepared(service, {goalOf("p")});
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", personWho(false)).status, 200);
  EXPECT_EQ(runTransactions(service.service(), ready, false)[0].status, 422);

  auto refused = prepared(service, {goalOf("p"), goalOf("q")});
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", personWho(true)).status, 200);
  ASSERT_EQ(
      service.send("PUT", "/fhir/Patient/q", R"({"resourceType":"Patient","id":"q","active":true})")
          .status,
      201);
  const auto outcomes = runTransactions(service.service(), refused, false);
  EXPECT_EQ(outcomes[0].status, 200);
  EXPECT_EQ(outcomes[1].status, 200);
}

TEST(Transactions, WhatTheChecksSaidBeforeIsNotGoodOnTheNextDay) {
  const auto check = std::make_shared<ActivePersons>();
  TestService service({{check, Enforcement::kEnforce, {}}});
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", personWho(true)).status, 201);
  auto ready = prepared(service, {goalOf("p")});
  check->asked = 0;
  service.clock().advanceMicros(86'400'000'000);
  EXPECT_EQ(runTransactions(service.service(), ready, false)[0].status, 200);
  EXPECT_EQ(check->asked, 1);
}

}  // namespace
}  // namespace planbro::service
