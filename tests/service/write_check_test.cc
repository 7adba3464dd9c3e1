#include "service/write_check.h"

#include <gtest/gtest.h>

#include <functional>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

// Finds fault with everything, before or at the commit.
class Fault final : public WriteCheck {
 public:
  explicit Fault(bool at_commit) : at_commit_(at_commit) {}
  Status checkResource(const fhir::Resource& resource,
                       std::vector<fhir::Issue>& issues) const override {
    if (!at_commit_)
      issues.push_back(
          fhir::makeIssue("PB-4010", {std::string(resource.type()) + ".id", "", {}}, {"x"}));
    return {};
  }
  Status checkCommit(plan::PlanReader& view, std::span<const fhir::Resource> written,
                     std::vector<fhir::Issue>& issues) const override {
    for (const fhir::Resource& resource : written) {
      EXPECT_TRUE(view.resources().read(resource.type(), resource.id()).has_value());
      if (at_commit_) issues.push_back(fhir::makeIssue("PB-4010", {}, {"x"}));
    }
    return {};
  }

 private:
  bool at_commit_;
};

std::vector<ConfiguredCheck> checks(bool at_commit, Enforcement standard, Enforcement of_goals) {
  return {{std::make_shared<Fault>(at_commit), standard, {{"Goal", of_goals}}}};
}

constexpr std::string_view kGoal = R"({"resourceType":"Goal","id":"g"})";
constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p"})";

TEST(WriteCheck, WhatItEnforcesIsRefusedAndLeavesNoTrace) {
  for (const bool at_commit : {false, true}) {
    const TestService service(checks(at_commit, Enforcement::kEnforce, Enforcement::kOff));
    const Response refused = service.send("PUT", "/fhir/Patient/p", std::string(kPatient));
    EXPECT_EQ(refused.status, 422);
    EXPECT_NE(refused.body.find("PB-4010"), std::string::npos);
    EXPECT_EQ(service.send("GET", "/fhir/Patient/p").status, 404);
    EXPECT_EQ(service.send("PUT", "/fhir/Goal/g", std::string(kGoal)).status, 201);
  }
}

TEST(WriteCheck, AWarningLetsTheWritePassAndIsTold) {
  for (const bool at_commit : {false, true}) {
    const TestService service(checks(at_commit, Enforcement::kEnforce, Enforcement::kWarn));
    const Response stored = service.send("PUT", "/fhir/Goal/g", std::string(kGoal),
                                         {{"Prefer", "return=OperationOutcome"}});
    EXPECT_EQ(stored.status, 201);
    EXPECT_NE(stored.body.find("\"severity\":\"warning\""), std::string::npos) << stored.body;
  }
}

TEST(WriteCheck, InATransactionTheEntryIsNamedAndNothingIsStored) {
  const TestService service(checks(false, Enforcement::kEnforce, Enforcement::kOff));
  const Response refused = service.send(
      "POST", "/fhir",
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" +
          std::string(kGoal) + R"(,"request":{"method":"PUT","url":"Goal/g"}},{"resource":)" +
          std::string(kPatient) + R"(,"request":{"method":"PUT","url":"Patient/p"}}]})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("Bundle.entry[1].resource.id"), std::string::npos) << refused.body;
  EXPECT_EQ(service.send("GET", "/fhir/Goal/g").status, 404);
}

// Finds fault where Goal/x is there; what `between` does happens when it has looked once.
class GoalMustNotBe final : public WriteCheck {
 public:
  Status checkCommit(plan::PlanReader& view, std::span<const fhir::Resource> /*written*/,
                     std::vector<fhir::Issue>& issues) const override {
    PLANBRO_ASSIGN_OR_RETURN(const plan::StoredResource* goal, view.resources().read("Goal", "x"));
    if (goal != nullptr) issues.push_back(fhir::makeIssue("PB-4010", {}, {"x"}));
    if (++looks == 1 && between) between();
    return {};
  }

  mutable int looks = 0;
  std::function<void()> between;
};

TEST(WriteCheck, ACreateIsJudgedOnceWhereNothingOfWhatWasLookedAtChanges) {
  const auto check = std::make_shared<GoalMustNotBe>();
  const TestService service({{check, Enforcement::kEnforce, {}}});
  check->between = [&] {
    EXPECT_EQ(
        service.send("PUT", "/fhir/Goal/other", R"({"resourceType":"Goal","id":"other"})").status,
        201);
    check->looks = 1;
  };
  EXPECT_EQ(service.send("POST", "/fhir/Patient", std::string(kPatient)).status, 201);
  EXPECT_EQ(check->looks, 1);
}

TEST(WriteCheck, ACreateIsJudgedByWhatIsThereWhenItIsWritten) {
  const auto check = std::make_shared<GoalMustNotBe>();
  TestService service({{check, Enforcement::kEnforce, {}}});
  check->between = [&] {
    store::Put goal;
    goal.type = "Goal";
    goal.id = "x";
    goal.version = 1;
    goal.body = R"({"resourceType":"Goal","id":"x"})";
    EXPECT_TRUE(service.store().transact(
        [&](store::Transaction& transaction) { return transaction.put(goal); }));
  };
  EXPECT_EQ(service.send("POST", "/fhir/Patient", std::string(kPatient)).status, 422);
  EXPECT_EQ(check->looks, 2);
  EXPECT_NE(service.send("GET", "/fhir/Patient").body.find("\"total\":0"), std::string::npos);
}

}  // namespace
}  // namespace planbro::service
