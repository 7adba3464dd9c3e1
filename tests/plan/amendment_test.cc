#include "plan/amendment.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "json/writer.h"
#include "plan/membership.h"
#include "plan/plan_bundle.h"
#include "plan/rules.h"

namespace planbro::plan {
namespace {

constexpr std::string_view kToday = "2026-11-22";

std::string codes(const std::vector<fhir::Issue>& issues) {
  std::string all;
  for (const fhir::Issue& issue : issues)
    all += std::string(all.empty() ? "" : " ") + std::string(issue.code);
  return all;
}

TEST(Amendment, WhatKeepsTheRulesIsLeftAlone) {
  const Amended amended = amendBundle(planBundle(), kToday);
  EXPECT_FALSE(amended.resource);
  EXPECT_TRUE(amended.issues.empty());
}

TEST(Amendment, WhoNoConsentCoversIsProposedAndATaskAsksForTheConsent) {
  PlanParts parts;
  parts.sharing_actors = R"({"reference":"PractitionerRole/k"})";
  parts.performer = R"([{"reference":"PractitionerRole/k"}])";
  const Amended amended = amendBundle(planBundle(parts), kToday);
  ASSERT_TRUE(amended.resource);
  EXPECT_EQ(codes(amended.issues), "PB-3021");
  EXPECT_EQ(amended.issues[0].place.expression, "CareTeam.participant[2]");
  const auto set = PlanSet::ofBundle(amended.resource);
  const auto plan = set.plans().front();
  const auto all = memberships(set, plan, kToday);
  EXPECT_EQ(all[2].standing, Standing::kProposed);
  EXPECT_EQ(all[1].standing, Standing::kMember);
  EXPECT_EQ(codes(checkPlan(set, plan, {.today = std::string(kToday), .other_active_plan = ""})),
            "");
  const auto tasks = consentTasks(set, plan, kToday);
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].root().child("focus").textOf("reference"), "PractitionerRole/f");
  EXPECT_EQ(tasks[0].root().child("owner").textOf("reference"), "PractitionerRole/k");
  EXPECT_EQ(tasks[0].id(), consentTasks(set, plan, kToday)[0].id());
  // Once more changes nothing, and the task is not made twice.
  EXPECT_FALSE(amendBundle(amended.resource, kToday).resource);
  std::vector<PlanResource> resources(set.resources().begin(), set.resources().end());
  resources.push_back({"Task/" + std::string(tasks[0].id()), tasks[0].root(), tasks[0].document()});
  const PlanSet with_task(std::move(resources));
  EXPECT_TRUE(consentTasks(with_task, with_task.plans().front(), kToday).empty());
}

TEST(Amendment, WhoIsProposedIsNamedAlsoWhereTheTeamGivesNoName) {
  const auto said = [](const std::string& member, const std::string& more) {
    PlanParts parts;
    parts.sharing_actors = R"({"reference":"PractitionerRole/k"})";
    parts.second_member = member;
    parts.more_entries = more;
    std::string text = json::write(*planBundle(parts).document());
    const std::string display = R"(,"display":"Finn Fysio")";
    text.erase(text.find(display), display.size());
    const Amended amended = amendBundle(fhir::readJson(text).resource, kToday);
    EXPECT_EQ(codes(amended.issues), "PB-3021");
    const auto set = PlanSet::ofBundle(amended.resource);
    const auto tasks = consentTasks(set, set.plans().front(), kToday);
    EXPECT_EQ(tasks.size(), 1U);
    const std::string description(tasks.front().root().textOf("description"));
    const std::string issue = amended.issues.front().text(fhir::Language::kBokmal);
    const std::string name = description.substr(0, description.find(" er foreslått"));
    EXPECT_TRUE(issue.starts_with("Deltakeren " + name + " er")) << issue;
    return name;
  };
  EXPECT_EQ(
      said(
          "Practitioner/n",
          R"(,{"resource":{"resourceType":"Practitioner","id":"n","name":[{"given":["Nora"],"family":"Ny"}]}})"),
      "Nora Ny");
  EXPECT_EQ(said("PractitionerRole/f", ""), "Fysioterapien");
  EXPECT_EQ(said("Practitioner/elsewhere", ""), "Practitioner/elsewhere");
}

TEST(Amendment, TheCoordinatorIsNeverProposed) {
  PlanParts parts;
  parts.sharing_actors = R"({"reference":"PractitionerRole/f"})";
  EXPECT_FALSE(amendBundle(planBundle(parts), kToday).resource);
}

