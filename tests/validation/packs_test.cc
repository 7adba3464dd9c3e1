#include "validation/packs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fhir/registry.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

constexpr const char* kPlan = R"({"resourceType":"CarePlan","status":"draft","intent":"plan",
  "category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],
  "subject":{"reference":"Patient/1"}})";

const Pack* find(const std::vector<Pack>& packs, std::string_view name) {
  const auto found = std::find_if(packs.begin(), packs.end(),
                                  [name](const Pack& pack) { return pack.name() == name; });
  return found == packs.end() ? nullptr : &*found;
}

TEST(PacksTest, TheBuiltInPacksReadAndTheirProfilesCompileWithoutAProblem) {
  const auto packs = builtinPacks();
  ASSERT_TRUE(packs.has_value()) << packs.error().message;
  auto registry = std::make_shared<fhir::Registry>();
  registry->addOwnProfiles();
  const ValidationContext context(std::move(registry));
  for (const Pack& pack : *packs) {
    if (!pack.packages().empty()) continue;  // those of packages that come from elsewhere
    for (const fhir::Issue& issue : context.prepare(pack.profiles()))
      ADD_FAILURE() << pack.name() << ": " << issue.text(fhir::Language::kEnglish);
  }
  EXPECT_NE(find(*packs, "r4"), nullptr);
  EXPECT_NE(find(*packs, "ip"), nullptr);
  EXPECT_NE(find(*packs, "ip-law"), nullptr);
}

TEST(PacksTest, APackAppliesItsProfilesOnlyToTheResourcesTheyAreMeantFor) {
  const auto packs = builtinPacks();
  ASSERT_TRUE(packs.has_value());
  const Pack* ip = find(*packs, "ip");
  ASSERT_NE(ip, nullptr);
  const auto plan = fhir::readJson(kPlan);
  EXPECT_EQ(ip->profilesFor(plan.resource.root()).size(), 1U);
  const auto other = fhir::readJson(R"({"resourceType":"CarePlan","status":"draft"})");
  EXPECT_TRUE(ip->profilesFor(other.resource.root()).empty());
}

TEST(PacksTest, ThePackOfTheLawNamesEveryMissingItem) {
  const auto packs = builtinPacks();
  ASSERT_TRUE(packs.has_value());
  auto registry = std::make_shared<fhir::Registry>();
  registry->addOwnProfiles();
  const ValidationContext context(std::move(registry));
  const auto plan = fhir::readJson(kPlan);
  const auto issues =
      context.validate(plan.resource, find(*packs, "ip-law")->profilesFor(plan.resource.root()));
  std::vector<std::string> rules;
  for (const fhir::Issue& issue : issues) rules.push_back(issue.rule);
  std::sort(rules.begin(), rules.end());
  EXPECT_EQ(rules,
            (std::vector<std::string>{"ip-law-a", "ip-law-b", "ip-law-c", "ip-law-d", "ip-law-e",
                                      "ip-law-f", "ip-law-g", "ip-law-h", "ip-law-i"}));
  EXPECT_FALSE(fhir::hasErrors(issues));
}

TEST(PacksTest, WhatIsWrongInAPacksFileIsNamed) {
  EXPECT_FALSE(readPacks("{").has_value());
  EXPECT_FALSE(readPacks(R"({"packs":[{"name":"a","profile":[]}]})").has_value());
  EXPECT_FALSE(readPacks(R"({"packs":[{"about":"a"}]})").has_value());
  EXPECT_FALSE(readPacks(R"({"packs":[{"name":"a","overrides":[{"rule":"x","severity":"off"}]}]})")
                   .has_value());
  EXPECT_FALSE(readPacks(R"({"packs":[{"name":"a","profiles":[{"type":"CarePlan","when":"("}]}]})")
                   .has_value());
  EXPECT_TRUE(
      readPacks(
          R"({"packs":[{"name":"a","overrides":[{"rule":"x","severity":"off","reason":"wrong"}]}]})")
          .has_value());
}

TEST(PacksTest, APackWhosePackageIsAbsentSaysWhichAndHowToGetIt) {
  const auto packs = builtinPacks();
  ASSERT_TRUE(packs.has_value());
  const std::vector<std::string> names = {"vkp-0.9.0"};
  const auto chosen = choosePacks(*packs, names, fhir::Registry());
  ASSERT_FALSE(chosen.has_value());
  EXPECT_EQ(chosen.error().code, ErrorCode::kNotFound);
  EXPECT_NE(chosen.error().message.find("hl7.fhir.no.vkp 0.9.0"), std::string::npos);
  EXPECT_NE(chosen.error().message.find("packages restore"), std::string::npos);
}

TEST(PacksTest, APackNobodyKnowsIsNamedWithThoseThereAre) {
  const auto packs = builtinPacks();
  ASSERT_TRUE(packs.has_value());
  const std::vector<std::string> names = {"no-basis"};
  const auto chosen = choosePacks(*packs, names, fhir::Registry());
  ASSERT_FALSE(chosen.has_value());
  EXPECT_NE(chosen.error().message.find("no-basis-2.2.2"), std::string::npos);
}

TEST(PacksTest, APackFileOfOnesOwnAddsPacksAndReplacesThoseOfTheSameName) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "own_packs.json";
  std::ofstream(file) << R"({"packs":[{"name":"r4","about":"ours","profiles":[]},
    {"name":"mine","about":"x","profiles":[{"type":"Patient",
      "profile":"http://hl7.org/fhir/StructureDefinition/Patient"}],
     "overrides":[{"rule":"dom-6","profile":"","path":"Patient","severity":"off",
      "reason":"no narrative here"}]}]})";
  const std::vector<std::filesystem::path> files = {file};
  const auto packs = allPacks(files);
  ASSERT_TRUE(packs.has_value()) << packs.error().message;
  EXPECT_EQ(find(*packs, "r4")->about(), "ours");
  ASSERT_NE(find(*packs, "mine"), nullptr);
  EXPECT_EQ(find(*packs, "mine")->overrides().front().reason, "no narrative here");
}

TEST(PacksTest, ABrokenPackFileSaysWhichFileAndWhere) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "broken_packs.json";
  std::ofstream(file) << "{\"packs\":[\n{";
  const std::vector<std::filesystem::path> files = {file};
  const auto packs = allPacks(files);
  ASSERT_FALSE(packs.has_value());
  EXPECT_NE(packs.error().message.find("broken_packs.json"), std::string::npos);
  EXPECT_NE(packs.error().message.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace planbro::validation
