// The profiles of profiles/ip against the plans of fixtures/plans: whole plans pass, and each rule
// finds what it is for.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include "fhir/canonical_base.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "json/parser.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

namespace fs = std::filesystem;

const fs::path kPlans = PLANBRO_SOURCE_DIR "/fixtures/plans";
const fs::path kProfiles = PLANBRO_SOURCE_DIR "/profiles/ip";

const ValidationContext& context() {
  static const ValidationContext made([] {
    auto registry = std::make_shared<fhir::Registry>();
    for (const fhir::Issue& issue : registry->addOwnProfiles())
      ADD_FAILURE() << issue.place.source << ": " << issue.text(fhir::Language::kEnglish);
    return registry;
  }());
  return made;
}

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fhir::Issue> validated(std::string text) {
  fhir::ReadOutcome read = fhir::readJson(std::move(text));
  if (!read.resource) return read.issues;
  return context().validate(read.resource);
}

bool breaksRule(const std::vector<fhir::Issue>& issues, std::string_view rule) {
  return std::any_of(issues.begin(), issues.end(), [&](const fhir::Issue& issue) {
    return issue.rule == rule ||
           issue.text(fhir::Language::kEnglish).find(rule) != std::string::npos;
  });
}

// The plan of the man of 22 with the first `from` replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string text = readFile(kPlans / "mann-22-cerebral-parese/expected/bundle.json");
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(IpProfiles, WholePlansHaveNoErrors) {
  std::size_t plans = 0;
  for (const fs::directory_entry& plan : fs::directory_iterator(kPlans)) {
    const fs::path path = plan.path() / "expected/bundle.json";
    for (const fhir::Issue& issue : validated(readFile(path))) {
      EXPECT_GT(issue.severity, fhir::Severity::kError)
          << path << ":" << issue.place.position.line << " " << issue.place.expression << " "
          << issue.text(fhir::Language::kEnglish);
    }
    ++plans;
  }
  EXPECT_GE(plans, 6U);
}

TEST(IpProfiles, TheProfilesThemselvesAreSound) {
  std::vector<std::string> urls;
  context().registry().forEach("StructureDefinition", [&](const fhir::Registry::Entry& entry) {
    if (entry.url.find("/StructureDefinition/ip-") != entry.url.npos) urls.emplace_back(entry.url);
  });
  EXPECT_GE(urls.size(), 20U);
  for (const fhir::Issue& issue : context().prepare(urls))
    ADD_FAILURE() << issue.place.source << " " << issue.place.expression << " "
                  << issue.text(fhir::Language::kEnglish);
}

TEST(IpProfiles, ATeamHasOnlyOneActiveCoordinator) {
  const auto issues = validated(changed(
      R"({"system": "urn:oid:2.16.578.1.12.4.1.1.9034", "code": "6", "display": "Fastlege"})",
      R"({"system": "urn:oid:2.16.578.1.12.4.1.1.9034", "code": "8"})"));
  EXPECT_TRUE(fhir::hasErrors(issues));
  EXPECT_TRUE(breaksRule(issues, "ip-ct-1"));
}

TEST(IpProfiles, AnActiveConsentSaysWhenItWasGiven) {
  const auto issues = validated(changed(R"("dateTime": "2026-02-10T10:30:00+01:00",)", ""));
  EXPECT_TRUE(breaksRule(issues, "ip-co-1"));
}

TEST(IpProfiles, AnActivePlanSaysFromWhenItHolds) {
  const auto issues = validated(changed(
      "\"period\": {\"start\": \"2026-03-01\", \"end\": \"2027-02-28\"},\n        \"created\"",
      "\"created\""));
  EXPECT_TRUE(breaksRule(issues, "ip-cp-1"));
}

TEST(IpProfiles, ACodeOutsideANationalListIsAnError) {
  const auto issues =
      validated(changed(R"("system": "urn:oid:2.16.578.1.12.4.1.1.9336", "code": "1")",
                        R"("system": "urn:oid:2.16.578.1.12.4.1.1.9336", "code": "77")"));
  EXPECT_TRUE(fhir::hasErrors(issues));
}

