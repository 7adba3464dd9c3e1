// Programs: compile errors, strict compiling, environments, limits, references, traces.
#include "fhirpath/program.h"

#include <gtest/gtest.h>

#include "fhir/resource.h"
#include "json/builder.h"

namespace planbro::fhirpath {
namespace {

fhir::Resource resource(std::string text) {
  fhir::ReadOutcome read = fhir::readJson(std::move(text));
  EXPECT_TRUE(read.resource);
  return read.resource;
}

ProgramPtr program(std::string_view expression, const CompileOptions& options = {}) {
  auto compiled = compile(expression, options);
  EXPECT_TRUE(compiled.has_value()) << expression;
  return compiled ? *compiled : nullptr;
}

std::string strictError(std::string_view expression, std::string_view root = "Patient") {
  const auto compiled = compile(expression, {.root_type = root, .strict = true});
  return compiled ? "" : compiled.error().message;
}

TEST(Program, ACompileErrorHasItsPlace) {
  const auto compiled = compile("name.where(use = ) ");
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error().offset, 17U);
}

TEST(Program, DeepNestingIsRefused) {
  EXPECT_FALSE(compile(std::string(5000, '(') + "1" + std::string(5000, ')')).has_value());
  EXPECT_FALSE(compile(std::string(5000, '-') + "1").has_value());
  std::string chain = "1";
  for (int i = 0; i < 5000; ++i) chain += "+1";
  EXPECT_FALSE(compile(chain).has_value());
}

TEST(Strict, AnUnknownElementIsNamed) {
  EXPECT_EQ(strictError("name.given1"), "There is no element 'given1' in HumanName");
  EXPECT_EQ(strictError("name.given.first().length()"), "");
  EXPECT_EQ(strictError("contact.name.family", "Patient"), "");
  EXPECT_EQ(strictError("relationship.coding", "Patient.contact"), "");
  EXPECT_NE(strictError("gender.where(family = 'x')"), "");
}

TEST(Strict, AChoiceIsReachedByItsElementNameOnly) {
  EXPECT_EQ(strictError("Observation.value.ofType(Quantity).unit", "Observation"), "");
  EXPECT_EQ(strictError("Observation.value.unit", "Observation"), "");
  EXPECT_NE(strictError("Observation.valueQuantity.unit", "Observation"), "");
}

TEST(Strict, AnotherTypeAtTheRootIsRefused) {
  EXPECT_EQ(strictError("Encounter.status"), "The input is Patient, never Encounter");
  EXPECT_EQ(strictError("DomainResource.id"), "");
}

TEST(Strict, OrderedFunctionsNeedAnOrder) {
  EXPECT_NE(strictError("Patient.children().skip(1)"), "");
  EXPECT_NE(strictError("descendants()[0]"), "");
  EXPECT_EQ(strictError("Patient.name.skip(1)"), "");
}

TEST(Strict, TextFunctionsDoNotTakeComplexElements) {
  EXPECT_NE(strictError("identifier.endsWith('x')"), "");
  EXPECT_EQ(strictError("identifier.value.endsWith('x')"), "");
}

TEST(Evaluate, VariablesOfTheCallerAreSeen) {
  const auto patient = resource(R"({"resourceType":"Patient","id":"p"})");
  Scratch scratch;
  Environment environment(scratch, patient.root());
  environment.variables.emplace_back("prefix", Collection(Value::string("no-")));
  const auto result = evaluate(*program("%prefix + id"), patient.root(), environment);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->front().toString(), "no-p");
}

TEST(Evaluate, ElementsKeepTheirPlaceInTheTree) {
  const std::string text = R"({"resourceType":"Patient","name":[{"family":"A"},{"family":"B"}]})";
  const auto patient = resource(text);
  Scratch scratch;
  const Environment environment(scratch, patient.root());
  const auto result = evaluate(*program("name[1].family"), patient.root(), environment);
  ASSERT_TRUE(result.has_value());
  ASSERT_EQ(result->size(), 1U);
  EXPECT_EQ(result->front().element().value()->offset, text.find("\"B\""));
}

TEST(Evaluate, StopsAtItsLimits) {
  const auto patient = resource(R"({"resourceType":"Patient","id":"p"})");
  Scratch scratch;
  Environment environment(scratch, patient.root());
  environment.limits.steps = 1000;
  for (const char* hostile :
       {"(1|2|3).repeatAll($this)", "id.repeat($this + 'x')",
        "(1|2|3|4).select(($this|6|7|8).select(($this|12|13|14).select(($this|20|21).count())))"}) {
    const auto result = evaluate(*program(hostile), patient.root(), environment);
    ASSERT_FALSE(result.has_value()) << hostile;
    EXPECT_EQ(result.error().code, ErrorCode::kLimitExceeded);
  }
  environment.limits.steps = 10'000'000;
  environment.limits.text_bytes = 1000;
  const auto result =
      evaluate(*program("(1|2|3|4|5|6|7|8|9|10).aggregate($total + $total, 'xxxxxxxx')"),
               patient.root(), environment);
  EXPECT_FALSE(result.has_value());
}

