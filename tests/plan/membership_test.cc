#include "plan/membership.h"

#include <gtest/gtest.h>

#include "plan/plan_bundle.h"

namespace planbro::plan {
namespace {

// How the second participant of the plan stands.
std::string standing(const PlanParts& parts, std::string_view today = "2026-11-22") {
  const auto bundle = planBundle(parts);
  const auto set = PlanSet::ofBundle(bundle);
  const auto all = memberships(set, set.plans().front(), today);
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].standing, Standing::kOwner);
  return std::string(standingName(all[2].standing));
}

PlanParts with(const std::string& second_extra, const std::string& more_entries = "") {
  PlanParts parts;
  parts.second_extra = second_extra;
  parts.more_entries = more_entries;
  return parts;
}

std::string status(const std::string& code) {
  return R"(,"extension":[{"url":")" + std::string(kExtensionBase) +
         R"(ip-participant-status","valueCode":")" + code + R"("}])";
}

std::string task(const std::string& task_status) {
  return R"(,{"resource":{"resourceType":"Task","id":"x","status":")" + task_status +
         R"(","intent":"order","code":{"coding":[{"system":")" + std::string(kCodeSystemBase) +
         R"(plan-task","code":"obtain-consent"}]},"focus":{"reference":"PractitionerRole/f"}}})";
}

std::string blocking(const std::string& content) {
  const std::string base(kCodeSystemBase);
  std::string text =
      R"(,{"resource":{"resourceType":"Consent","id":"b","status":"active","category":[{"coding":[{"system":")";
  text += base;
  text +=
      R"(consent-kind","code":"blocking"}]}],"patient":{"reference":"Patient/1"},"provision":{"provision":[{"type":"deny","actor":[{"reference":{"reference":"PractitionerRole/f"}}])";
  if (!content.empty())
    text += R"(,"code":[{"coding":[{"system":")" + base + R"(plan-content","code":")" + content +
            R"("}]}])";
  return text + "}]}}}";
}

TEST(Membership, FollowsFromPeriodTaskAndConsentTogether) {
  EXPECT_EQ(standing({}), "member");
  EXPECT_EQ(standing({.sharing_actors = R"({"reference":"PractitionerRole/k"})"}),
            "without-consent");
  EXPECT_EQ(standing(with(R"(,"period":{"start":"2026-12-01"})")), "not-yet");
  EXPECT_EQ(standing(with(R"(,"period":{"end":"2026-11-21"})")), "left");
  EXPECT_EQ(standing(with(R"(,"period":{"end":"2026-11-22"})")), "member");
  EXPECT_EQ(standing(with(status("inactive"))), "left");
  EXPECT_EQ(standing(with(status("proposed"))), "proposed");
}

TEST(Membership, AnOpenTaskKeepsSomebodyProposed) {
  EXPECT_EQ(standing(with("", task("requested"))), "proposed");
  EXPECT_EQ(standing(with("", task("rejected"))), "proposed");
  EXPECT_EQ(standing(with("", task("completed"))), "member");
}

TEST(Membership, AccessEndsWithTheConsentOnTheDay) {
  EXPECT_EQ(standing({.sharing_end = "2026-11-22"}), "member");
  EXPECT_EQ(standing({.sharing_end = "2026-11-22"}, "2026-11-23"), "without-consent");
}

TEST(Membership, ABlockGoesBeforeEveryConsent) {
  EXPECT_EQ(standing(with("", blocking(""))), "blocked");
  EXPECT_EQ(standing(with("", blocking("whole-plan"))), "blocked");
  EXPECT_EQ(standing(with("", blocking("health"))), "member");
}

TEST(Membership, NobodyButTheOwnerReadsOnceTheConsentToThePlanHasEnded) {
  EXPECT_EQ(standing({.consent_status = "inactive"}), "suspended");
  EXPECT_EQ(standing({.consent_status = "rejected"}), "suspended");
  EXPECT_EQ(standing({.consent_provision = R"({"type":"deny"})"}), "suspended");
  EXPECT_EQ(standing({.consent_provision = R"({"period":{"end":"2026-11-21"}})"}), "suspended");
  EXPECT_EQ(standing({.plan_status = "draft", .consent_status = "proposed"}), "member");
}

TEST(Membership, NobodyButTheOwnerReadsAPlanThatHasEndedButAPauseEndsNothing) {
  for (const std::string ended : {"completed", "revoked", "entered-in-error"})
    EXPECT_EQ(standing({.plan_status = ended}), "suspended") << ended;
  EXPECT_EQ(standing({.plan_status = "on-hold"}), "member");
}

TEST(Membership, OnlyWhoMayReadIsSentAnything) {
  const auto bundle = fhir::readJson(
      R"({"resourceType":"Parameters","parameter":[{"name":"a","valueReference":{"reference":"PractitionerRole/f"}},{"name":"b","valueReference":{"reference":"Patient/1"}},{"name":"c","valueReference":{"reference":"Practitioner/k"}},{"name":"d","valueReference":{"reference":"Organization/x"}}]})");
  const auto plan = planBundle({.sharing_actors = R"({"reference":"PractitionerRole/k"})"});
  const auto set = PlanSet::ofBundle(plan);
  std::string may;
  bundle.resource.root().forEachChild("parameter", [&](const fhir::Element& one) {
    if (maySend(set, set.plans().front(), one.child("value"), "2026-11-22"))
      may += one.textOf("name");
  });
  EXPECT_EQ(may, "bc");
}

}  // namespace
}  // namespace planbro::plan
