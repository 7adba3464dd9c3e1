// The known mistakes of national packages: each is applied as it is meant and said once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/registry.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

std::string profile(std::string_view url, std::string_view type, std::string_view elements) {
  return fmt::format(R"({{"resourceType":"StructureDefinition","url":"{}","name":"X",
    "status":"active","kind":"resource","abstract":false,"type":"{}",
    "baseDefinition":"http://hl7.org/fhir/StructureDefinition/{}","derivation":"constraint",
    "differential":{{"element":[{}]}}}})",
                     url, type, type, elements);
}

struct Found {
  std::vector<std::string> resource, profile;  // codes: errors of the resource, all of the profile
};

Found check(std::initializer_list<std::string> definitions, const std::string& canonical,
            const char* json) {
  auto registry = std::make_shared<fhir::Registry>();
  for (const std::string& text : definitions) registry->addResource(fhir::readJson(text).resource);
  const ValidationContext context(std::move(registry));
  const auto resource = fhir::readJson(json);
  const std::vector<std::string> profiles = {canonical};
  Found found;
  for (int i = 0; i < 2; ++i) {  // the second time nothing is said again about the profile
    found.resource.clear();
    for (const fhir::Issue& issue : context.validate(resource.resource, profiles)) {
      if (issue.severity <= fhir::Severity::kError) found.resource.emplace_back(issue.code);
    }
    for (const fhir::Issue& issue : context.takeProfileProblems())
      found.profile.emplace_back(issue.code);
  }
  std::sort(found.resource.begin(), found.resource.end());
  return found;
}

using Codes = std::vector<std::string>;

TEST(ToleranceTest, APathThatDoesNotExistIsLeftOut) {
  const auto found = check({profile("urn:x", "CarePlan", R"(
      {"id":"CarePlan.context","path":"CarePlan.context","min":1},
      {"id":"CarePlan.title","path":"CarePlan.title","min":1})")},
                           "urn:x", R"({"resourceType":"CarePlan","status":"active","intent":"plan",
      "subject":{"display":"x"}})");
  EXPECT_EQ(found.profile, Codes{"PB-1363"});
  EXPECT_EQ(found.resource, Codes{"PB-1101"});  // the title, nothing of the context
}

TEST(ToleranceTest, AMisspeltOidIsAcceptedInBothSpellings) {
  const auto definition = profile("urn:x", "Patient", R"(
      {"id":"Patient.identifier.system","path":"Patient.identifier.system",
       "fixedUri":"urn:uid:2.16.578.1.12.4.1.1.7497"})");
  for (const char* system : {"urn:oid:2.16.578.1.12.4.1.1.7497", "urn:uid:2.16.578.1.12.4.1.1.7497",
                             "urn:oid:2.16.578.1.12.4.1.1.7498"}) {
    const auto found = check(
        {definition}, "urn:x",
        fmt::format(R"({{"resourceType":"Patient","identifier":[{{"system":"{}","value":"1"}}]}})",
                    system)
            .c_str());
    EXPECT_EQ(found.profile, Codes{"PB-1370"});
    EXPECT_EQ(found.resource.empty(), std::string_view(system).ends_with("7497")) << system;
  }
}

TEST(ToleranceTest, ABindingToABareOidMeansTheCodesOfThatSystem) {
  const auto definition = profile("urn:x", "Patient", R"(
      {"id":"Patient.maritalStatus","path":"Patient.maritalStatus",
       "binding":{"strength":"required","valueSet":"urn:oid:2.16.578.1.12.4.1.1.1"}})");
  const std::string system = R"({"resourceType":"CodeSystem","url":"urn:oid:2.16.578.1.12.4.1.1.1",
    "status":"active","content":"complete","concept":[{"code":"1"}]})";
  for (const char* code : {"1", "2"}) {
    const auto found = check({definition, system}, "urn:x",
                             fmt::format(R"({{"resourceType":"Patient","maritalStatus":{{"coding":[
                {{"system":"urn:oid:2.16.578.1.12.4.1.1.1","code":"{}"}}]}}}})",
                                         code)
                                 .c_str());
    EXPECT_EQ(found.profile, Codes{"PB-1372"});
    EXPECT_EQ(found.resource.empty(), *code == '1');
  }
}

