// Conditions decided the quick way have the answer that the whole evaluation gives.
#include "fhirpath/quick.h"

#include <gtest/gtest.h>

#include <string>

#include "fhir/resource.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {
namespace {

constexpr const char* kPatient =
    R"({"resourceType":"Patient","id":"a","active":true,"gender":"male","birthDate":"1990-01-01",)"
    R"("identifier":[{"system":"s","value":"1"},{"system":"t","value":"2"}],)"
    R"("name":[{"use":"official","family":"F","given":["G","H"]},{"family":"K"}],)"
    R"("extension":[{"url":"u","valueBoolean":false},{"url":"v","valueString":"x"}],)"
    R"("multipleBirthInteger":2,"_gender":{"id":"i"}})";

// As maps mean it: whether there is a value other than a single false.
bool whole(const Program& program, const Value& input, const Environment& environment) {
  const auto result = evaluate(program, input, environment);
  EXPECT_TRUE(result.has_value()) << sourceOf(program);
  if (!result || result->size() != 1) return result && !result->empty();
  const Value value = result->front().toSystem();
  return value.kind() != ValueKind::kBoolean || value.asBoolean();
}

TEST(Quick, AgreesWithTheWholeEvaluation) {
  const fhir::Resource resource = fhir::readJson(kPatient).resource;
  ASSERT_TRUE(resource);
  const fhir::Element patient = resource.root();
  Scratch scratch;
  Environment environment(scratch, patient);
  const NamedValue named[] = {
      {"k", Value::string("t")}, {"none", Value()}, {"name", Value(patient.child("name"))}};
  environment.values = named;
  std::size_t quick = 0;
  for (const std::string text : {"gender = 'male'",
                                 "gender != 'male'",
                                 "gender = %k",
                                 "gender = %none",
                                 "gender = 'x' or active",
                                 "active",
                                 "active and deceased.exists()",
                                 "deceased",
                                 "deceased.exists() or deceased = true",
                                 "identifier.where(system = %k).exists()",
                                 "identifier.where(system = 'q').empty()",
                                 "identifier.where(system = %k and value = '2').value = '2'",
                                 "identifier.system = 's'",
                                 "name.where(use = 'official').given.exists()",
                                 "name.given.empty()",
                                 "%name.family = 'F'",
                                 "%none.exists()",
                                 "%none.empty()",
                                 "extension.where(url = 'u').value",
                                 "extension.where(url = 'v').value = 'x'",
                                 "extension.where(value = false).url = 'u'",
                                 "birthDate = @1990-01-01",
                                 "birthDate = '1990-01-01'",
                                 "birthDate = @1990",
                                 "multipleBirth = 2",
                                 "multipleBirth = 2.0",
                                 "Patient.gender = 'male'",
                                 "Observation.gender = 'male'",
                                 "$this.exists()",
                                 "id",
                                 "nothing",
                                 "nothing = 'x'",
                                 "'x'",
                                 "false",
                                 "gender.id = 'i'",
                                 "name",
                                 "name.where(family = 'K').use.empty() and gender = 'male'",
                                 "name.given = 'G'",
                                 "deceased = 'x' and false",
                                 "gender.exists().empty()",
                                 "name.all(family.exists())",
                                 "name.all(use.exists())",
                                 "contact.all(name.nothing > 3)",
                                 "name.exists(use = 'official')",
                                 "name.exists(use = 'old')",
                                 "identifier.all(system = 's' or value = '2')",
                                 "name.where(use.exists()).all(given.count() = 2)",
                                 "name.count() = 2",
                                 "name.given.count() > name.count()",
                                 "contact.count() >= 1",
                                 "active.not()",
                                 "deceased.not()",
                                 "deceased.exists().not()",
                                 "gender.not()",
                                 "active.hasValue()",
                                 "name.hasValue()",
                                 "name.family.hasValue()",
                                 "gender.hasValue().not() or active.hasValue().not()",
                                 "hasValue() or (children().count() > id.count())",
                                 "gender.children().count() = 1",
                                 "gender.startsWith('ma')",
                                 "gender.startsWith('#').not()",
                                 "gender.startsWith(%k)",
                                 "gender.startsWith(%none)",
                                 "deceased.startsWith('x')",
                                 "active.startsWith('x')",
                                 "gender.startsWith(2)",
                                 "name.family.startsWith('F')",
                                 "name.where(use = 'official').family.startsWith('F').not()",
                                 "birthDate <= @1990-01-01",
                                 "birthDate < @1990-06",
                                 "birthDate > @1990",
                                 "birthDate >= 'x'",
                                 "multipleBirth > 1 implies multipleBirth < 2",
                                 "multipleBirth > 1 implies deceased",
                                 "multipleBirth < 1 implies nothing.count() = 4",
                                 "deceased implies active",
                                 "deceased implies active.not()",
                                 "deceased implies deceased",
                                 "identifier.where(value = '3').trace('t').empty()",
                                 "identifier.all($this.system.exists() and $index >= 0)",
                                 "%resource.gender = 'male'",
                                 "name.given.trace('g', $this).count() = 2",
                                 "active and contact.name.isDistinct()",
                                 "active and contact.trace('c').allTrue()",
                                 "gender.count().exists()",
                                 "name.exists().not().not()"}) {
    const auto program = compile(text);
    ASSERT_TRUE(program.has_value()) << text;
    const auto truth =
        isQuick(**program) ? quickTruth(**program, Value(patient), environment) : std::nullopt;
    const auto answer = holds(**program, Value(patient), environment);
    const auto result = evaluate(**program, Value(patient), environment);
    ASSERT_EQ(answer.has_value(), result.has_value()) << text;
    if (!result) continue;
    EXPECT_EQ(*answer, whole(**program, Value(patient), environment)) << text;
    if (!truth) continue;
    ++quick;
    EXPECT_EQ(*truth == Truth::kEmpty, result->empty()) << text;
  }
  EXPECT_GE(quick, 70U);
}

TEST(Quick, LeavesSeveralValuesAndOtherFunctionsToTheEvaluator) {
  const fhir::Resource resource = fhir::readJson(kPatient).resource;
  ASSERT_TRUE(resource);
  const fhir::Element patient = resource.root();
  Scratch scratch;
  const Environment environment(scratch, patient);
  const auto several = compile("name.family = 'F'");
  ASSERT_TRUE(isQuick(**several));
  EXPECT_FALSE(quickTruth(**several, Value(patient), environment).has_value());
  EXPECT_FALSE(isQuick(**compile("name.select(use).exists()")));
  // Whether a criterion is known is seen when there is something that it is asked of.
  const auto nested = compile("contact.all(name.select(use).exists())");
  ASSERT_TRUE(isQuick(**nested));
  EXPECT_EQ(quickTruth(**nested, Value(patient), environment), Truth::kTrue);
  const auto asked = compile("name.all($this.select(use).exists())");
  EXPECT_FALSE(quickTruth(**asked, Value(patient), environment).has_value());
}

TEST(Quick, LeavesTraceToTheEvaluatorWhereSomebodyListens) {
  const fhir::Resource resource = fhir::readJson(kPatient).resource;
  ASSERT_TRUE(resource);
  Scratch scratch;
  Environment environment(scratch, resource.root());
  std::size_t heard = 0;
  environment.trace = [&](std::string_view, const Collection& values) { heard += values.size(); };
  const auto answer =
      holds(**compile("name.trace('names').exists()"), Value(resource.root()), environment);
  EXPECT_TRUE(answer.has_value() && *answer);
  EXPECT_EQ(heard, 2U);
}

}  // namespace
}  // namespace planbro::fhirpath
