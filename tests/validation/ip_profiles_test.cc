// The profiles of profiles/ip against the plans of fixtures/plans: whole plans pass, and each rule
// finds what it is for.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

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

// Every text for people stands in both languages.
void expectTranslations(const json::Node& node, const std::string& where) {
  if (node.kind == json::Kind::kObject) {
    for (const std::string_view name : {"short", "definition"}) {
      if (node.member(name) != nullptr) {
        EXPECT_NE(node.member("_" + std::string(name)), nullptr) << where << " " << name;
      }
    }
  }
  for (const json::Node& child : node.children()) expectTranslations(child, where);
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
