#include "plan/rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "plan/plan_bundle.h"

namespace planbro::plan {
namespace {

const RuleOptions kToday{.today = "2026-11-22", .other_active_plan = ""};

std::string codes(const std::vector<fhir::Issue>& issues) {
  std::string all;
  for (const fhir::Issue& issue : issues)
    all += std::string(all.empty() ? "" : " ") + std::string(issue.code);
  return all;
}

std::string found(const PlanParts& parts, const RuleOptions& options = kToday) {
  return codes(checkPlans(PlanSet::ofBundle(planBundle(parts)), options));
}

TEST(Rules, AWholePlanHasNoFinding) { EXPECT_EQ(found({}), ""); }

TEST(Rules, AnActivePlanNeedsAnActiveConsentToThePlan) {
  EXPECT_EQ(found({.consent_status = "inactive"}), "PB-3002 PB-3018");
  EXPECT_EQ(found({.consent_provision = R"({"period":{"end":"2026-11-21"}})"}), "PB-3002 PB-3018");
  EXPECT_EQ(found({.consent_provision = R"({"period":{"end":"2026-11-22"}})"}), "");
  EXPECT_EQ(found({.consent_provision = R"({"type":"deny"})"}), "PB-3002 PB-3018");
  EXPECT_EQ(
      found(
          {.consent_provision =
               R"({"data":[{"meaning":"instance","reference":{"reference":"CarePlan/x","type":"CarePlan"}}]})"}),
      "PB-3001 PB-3018");
  EXPECT_EQ(found({.plan_status = "on-hold", .consent_status = "inactive"}), "");
}

TEST(Rules, ExactlyOneCoordinatorIsActive) {
  const std::string coordinator =
      R"({"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"8"}]})";
  EXPECT_EQ(found({.second_role = coordinator}), "PB-3004");
  EXPECT_EQ(found({.second_role = coordinator,
                   .second_extra = R"(,"period":{"end":"2026-10"})",
                   .performer = R"([{"reference":"PractitionerRole/k"}])"}),
            "");
  // A child coordinator beside the coordinator is as it should be.
  EXPECT_EQ(
      found({.second_role =
                 R"({"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"18"}]})"}),
      "");
}

TEST(Rules, WithoutACoordinatorThePlanLacksThatLegalItemToo) {
  auto set = PlanSet::ofBundle(planBundle());
  const auto plan = set.plans().front();
  EXPECT_EQ(codes(checkPlan(set, plan, {.today = "2026-11-22", .other_active_plan = ""})), "");
  PlanParts parts;
  parts.plan_status = "active";
  const std::string text =
      R"(,{"resource":{"resourceType":"CarePlan","id":"q","status":"active","intent":"plan","category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],"subject":{"reference":"Patient/2"}}})";
  parts.more_entries = text;
  EXPECT_EQ(
      found(parts),
      "PB-3001 PB-3003 PB-3011 PB-3012 PB-3013 PB-3014 PB-3015 PB-3016 PB-3017 PB-3018 PB-3019");
}

TEST(Rules, APersonHasOneActivePlan) {
  PlanParts parts;
  const auto second = [](const std::string& status, const std::string& more) {
    return R"(,{"resource":{"resourceType":"CarePlan","id":"q","status":")" + status +
           R"(","intent":"plan","category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],"subject":{"reference":"Patient/1"})" +
           more + "}}";
  };
  parts.more_entries = second("active", "");
  EXPECT_TRUE(found(parts).starts_with("PB-3005 ")) << found(parts);
  parts.more_entries = second("completed", "");
  EXPECT_EQ(found(parts), "");
  parts.more_entries = second("active", R"(,"partOf":[{"reference":"CarePlan/p"}])");
  EXPECT_EQ(found(parts), "");
  EXPECT_EQ(found({}, {.today = "2026-11-22", .other_active_plan = "CarePlan/9"}), "PB-3005");
}

TEST(Rules, AParticipantWithoutConsentCanOnlyBeProposed) {
  PlanParts parts;
  parts.sharing_actors = R"({"reference":"PractitionerRole/k"})";
  EXPECT_EQ(found(parts), "PB-3006");
  parts.second_extra = R"(,"extension":[{"url":")" + std::string(kExtensionBase) +
                       R"(ip-participant-status","valueCode":"proposed"}])";
  parts.performer = R"([{"reference":"PractitionerRole/k"}])";
  EXPECT_EQ(found(parts), "");
  EXPECT_EQ(found({.sharing_end = "2026-11-21"}), "PB-3006 PB-3006");
}