// Every text for people stands in both languages, and every element has one.
void expectTranslations(const json::Node& node, const std::string& where) {
  if (node.kind == json::Kind::kObject) {
    if (node.member("path") != nullptr && node.member("id") != nullptr) {
      EXPECT_NE(node.member("short"), nullptr) << where << " " << node.member("id")->text();
      EXPECT_NE(node.member("definition"), nullptr) << where << " " << node.member("id")->text();
    }
    for (const std::string_view name : {"short", "definition", "human"}) {
      if (node.member(name) != nullptr) {
        EXPECT_NE(node.member("_" + std::string(name)), nullptr) << where << " " << name;
      }
    }
  }
  for (const json::Node& child : node.children()) expectTranslations(child, where);
}

// Items of the law that a resource lacks, with the texts of the findings in that language.
std::map<std::string, std::string> missingItems(std::string text, const std::string& profile,
                                                fhir::Language language) {
  const fhir::ReadOutcome read = fhir::readJson(std::move(text));
  EXPECT_TRUE(read.resource);
  const std::vector<std::string> profiles{PLANBRO_CANONICAL_BASE "/StructureDefinition/" + profile};
  std::map<std::string, std::string> found;
  for (const fhir::Issue& issue : context().validate(read.resource, profiles)) {
    if (issue.rule.starts_with("ip-law-")) found[issue.rule.substr(7)] += issue.text(language);
  }
  return found;
}

std::string keysOf(const std::map<std::string, std::string>& items) {
  std::string keys;
  for (const auto& [key, text] : items) keys += key;
  return keys;
}

constexpr std::string_view kEmptyPlan =
    R"({"resourceType":"CarePlan","status":"draft","intent":"plan","category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],"subject":{"reference":"Patient/1"}})";

TEST(IpLaw, NamesEveryMissingItemOfOneCarePlanInTheWordsOfTheRegulation) {
  const auto nb = missingItems(std::string(kEmptyPlan), "ip-law-careplan", fhir::Language::kBokmal);
  EXPECT_EQ(keysOf(nb), "abcdefghi");
  EXPECT_NE(
      nb.at("i").find("Bokstav i mangler: en oversikt over nødvendig eller ønskelig samarbeid"),
      std::string::npos)
      << nb.at("i");
  const auto nn =
      missingItems(std::string(kEmptyPlan), "ip-law-careplan", fhir::Language::kNynorsk);
  EXPECT_NE(nn.at("f").find("ei skildring av korleis tiltaka skal gjennomførast"),
            std::string::npos);
  const auto en =
      missingItems(std::string(kEmptyPlan), "ip-law-careplan", fhir::Language::kEnglish);
  EXPECT_NE(en.at("g").find("Item g is missing: the period of the plan"), std::string::npos);
}

TEST(IpLaw, NamesEveryMissingItemOverABundle) {
  const std::string bundle =
      R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" +
      std::string(kEmptyPlan) + "}]}";
  EXPECT_EQ(keysOf(missingItems(bundle, "ip-law-bundle", fhir::Language::kEnglish)), "abcdefghi");
}

TEST(IpLaw, APlanThatHasEndedIsNotJudged) {
  std::string ended(kEmptyPlan);
  ended.replace(ended.find("draft"), 5, "revoked");
  EXPECT_EQ(keysOf(missingItems(ended, "ip-law-careplan", fhir::Language::kEnglish)), "");
}

TEST(IpLaw, TheFixturesHaveAllNineItems) {
  for (const fs::directory_entry& plan : fs::directory_iterator(kPlans)) {
    const auto found = missingItems(readFile(plan.path() / "expected/bundle.json"), "ip-law-bundle",
                                    fhir::Language::kEnglish);
    EXPECT_EQ(keysOf(found), "") << plan.path();
  }
}

