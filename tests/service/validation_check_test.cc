#include "service/validation_check.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "fhir/registry.h"
#include "fhir/resource.h"
#include "validation/validator.h"

namespace planbro::service {
namespace {

using fhir::Severity;

constexpr std::string_view kProfile = "http://kommune.no/fhir/StructureDefinition/goal";
// It asks for a start that R4 does not ask for.
constexpr std::string_view kDefinition = R"({"resourceType":"StructureDefinition",
  "url":"http://kommune.no/fhir/StructureDefinition/goal","name":"G","status":"active",
  "kind":"resource","abstract":false,"type":"Goal","derivation":"constraint",
  "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Goal",
  "differential":{"element":[{"id":"Goal.statusDate","path":"Goal.statusDate","min":1}]}})";

class ValidationCheckTest : public testing::Test {
 protected:
  ValidationCheckTest() {
    registry_->addResource(fhir::readJson(std::string(kDefinition)).resource);
    validation::Options base;
    base.use_profiles = false;
    base_ = std::make_unique<validation::ValidationContext>(registry_, std::move(base));
    full_ = std::make_unique<validation::ValidationContext>(registry_, validation::Options());
  }

  std::vector<fhir::Issue> found(std::string json, Enforcement profiles,
                                 Enforcement unknown_extensions = Enforcement::kWarn) const {
    const ValidationCheck check(
        *base_, *full_, {Enforcement::kOff, {{"Goal", profiles}, {"Observation", profiles}}},
        unknown_extensions);
    const auto read = fhir::readJson(std::move(json));
    std::vector<fhir::Issue> issues;
    EXPECT_TRUE(check.checkResource(read.resource, issues).has_value());
    return issues;
  }

  std::shared_ptr<fhir::Registry> registry_ = std::make_shared<fhir::Registry>();
  std::unique_ptr<validation::ValidationContext> base_, full_;
};

// `members`: of the Goal beside those that R4 asks for.
std::string goal(std::string_view members) {
  return R"({"resourceType":"Goal","meta":{"profile":[")" + std::string(kProfile) +
         R"("]},"lifecycleStatus":"active","description":{"text":"x"})" + std::string(members) +
         "}";
}

const std::string kSubject = R"(,"subject":{"display":"x"})";

TEST_F(ValidationCheckTest, WhatAProfileAsksForIsAWarningUnlessItIsEnforced) {
  EXPECT_TRUE(found(goal(kSubject), Enforcement::kOff).empty());
  const auto warned = found(goal(kSubject), Enforcement::kWarn);
  ASSERT_EQ(warned.size(), 1U);
  EXPECT_EQ(warned[0].severity, Severity::kWarning);
  const auto enforced = found(goal(kSubject), Enforcement::kEnforce);
  ASSERT_EQ(enforced.size(), 1U);
  EXPECT_EQ(enforced[0].severity, Severity::kError);
  EXPECT_EQ(enforced[0].code, warned[0].code);
}

TEST_F(ValidationCheckTest, WhatR4AsksForIsAnErrorEachOnceHoweverProfilesAreMeant) {
  EXPECT_EQ(found(goal(""), Enforcement::kOff).size(), 1U);
  for (const Enforcement profiles : {Enforcement::kWarn, Enforcement::kEnforce}) {
    const auto issues = found(goal(""), profiles);
    ASSERT_EQ(issues.size(), 2U);
    for (const fhir::Issue& issue : issues) {
      const bool is_profiles = issue.text(fhir::Language::kEnglish).contains("statusDate");
      EXPECT_EQ(issue.severity, is_profiles && profiles == Enforcement::kWarn ? Severity::kWarning
                                                                              : Severity::kError);
    }
  }
}

// Of R4 2.5.1.0: no resource is refused for having extensions.
TEST_F(ValidationCheckTest, AnUnknownExtensionIsAWarningUnlessSetOtherwise) {
  const std::string own = kSubject + R"(,"statusDate":"2026-09-01","%":[
    {"url":"http://kommune.no/fhir/StructureDefinition/own","valueBoolean":true}])";
  const auto with = [&](std::string_view member) {
    std::string members = own;
    return goal(members.replace(members.find('%'), 1, member));
  };
  for (const Enforcement profiles :
       {Enforcement::kOff, Enforcement::kWarn, Enforcement::kEnforce}) {
    const auto issues = found(with("extension"), profiles);
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].severity, Severity::kWarning);
    EXPECT_TRUE(found(with("extension"), profiles, Enforcement::kOff).empty());
    EXPECT_TRUE(fhir::hasErrors(found(with("extension"), profiles, Enforcement::kEnforce)));
    EXPECT_TRUE(fhir::hasErrors(found(with("modifierExtension"), profiles)));
  }
}

TEST_F(ValidationCheckTest, WhatConformsFindsNothing) {
  for (const Enforcement profiles : {Enforcement::kOff, Enforcement::kWarn, Enforcement::kEnforce})
    EXPECT_TRUE(found(goal(kSubject + R"(,"statusDate":"2026-09-01")"), profiles).empty());
}

// A body temperature without the category that R4's profile of it asks for.
TEST_F(ValidationCheckTest, AVitalSignIsHeldToItsProfileAsToAnyOther) {
  constexpr std::string_view kTemperature = R"({"resourceType":"Observation","status":"final",
    "code":{"coding":[{"system":"http://loinc.org","code":"8310-5"}]},"subject":{"display":"x"},
    "effectiveDateTime":"2026-09-01","valueQuantity":{"value":37.1,"unit":"C",
    "system":"http://unitsofmeasure.org","code":"Cel"}})";
  EXPECT_TRUE(found(std::string(kTemperature), Enforcement::kOff).empty());
  const auto warned = found(std::string(kTemperature), Enforcement::kWarn);
  EXPECT_FALSE(warned.empty());
  EXPECT_FALSE(fhir::hasErrors(warned));
  EXPECT_TRUE(fhir::hasErrors(found(std::string(kTemperature), Enforcement::kEnforce)));
}

}  // namespace
}  // namespace planbro::service