TEST(Rules, EveryMeasureHasSomebodyResponsibleOnTheTeam) {
  EXPECT_EQ(found({.performer = ""}), "PB-3007");
  EXPECT_EQ(found({.performer = R"([{"reference":"Practitioner/stranger"}])"}), "PB-3008");
  EXPECT_EQ(found({.performer = R"([{"reference":"Practitioner/k"}])"}), "");
  EXPECT_EQ(found({.performer = R"([{"reference":"Patient/1"}])"}), "");
  EXPECT_EQ(found({.performer = "", .detail_status = "cancelled"}), "");
  const std::string marked = R"("extension":[{"url":")" + std::string(kExtensionBase) +
                             R"(ip-responsible","valueBoolean":true}])";
  EXPECT_EQ(found({.performer = R"([{"reference":"PractitionerRole/f"},{)" + marked +
                                R"(,"reference":"Practitioner/stranger"}])"}),
            "PB-3008");
}

TEST(Rules, AMembershipThatHasEndedIsToldWhereItsStatusStillSaysActive) {
  PlanParts parts;
  parts.performer = R"([{"reference":"PractitionerRole/k"}])";
  parts.second_extra = R"(,"period":{"end":"2026-10"},"extension":[{"url":")" +
                       std::string(kExtensionBase) +
                       R"(ip-participant-status","valueCode":"active"}])";
  EXPECT_EQ(found(parts), "PB-3023");
}

TEST(Rules, AnIdentityNumberInAnAddressIsFoundWhereverItStands) {
  PlanParts parts;
  parts.more_entries =
      R"(,{"resource":{"resourceType":"Communication","id":"m","status":"completed","sender":{"reference":"Patient/13097248022"}}})";
  EXPECT_EQ(found(parts), "PB-3024");
  parts.more_entries =
      R"(,{"resource":{"resourceType":"Patient","id":"2","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13097248022"}]}})";
  EXPECT_EQ(found(parts), "");
}

// One UUID in some thousands has eleven digits in a row, and one in a hundred of those passes.
TEST(Rules, DigitsWithinAUuidAreNoIdentityNumber) {
  const auto sender = [](const std::string& reference) {
    PlanParts parts;
    parts.more_entries =
        R"(,{"resource":{"resourceType":"Communication","id":"m","status":"completed","sender":{"reference":")" +
        reference + R"("}}})";
    return found(parts);
  };
  EXPECT_EQ(sender("Patient/0891d365-1dc1-53b0-bb96-13097248022a"), "");
  EXPECT_EQ(sender("Patient/0891d365-1dc1-53b0-bb96-a13097248022"), "");
  EXPECT_EQ(sender("urn:uuid:a13097248022-1dc1"), "");
  EXPECT_EQ(sender("Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1|13097248022"), "PB-3024");
  EXPECT_EQ(sender("Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1%7C13097248022"), "PB-3024");
}

TEST(Rules, WhatWasSentIsJudgedByTheConsentsOfItsDay) {
  const auto sent = [](const std::string& receiver, const std::string& day) {
    PlanParts parts;
    parts.sharing_end = "2026-11-30";
    parts.more_entries =
        R"(,{"resource":{"resourceType":"Communication","id":"m","status":"completed","about":[{"reference":"CarePlan/p"}],"sent":")" +
        day + R"(T08:00:00+01:00","recipient":[{"reference":")" + receiver +
        R"(","display":"Mottaker"}]}})";
    return found(parts);
  };
  EXPECT_EQ(sent("PractitionerRole/f", "2026-11-20"), "");
  EXPECT_EQ(sent("PractitionerRole/f", "2026-12-01"), "PB-3025");
  EXPECT_EQ(sent("Organization/stranger", "2026-11-20"), "PB-3025");
  EXPECT_EQ(sent("Patient/1", "2026-12-01"), "");
}

TEST(Rules, WhoIsSentSomethingIsNamedAlsoWhereTheMessageGivesNoName) {
  PlanParts parts;
  parts.more_entries =
      R"(,{"resource":{"resourceType":"Practitioner","id":"n","name":[{"text":"Nora Ny"}]}},{"resource":{"resourceType":"Communication","id":"m","status":"completed","about":[{"reference":"CarePlan/p"}],"sent":"2026-11-22T08:00:00+01:00","recipient":[{"reference":"Practitioner/n"}]}})";
  const auto bundle = planBundle(parts);
  const auto issues = checkPlans(PlanSet::ofBundle(bundle), kToday);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].text(fhir::Language::kEnglish).find("Nora Ny receives"), 0U);
}

TEST(Rules, NothingIsSentToTheTeamOnceTheConsentToThePlanIsWithdrawn) {
  const auto sent = [](const std::string& receiver) {
    PlanParts parts;
    parts.plan_status = "on-hold";
    parts.consent_status = "inactive";
    parts.more_entries =
        R"(,{"resource":{"resourceType":"Communication","id":"m","status":"completed","about":[{"reference":"CarePlan/p"}],"sent":"2026-11-22T08:00:00+01:00","recipient":[{"reference":")" +
        receiver + R"(","display":"Mottaker"}]}})";
    return found(parts);
  };
  EXPECT_EQ(sent("PractitionerRole/f"), "PB-3025");
  EXPECT_EQ(sent("Patient/1"), "");
}