TEST(Evaluate, ReferencesInABundleAndThroughTheResolver) {
  const auto bundle = resource(R"({"resourceType":"Bundle","entry":[
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"p"}},
    {"fullUrl":"http://x/CarePlan/c","resource":{"resourceType":"CarePlan","subject":{"reference":"urn:uuid:1"},
      "author":{"reference":"Practitioner/z"}}}]})");
  const auto doctor = resource(R"({"resourceType":"Practitioner","id":"z"})");
  class OneDoctor : public Resolver {
   public:
    explicit OneDoctor(fhir::Element found) : found_(found) {}
    fhir::Element resolve(std::string_view reference, const fhir::Element&) const override {
      return reference == "Practitioner/z" ? found_ : fhir::Element();
    }

   private:
    fhir::Element found_;
  };
  const OneDoctor resolver(doctor.root());
  Scratch scratch;
  Environment environment(scratch, bundle.root());
  environment.resolver = &resolver;
  const auto result = evaluate(
      *program("Bundle.entry.resource.ofType(CarePlan).select(subject | author).resolve().id"),
      bundle.root(), environment);
  ASSERT_TRUE(result.has_value());
  ASSERT_EQ(result->size(), 2U);
  EXPECT_EQ((*result)[0].toString(), "p");
  EXPECT_EQ((*result)[1].toString(), "z");
}

TEST(Evaluate, AContainedResourceIsLookedForInTheEntryOfItsReference) {
  const auto bundle = resource(R"({"resourceType":"Bundle","entry":[
    {"resource":{"resourceType":"Observation","contained":[{"resourceType":"Device","id":"1","lotNumber":"A"}],
      "device":{"reference":"#1"}}},
    {"resource":{"resourceType":"Observation","contained":[{"resourceType":"Device","id":"1","lotNumber":"B"}],
      "device":{"reference":"#1"}}}]})");
  Scratch scratch;
  const auto result = evaluate(*program("entry.resource.device.resolve().lotNumber"), bundle.root(),
                               Environment(scratch, bundle.root()));
  ASSERT_TRUE(result.has_value());
  ASSERT_EQ(result->size(), 2U);
  EXPECT_EQ((*result)[0].toString(), "A");
  EXPECT_EQ((*result)[1].toString(), "B");
}

TEST(Evaluate, TerminologyAnswersMembershipAndSubsumption) {
  const auto condition = resource(R"({"resourceType":"Condition","code":{"coding":[
    {"system":"http://x","code":"disease"},{"system":"http://y","code":"1"}]},
    "bodySite":[{"coding":[{"system":"http://x","code":"flu"}]}],
    "severity":{"coding":[{"system":"http://z","code":"2"}]}})");
  class Diseases : public Terminology {
   public:
    std::optional<bool> memberOf(const Value& coded, std::string_view url) const override {
      if (url != "http://vs") return std::nullopt;
      return coded.element().typeName() == "CodeableConcept";
    }
    std::optional<bool> subsumes(std::string_view system, std::string_view general,
                                 std::string_view special) const override {
      if (system != "http://x") return std::nullopt;
      return general == "disease" && special == "flu";
    }
  };
  const Diseases diseases;
  Scratch scratch;
  Environment environment(scratch, condition.root());
  environment.terminology = &diseases;
  const auto outcome = [&](std::string_view expression) -> std::string {
    const auto result = evaluate(*program(expression), condition.root(), environment);
    if (!result) return "error";
    return result->empty() ? "" : result->front().toString();
  };
  EXPECT_EQ(outcome("code.memberOf('http://vs')"), "true");
  EXPECT_EQ(outcome("code.memberOf('http://unknown')"), "");
  EXPECT_EQ(outcome("code.subsumes(bodySite)"), "true");
  EXPECT_EQ(outcome("code.subsumedBy(bodySite)"), "false");
  EXPECT_EQ(outcome("bodySite.coding.subsumedBy(code)"), "true");
  EXPECT_EQ(outcome("code.coding[1].subsumes(code.coding[1])"), "true");
  EXPECT_EQ(outcome("code.subsumes(severity)"), "error");
}