TEST(ToleranceTest, AnInvariantKnownToBeWrongIsAppliedAsItsTextSays) {
  const auto definition = profile(
      "urn:x", "AppointmentResponse",
      R"json({"id":"AppointmentResponse","path":"AppointmentResponse","constraint":[{"key":"inv-1",
       "severity":"error","human":"only for patients","expression":
       "extension.where(url = 'http://hl7.no/fhir/StructureDefinition/no-basis-shortnotice').value.exists() and actor.type.value = 'Patient'"}]})json");
  const std::string extension = R"({"resourceType":"StructureDefinition",
    "url":"http://hl7.no/fhir/StructureDefinition/no-basis-shortnotice","name":"S","status":"active",
    "kind":"complex-type","abstract":false,"type":"Extension","derivation":"constraint",
    "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension",
    "context":[{"type":"element","expression":"AppointmentResponse"}],
    "differential":{"element":[{"id":"Extension","path":"Extension"}]}})";
  const auto response = [](std::string_view more) {
    return fmt::format(R"({{"resourceType":"AppointmentResponse","participantStatus":"accepted",
      "appointment":{{"display":"x"}}{}}})",
                       more);
  };
  const auto plain = check({definition, extension}, "urn:x",
                           response(R"(,"actor":{"type":"Practitioner","display":"x"})").c_str());
  EXPECT_EQ(plain.profile, Codes{"PB-1371"});
  EXPECT_TRUE(plain.resource.empty());
  const auto wrong = check({definition, extension}, "urn:x",
                           response(R"(,"actor":{"type":"Practitioner","display":"x"},"extension":[
      {"url":"http://hl7.no/fhir/StructureDefinition/no-basis-shortnotice","valueBoolean":true}])")
                               .c_str());
  EXPECT_EQ(wrong.resource, Codes{"PB-1301"});
}

TEST(ToleranceTest, EitherFamilyOfNoBasisAnswersForTheOther) {
  const auto found =
      check({profile("http://hl7.no/fhir/ig/StructureDefinition/no-basis-Patient", "Patient",
                     R"({"id":"Patient.name","path":"Patient.name","min":1})"),
             profile("urn:x", "CarePlan", R"({"id":"CarePlan.subject","path":"CarePlan.subject",
         "type":[{"code":"Reference","targetProfile":
           ["http://hl7.no/fhir/StructureDefinition/no-basis-Patient"]}]})")},
            "urn:x", R"({"resourceType":"CarePlan","status":"active","intent":"plan",
        "contained":[{"resourceType":"Patient","id":"p"}],"subject":{"reference":"#p"}})");
  EXPECT_EQ(found.profile, Codes{"PB-1373"});
  EXPECT_FALSE(found.resource.empty());
}

TEST(ToleranceTest, WhatAProfileHasFromItsBaseIsNotSaidAgain) {
  const std::string misspelt = R"({"id":"Patient.identifier.system",
    "path":"Patient.identifier.system","fixedUri":"urn:uid:1.2.3"})";
  auto derived = profile("urn:y", "Patient", "");
  const std::string base = "http://hl7.org/fhir/StructureDefinition/Patient";
  derived.replace(derived.find(base), base.size(), "urn:x");
  auto registry = std::make_shared<fhir::Registry>();
  registry->addResource(fhir::readJson(profile("urn:x", "Patient", misspelt)).resource);
  registry->addResource(fhir::readJson(derived).resource);
  const ValidationContext context(std::move(registry));
  const std::vector<std::string> profiles = {"urn:x", "urn:y"};
  EXPECT_EQ(context.prepare(profiles).size(), 1U);
}

TEST(ToleranceTest, ChildrenOfAPathThatDoesNotExistAreNotSaidOneByOne) {
  const auto found = check({profile("urn:x", "MessageHeader", R"(
      {"id":"MessageHeader.receiver","path":"MessageHeader.receiver","min":1},
      {"id":"MessageHeader.receiver.display","path":"MessageHeader.receiver.display","min":1})")},
                           "urn:x", R"({"resourceType":"MessageHeader"})");
  EXPECT_EQ(found.profile, Codes{"PB-1363"});
}

}  // namespace
}  // namespace planbro::validation