TEST(Amendment, AWithdrawnConsentPutsThePlanOnHoldAndClosesSharing) {
  const Amended amended = amendBundle(planBundle({.consent_status = "inactive"}), kToday);
  ASSERT_TRUE(amended.resource);
  EXPECT_EQ(codes(amended.issues), "PB-3022 PB-3027 PB-3027");
  EXPECT_EQ(amended.issues[1].place.source, "CareTeam/t");
  EXPECT_EQ(amended.issues[2].place.source, "Consent/s");
  const auto set = PlanSet::ofBundle(amended.resource);
  const auto plan = set.plans().front();
  EXPECT_EQ(plan.textOf("status"), "on-hold");
  EXPECT_EQ(set.ofType("CareTeam").front().textOf("status"), "suspended");
  EXPECT_EQ(set.consentsOf(plan, "sharing").front().textOf("status"), "inactive");
  // The coordinator is still the coordinator, though without access.
  const auto all = memberships(set, plan, kToday);
  EXPECT_EQ(all[1].standing, Standing::kSuspended);
  EXPECT_TRUE(coordinates(all[1].participant, kToday));
  EXPECT_FALSE(coordinates(all[2].participant, kToday));
  EXPECT_EQ(codes(checkPlan(set, plan, {.today = std::string(kToday), .other_active_plan = ""})),
            "");
  EXPECT_FALSE(amendBundle(amended.resource, kToday).resource);
}

TEST(Amendment, SharingOfAPlanOnHoldIsClosedToo) {
  const Amended withdrawn =
      amendBundle(planBundle({.plan_status = "on-hold", .consent_status = "inactive"}), kToday);
  EXPECT_EQ(codes(withdrawn.issues), "PB-3027 PB-3027");
  EXPECT_FALSE(amendBundle(planBundle({.plan_status = "on-hold"}), kToday).resource);
}

TEST(Amendment, WhatAConsentSaysOfAnotherPlanDoesNotEndWithThisOne) {
  PlanParts parts;
  parts.consent_status = "inactive";
  const auto bundle = planBundle(parts);
  std::string text = json::write(*bundle.document());
  const std::string period = R"("provision":{"period":{"end":"2027-12-31"})";
  text.insert(text.find(period) + period.size(),
              R"(,"data":[{"meaning":"instance","reference":{"reference":"CarePlan/p"}},)"
              R"({"meaning":"instance","reference":{"reference":"CarePlan/other"}}])");
  const auto read = fhir::readJson(text);
  ASSERT_TRUE(read.resource);
  const Amended amended = amendBundle(read.resource, kToday);
  EXPECT_EQ(codes(amended.issues), "PB-3022 PB-3027");
  const auto set = PlanSet::ofBundle(amended.resource);
  EXPECT_EQ(set.consentsOf(set.plans().front(), "sharing").front().textOf("status"), "active");
}

TEST(Amendment, AnythingElseInTheBundleStaysAsItWas) {
  PlanParts parts;
  parts.sharing_actors = R"({"reference":"PractitionerRole/k"})";
  const auto before = planBundle(parts);
  const Amended amended = amendBundle(before, kToday);
  const auto entriesOf = [](const fhir::Resource& bundle) {
    std::vector<std::string> texts;
    for (const json::Node& entry : bundle.document()->root().member("entry")->children()) {
      std::string text;
      json::write(*bundle.document(), entry, text);
      if (text.find("CareTeam\",") == std::string::npos) texts.push_back(std::move(text));
    }
    return texts;
  };
  EXPECT_EQ(entriesOf(before), entriesOf(amended.resource));
}

TEST(Amendment, TheFixturesNeedNone) {
  for (const auto& one :
       std::filesystem::directory_iterator(PLANBRO_SOURCE_DIR "/fixtures/plans")) {
    std::ifstream file(one.path() / "expected" / "bundle.json", std::ios::binary);
    const auto read = fhir::readJson({std::istreambuf_iterator<char>(file), {}});
    const Amended amended = amendBundle(read.resource, kToday);
    EXPECT_FALSE(amended.resource) << one.path();
    for (const fhir::Issue& issue : amended.issues)
      ADD_FAILURE() << one.path() << " " << issue.text(fhir::Language::kEnglish);
  }
}

}  // namespace
}  // namespace planbro::plan