// Without its n-th part the plan lacks the item that this part is.
TEST(IpLaw, EachItemIsMissedWhenWhatHoldsItIsGone) {
  const auto without = [](std::string text, std::string_view from, std::string_view to) {
    EXPECT_NE(text.find(from), std::string::npos) << from;
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
      text.replace(at, from.size(), to);
    return keysOf(missingItems(std::move(text), "ip-law-bundle", fhir::Language::kEnglish));
  };
  const std::string whole = readFile(kPlans / "mann-22-cerebral-parese/expected/bundle.json");
  EXPECT_EQ(without(whole, "\"goal\"", "\"goals\""), "a");
  EXPECT_EQ(without(whole, R"("code": "8",)", R"("code": "9",)"), "c");
  EXPECT_EQ(without(whole, "ip-contribution", "ip-other"), "d");
  EXPECT_EQ(without(whole, "ip-next-review", "ip-other"), "g");
  EXPECT_EQ(without(whole, R"("code": "plan",)", R"("code": "sharing",)"), "h");
  EXPECT_EQ(without(whole, "ip-cooperation", "ip-other"), "i");
}

// Whether item h is missed of a plan of that status with one consent to it.
bool lacksConsent(std::string_view plan_status, std::string_view consent) {
  std::string plan(kEmptyPlan);
  plan.replace(plan.find("draft"), 5, plan_status);
  plan.insert(plan.size() - 1, R"(,"supportingInfo":[{"reference":"Consent/1"}])");
  plan.insert(1, R"("id":"1",)");
  const std::string bundle =
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://x.no/CarePlan/1","resource":)" +
      plan +
      R"(},{"fullUrl":"http://x.no/Consent/1","resource":{"resourceType":"Consent","id":"1","category":[{"coding":[{"system":")" +
      PLANBRO_CANONICAL_BASE + R"(/CodeSystem/consent-kind","code":"plan"}]}],)" +
      std::string(consent) + "}}]}";
  const auto whole = missingItems(bundle, "ip-law-bundle", fhir::Language::kEnglish);
  return whole.contains("h");
}

TEST(IpLaw, AConsentThatHasEndedOrSaysNoIsNoneForAnActivePlan) {
  EXPECT_FALSE(lacksConsent("active", R"("status":"active")"));
  EXPECT_FALSE(lacksConsent("active", R"("status":"active","provision":{"type":"permit"})"));
  EXPECT_TRUE(lacksConsent("active", R"("status":"inactive")"));
  EXPECT_TRUE(lacksConsent("active", R"("status":"rejected")"));
  EXPECT_TRUE(lacksConsent("active", R"("status":"active","provision":{"type":"deny"})"));
  for (const std::string ended : {"on-hold", "completed", "revoked"})
    EXPECT_FALSE(lacksConsent(ended, R"("status":"inactive")")) << ended;
}

// The rule of the CarePlan by itself, where the consent it names is at hand.
TEST(IpLaw, AContainedConsentThatHasEndedIsNoneForAnActivePlan) {
  const auto lacks = [](std::string_view status) {
    std::string plan(kEmptyPlan);
    plan.replace(plan.find("draft"), 5, "active");
    plan.insert(
        plan.size() - 1,
        R"(,"contained":[{"resourceType":"Consent","id":"c","status":")" + std::string(status) +
            R"(","category":[{"coding":[{"system":")" + PLANBRO_CANONICAL_BASE +
            R"(/CodeSystem/consent-kind","code":"plan"}]}]}],"supportingInfo":[{"reference":"#c"}])");
    return missingItems(plan, "ip-law-careplan", fhir::Language::kEnglish).contains("h");
  };
  EXPECT_FALSE(lacks("active"));
  EXPECT_TRUE(lacks("inactive"));
}

TEST(IpProfiles, EveryElementHasItsTextInNorwegianAsWell) {
  std::size_t files = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(kProfiles)) {
    if (!file.path().filename().string().starts_with("StructureDefinition-")) continue;
    const auto document = json::parse(readFile(file.path()));
    ASSERT_TRUE(document.has_value()) << file.path();
    expectTranslations((*document)->root(), file.path().filename().string());
    ++files;
  }
  EXPECT_GE(files, 20U);
}

}  // namespace
}  // namespace planbro::validation
