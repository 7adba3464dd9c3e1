// Validation asks another terminology server about codes that are not loaded.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "fhir/registry.h"
#include "fhir/resource.h"
#include "terminology/terminology.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

using terminology::CodeQuestion;
using terminology::Membership;
using terminology::Verdict;

// Knows some codes, or is down.
class Scripted final : public terminology::TerminologyServer {
 public:
  Verdict ask(const CodeQuestion& question) override {
    asked.push_back(question);
    if (down) return {.membership = Membership::kUnknown, .display = {}, .failure = "no route"};
    const auto found = known.find(question.code);
    return {.membership = found == known.end() ? Membership::kUnknown : found->second,
            .display = {},
            .failure = {}};
  }

  std::map<std::string, Membership> known;
  bool down = false;
  std::vector<CodeQuestion> asked;
};

std::string codesOf(const std::vector<fhir::Issue>& issues) {
  std::string codes;
  for (const fhir::Issue& issue : issues)
    codes += std::string(issue.code) + " " + issue.place.expression + "\n";
  return codes;
}

// A reason for a goal is bound to SNOMED CT as an example; its achievement to a value set that is
// loaded; the method of an observation is not bound at all.
std::string allergy(std::string_view code) {
  return R"({"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
    "clinicalStatus":{"coding":[{"code":"active",
      "system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"}]},
    "code":{"coding":[{"system":"http://snomed.info/sct","code":")" +
         std::string(code) + R"("}]}})";
}

class Elsewhere : public testing::Test {
 protected:
  Elsewhere() {
    auto shared = std::make_shared<terminology::Terminology>(std::make_shared<fhir::Registry>());
    shared->setServer(&server_);
    terminology_ = std::move(shared);
  }
  std::string validate(std::string text, Options options = {}) {
    const ValidationContext context(terminology_, std::move(options));
    auto read = fhir::readJson(std::move(text));
    EXPECT_TRUE(read.resource);
    return codesOf(context.validate(read.resource));
  }

  Scripted server_;
  std::shared_ptr<const terminology::Terminology> terminology_;
};

TEST_F(Elsewhere, ACodeTheServerKnowsIsRightAndOneItRefusesIsWrong) {
  server_.known = {{"1", Membership::kMember}, {"2", Membership::kNotMember}};
  EXPECT_EQ(validate(allergy("1")), "");
  EXPECT_EQ(validate(allergy("2")), "PB-1603 AllergyIntolerance.code.coding[0]\n");
  EXPECT_EQ(validate(allergy("3")), "");  // neither knows it
  for (const CodeQuestion& question : server_.asked)
    EXPECT_EQ(question.system, "http://snomed.info/sct");
}

TEST_F(Elsewhere, ABindingToWhatIsNotLoadedIsTheServersToJudge) {
  const auto with_language = [](std::string_view code) {
    return R"({"resourceType":"Consent","status":"active",
      "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},
      "category":[{"coding":[{"system":"http://loinc.org","code":")" +
           std::string(code) + R"("}]}],"policyRule":{"text":"x"},
      "patient":{"reference":"Patient/1"}})";
  };
  server_.known = {{"59284-0", Membership::kMember}, {"0-0", Membership::kNotMember}};
  EXPECT_EQ(validate(with_language("59284-0")), "");
  const std::string refused = validate(with_language("0-0"));
  EXPECT_NE(refused.find("PB-1603 Consent.category[0].coding[0]\n"), std::string::npos) << refused;
}

TEST_F(Elsewhere, AServerThatIsDownIsToldOnceAndNothingIsGuessed) {
  server_.down = true;
  EXPECT_EQ(validate(allergy("1")), "PB-2030 AllergyIntolerance\n");
}

TEST_F(Elsewhere, OneResourceAsksSoManyQuestionsAndNoMore) {
  std::string codings;
  for (int i = 0; i < 30; ++i)
    codings += (i == 0 ? "" : ",") + std::string(R"({"system":"http://snomed.info/sct","code":")") +
               std::to_string(i) + "\"}";
  const std::string text =
      R"({"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
    "clinicalStatus":{"coding":[{"code":"active",
      "system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"}]},
    "code":{"coding":[)" +
      codings + "]}}";
  Options options;
  options.max_questions = 5;
  EXPECT_EQ(validate(text, options), "PB-2030 AllergyIntolerance\n");
  EXPECT_EQ(server_.asked.size(), 5U);
}

TEST(ElsewhereWithoutServer, NobodyIsAskedAndCodeSystemsAreShared) {
  const auto shared =
      std::make_shared<const terminology::Terminology>(std::make_shared<fhir::Registry>());
  const ValidationContext first(shared);
  const ValidationContext second(shared);
  auto read = fhir::readJson(allergy("1"));
  EXPECT_EQ(codesOf(first.validate(read.resource)), "");
  const auto* system =
      shared->codeSystem("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical");
  EXPECT_NE(system, nullptr);
  EXPECT_EQ(codesOf(second.validate(read.resource)), "");
  EXPECT_EQ(&first.registry(), &second.registry());
}

}  // namespace
}  // namespace planbro::validation