TEST(Rules, WhatWasSentBeforeTheConsentWasWithdrawnIsNotJudgedByIt) {
  const auto sent = [](const std::string& day) {
    PlanParts parts;
    parts.plan_status = "on-hold";
    parts.consent_status =
        R"(inactive","meta":{"lastUpdated":"2026-11-20T10:00:00Z"},"language":"nb)";
    parts.more_entries =
        R"(,{"resource":{"resourceType":"Communication","id":"m","status":"completed","about":[{"reference":"CarePlan/p"}],"sent":")" +
        day + R"(T08:00:00+01:00","recipient":[{"reference":"PractitionerRole/f"}]}})";
    return found(parts);
  };
  EXPECT_EQ(sent("2026-11-19"), "");
  EXPECT_EQ(sent("2026-11-20"), "PB-3025");
}

TEST(Rules, WhatTimeHasOvertakenIsTold) {
  EXPECT_EQ(found({}, {.today = "2026-12-09", .other_active_plan = ""}), "PB-3010");
  EXPECT_EQ(found({.sharing_end = "2028-01-01"}, {.today = "2027-01-01", .other_active_plan = ""}),
            "PB-3010 PB-3026");
}

TEST(Rules, FindingsSayWhereTheyLie) {
  PlanParts parts;
  parts.sharing_actors = R"({"reference":"PractitionerRole/k"})";
  const auto bundle = planBundle(parts);
  const auto set = PlanSet::ofBundle(bundle);
  const auto issues = checkPlans(set, kToday);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].place.expression, "CareTeam.participant[2]");
  EXPECT_EQ(issues[0].place.source, "CareTeam/t");
  EXPECT_EQ(issues[0].severity, fhir::Severity::kWarning);
}

TEST(Rules, APlanIsNeverDeletedWhateverItsStatus) {
  const auto set = PlanSet::ofBundle(planBundle({.plan_status = "revoked"}));
  EXPECT_EQ(refuseDeletion(set.plans().front())->code, "PB-3009");
  EXPECT_FALSE(refuseDeletion(set.ofType("Goal").front()));
}

TEST(Rules, ReferencesAreFollowedByUrnAddressAndIdentifier) {
  const auto bundle = fhir::readJson(
      R"({"resourceType":"Bundle","entry":[
{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","identifier":[{"system":"s","value":"v"}]}},
{"fullUrl":"https://x.no/fhir/Goal/2","resource":{"resourceType":"Goal","id":"2","contained":[{"resourceType":"Patient","id":"c"}]}},
{"fullUrl":"urn:uuid:3","resource":{"resourceType":"List","entry":[
{"item":{"reference":"urn:uuid:1"}},{"item":{"type":"Patient","identifier":{"system":"s","value":"v"}}},
{"item":{"reference":"https://x.no/fhir/Goal/2/_history/4"}},{"item":{"reference":"#c"}},{"item":{"reference":"Goal/3"}}]}}]})");
  const auto set = PlanSet::ofBundle(bundle.resource);
  std::vector<std::string> types;
  set.ofType("List").front().forEachChild("entry", [&](const fhir::Element& entry) {
    const auto target = set.resolve(entry.child("item"));
    types.emplace_back(target ? target.typeName() : "none");
  });
  EXPECT_EQ(types, (std::vector<std::string>{"Patient", "Patient", "Goal", "Patient", "none"}));
}

TEST(Rules, PeriodsIncludeTheirEndsAndPartialDates) {
  const auto period = [](const std::string& text) {
    static std::vector<fhir::Resource> kept;
    kept.push_back(fhir::readJson(R"({"resourceType":"CarePlan","period":)" + text + "}").resource);
    return contains(kept.back().root().child("period"), "2026-11-22");
  };
  EXPECT_TRUE(period(R"({"start":"2026-11-22","end":"2026-11-22"})"));
  EXPECT_TRUE(period(R"({"start":"2026-11","end":"2026-11"})"));
  EXPECT_TRUE(period(R"({"end":"2026"})"));
  EXPECT_FALSE(period(R"({"start":"2026-11-23"})"));
  EXPECT_FALSE(period(R"({"end":"2026-11-21T23:00:00+01:00"})"));
}

// Every fixture is a plan as people would make it.
TEST(Rules, TheFixturesKeepTheRules) {
  std::size_t plans = 0;
  const std::filesystem::path folder(PLANBRO_SOURCE_DIR "/fixtures/plans");
  for (const auto& one : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(one.path() / "expected" / "bundle.json", std::ios::binary);
    if (!file) continue;
    const auto read = fhir::readJson({std::istreambuf_iterator<char>(file), {}});
    ASSERT_TRUE(read.resource) << one.path();
    const auto set = PlanSet::ofBundle(read.resource);
    plans += set.plans().size();
    for (const fhir::Issue& issue :
         checkPlans(set, {.today = "2026-11-22", .other_active_plan = ""})) {
      EXPECT_NE(issue.severity, fhir::Severity::kError)
          << one.path().filename() << ": " << issue.text(fhir::Language::kEnglish);
    }
  }
  EXPECT_GT(plans, 0U);
}

}  // namespace
}  // namespace planbro::plan