TEST(Evaluate, ProfilesAnswerSlicesAndConformance) {
  const auto patient = resource(R"({"resourceType":"Patient","telecom":[
    {"system":"phone","value":"1"},{"system":"email","value":"2"}]})");
  class Slices : public Profiles {
   public:
    std::optional<bool> conformsTo(const fhir::Element&, std::string_view url) const override {
      if (url == "http://p") return true;
      return std::nullopt;
    }
    std::optional<bool> inSlice(const fhir::Element& element, std::string_view,
                                std::string_view slice) const override {
      if (slice != "phone") return std::nullopt;
      return element.textOf("system") == "phone";
    }
  };
  const Slices slices;
  Scratch scratch;
  Environment environment(scratch, patient.root());
  environment.profiles = &slices;
  const auto outcome = [&](std::string_view expression) -> std::string {
    const auto result = evaluate(*program(expression), patient.root(), environment);
    if (!result) return "error";
    return result->empty() ? "" : result->front().toString();
  };
  EXPECT_EQ(outcome("telecom.slice('http://p', 'phone').value"), "1");
  EXPECT_EQ(outcome("telecom.slice('http://p', 'none').value"), "error");
  EXPECT_EQ(outcome("conformsTo('http://p')"), "true");
  EXPECT_EQ(outcome("conformsTo('http://q')"), "error");
}

TEST(Evaluate, ConceptsAreEquivalentWhenTheyShareACode) {
  const auto condition = resource(R"({"resourceType":"Condition","category":[
    {"coding":[{"system":"http://x","code":"1","display":"one"},{"system":"http://x","code":"2"}]},
    {"coding":[{"system":"http://x","code":"1","version":"2026"}],"text":"first"},
    {"coding":[{"system":"http://y","code":"1"}]}]})");
  Scratch scratch;
  const Environment environment(scratch, condition.root());
  const auto holds = [&](std::string_view expression) {
    return test(*program(expression), condition.root(), environment).value_or(false);
  };
  EXPECT_TRUE(holds("category[0] ~ category[1]"));
  EXPECT_FALSE(holds("category[0] = category[1]"));
  EXPECT_FALSE(holds("category[0] ~ category[2]"));
  EXPECT_TRUE(holds("category[0].coding[0] ~ category[1].coding"));
  EXPECT_TRUE(holds("category[0].coding[0] !~ category[0].coding[1]"));
}

TEST(Evaluate, AnUnknownModifierExtensionEndsCheckModifiers) {
  const auto patient = resource(
      R"({"resourceType":"Patient","modifierExtension":[{"url":"http://m","valueBoolean":true}]})");
  Scratch scratch;
  const Environment environment(scratch, patient.root());
  EXPECT_TRUE(evaluate(*program("checkModifiers('http://m')"), patient.root(), environment));
  EXPECT_FALSE(evaluate(*program("checkModifiers('http://n')"), patient.root(), environment));
}

TEST(Evaluate, TracesNameAndValues) {
  const auto patient = resource(R"({"resourceType":"Patient","id":"p"})");
  Scratch scratch;
  Environment environment(scratch, patient.root());
  std::string seen;
  environment.trace = [&](std::string_view name, const Collection& values) {
    seen += std::string(name) + "=" + values.front().toString() + ";";
  };
  ASSERT_TRUE(evaluate(*program("trace('a', id).id.trace('b')"), patient.root(), environment));
  EXPECT_EQ(seen, "a=p;b=p;");
}

TEST(Test, OnlyASingleTrueHolds) {
  const auto patient = resource(R"({"resourceType":"Patient","id":"p"})");
  Scratch scratch;
  const Environment environment(scratch, patient.root());
  const auto holds = [&](std::string_view expression) {
    return test(*program(expression), patient.root(), environment).value_or(false);
  };
  EXPECT_TRUE(holds("id.exists()"));
  EXPECT_TRUE(holds("id"));
  EXPECT_FALSE(holds("false"));
  EXPECT_FALSE(holds("name"));
  EXPECT_FALSE(holds("1 | 2"));
}

TEST(Evaluate, AUnboundTreeIsNavigatedByItsWrittenNames) {
  // Sources of maps: names that no definition knows.
  json::Builder builder;
  builder.beginObject();
  builder.key("Tiltakskode").string("17");
  builder.endObject();
  const json::DocumentPtr document = std::move(builder).finish();
  const auto root = fhir::Element::root(*document, fhir::Definitions::r4());
  Scratch scratch;
  const auto result = evaluate(*program("Tiltakskode.toInteger() + 1"), root, Environment(scratch));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->front().asInteger(), 18);
}

}  // namespace
}  // namespace planbro::fhirpath
