#include "validation/validator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fhir/registry.h"

namespace planbro::validation {
namespace {

std::vector<fhir::Issue> validated(std::string json, Options options = {}) {
  const ValidationContext context(std::make_shared<const fhir::Registry>(), std::move(options));
  const auto read = fhir::readJson(std::move(json));
  return read.resource ? context.validate(read.resource) : read.issues;
}

constexpr const char* kUnknownExtension = R"({"resourceType":"Basic","code":{"text":"x"},
  "extension":[{"url":"http://kommune.no/x","valueBoolean":true}]})";

TEST(ValidatorTest, AnOverrideByCodeChangesTheSeverity) {
  Options options;
  options.overrides.push_back({"PB-1321", "", "Basic.extension", fhir::Severity::kInformation,
                               "local extensions are looked at elsewhere"});
  const auto issues = validated(kUnknownExtension, options);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].severity, fhir::Severity::kInformation);
}

TEST(ValidatorTest, AnOverrideForAnotherPathChangesNothing) {
  Options options;
  options.overrides.push_back({"PB-1321", "", "Basic.code", std::nullopt, "not here"});
  EXPECT_TRUE(fhir::hasErrors(validated(kUnknownExtension, options)));
}

TEST(ValidatorTest, AnInvariantIsSwitchedOffByItsKey) {
  constexpr const char* kPatient = R"({"resourceType":"Patient","contact":[{"gender":"male"}]})";
  EXPECT_TRUE(fhir::hasErrors(validated(kPatient)));
  Options options;
  options.overrides.push_back({"pat-1", "", "", std::nullopt, "for this test"});
  EXPECT_TRUE(validated(kPatient, options).empty());
}

TEST(ValidatorTest, KnownPrefixesNeedNoDefinition) {
  Options options;
  options.known_extension_prefixes.push_back("http://kommune.no/");
  EXPECT_TRUE(validated(kUnknownExtension, options).empty());
}

TEST(ValidatorTest, TheSeverityOfIdentifierChecksIsConfigurable) {
  constexpr const char* kPatient = R"({"resourceType":"Patient","identifier":[
    {"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05076600324"}]})";
  ASSERT_EQ(validated(kPatient).size(), 1U);
  EXPECT_EQ(validated(kPatient)[0].severity, fhir::Severity::kWarning);
  Options options;
  options.identifier_check = fhir::Severity::kError;
  EXPECT_TRUE(fhir::hasErrors(validated(kPatient, options)));
}

TEST(ValidatorTest, APersonsNumberNeverStandsInAnIssue) {
  for (const fhir::Issue& issue : validated(R"({"resourceType":"Patient","identifier":[
    {"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05076600324"}]})"))
    EXPECT_EQ(issue.text(fhir::Language::kEnglish).find("05076600324"), std::string::npos);
}

TEST(ValidatorTest, IssuesAreCutOffAtTheLimitAndItSaysSo) {
  std::string json = R"({"resourceType":"Basic","code":{"text":"x"},"identifier":[)";
  for (int i = 0; i < 50; ++i) json += std::string(i == 0 ? "" : ",") + "{\"wrong\":1}";
  Options options;
  options.max_issues = 10;
  const auto issues = validated(json + "]}", options);
  ASSERT_EQ(issues.size(), 11U);
  EXPECT_EQ(issues.back().code, "PB-1099");
}

TEST(ValidatorTest, BestPracticeRulesAreAskedFor) {
  constexpr const char* kPatient = R"({"resourceType":"Patient","active":true})";
  EXPECT_TRUE(validated(kPatient).empty());
  Options options;
  options.best_practice = true;
  EXPECT_EQ(validated(kPatient, options).size(), 1U);
}

TEST(ValidatorTest, TextThatLooksLikeHtmlIsRefusedWhenAskedFor) {
  constexpr auto kText =
      R"({"resourceType":"Communication","status":"completed","reasonCode":[{"text":"a<b>c"}],
          "note":[{"text":"a </i>"},{"text":"1 < 2 > 0 and a<b"}]})";
  EXPECT_TRUE(validated(kText).empty());
  Options options;
  options.no_html_in_strings = true;
  EXPECT_EQ(validated(kText, options).size(), 1U);
  options.no_html_in_markdown = true;
  const auto issues = validated(kText, options);
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_EQ(issues[0].code, "PB-1219");
}

TEST(ValidatorTest, AnUnknownProfileIsAWarningOfItsOwn) {
  const ValidationContext context(std::make_shared<const fhir::Registry>());
  const auto read = fhir::readJson(R"({"resourceType":"Patient","active":true})");
  const std::vector<std::string> profiles = {"http://nowhere.no/p"};
  const auto issues = context.validate(read.resource, profiles);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-1361");
}

TEST(ValidatorTest, ManyThreadsShareOneContextAndFindTheSame) {
  const ValidationContext context(std::make_shared<const fhir::Registry>());
  const auto read = fhir::readJson(R"({"resourceType":"CarePlan","status":"no","intent":"plan",
    "subject":{"reference":"Patient/1"},"activity":[{"detail":{"status":"scheduled"}},{}]})");
  std::atomic<int> different = 0;
  std::vector<std::thread> threads;
  const std::size_t wanted = context.validate(read.resource).size();
  EXPECT_EQ(wanted, 2U);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        if (context.validate(read.resource).size() != wanted) ++different;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(different, 0);
}

}  // namespace
}  // namespace planbro::validation
