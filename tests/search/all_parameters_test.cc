// Every search parameter that R4 defines is offered, and means elements that exist; or it is named
// here with the reason.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "fhir/registry.h"
#include "search/code_elements.h"
#include "search/parameters.h"

namespace planbro::search {
namespace {

const fhir::Registry& registry() {
  static const fhir::Registry core;
  return core;
}

const Parameters& parameters() {
  static const auto compiled = [] {
    std::vector<fhir::Issue> issues;
    auto out = Parameters::compile(registry(), issues);
    for (const fhir::Issue& issue : issues) ADD_FAILURE() << issue.text(fhir::Language::kEnglish);
    return out;
  }();
  return *compiled;
}

// Read by the filter parser; R4 gives them no expression.
const std::map<std::string, std::string, std::less<>> kWithoutExpression = {
    {"_text", "words, by the setting fhir.text_search"},
    {"_content", "words, by the setting fhir.text_search"},
    {"_query", "names a query that the service would define, and it defines none"},
};

std::vector<std::string> concreteTypes(std::string_view base) {
  const fhir::Definitions& definitions = fhir::Definitions::r4();
  std::vector<std::string> out;
  const fhir::TypeId wanted = definitions.findType(base);
  for (const fhir::Type& type : definitions.types()) {
    if (type.kind == fhir::TypeKind::kResource && !type.abstract &&
        definitions.isA(definitions.findType(type.name), wanted))
      out.emplace_back(type.name);
  }
  return out;
}

TEST(AllParameters, EveryOneOfR4IsOfferedForEveryTypeOrHasAReason) {
  std::size_t offered = 0;
  std::size_t definitions = 0;
  std::set<std::string> left_out;
  registry().forEach("SearchParameter", [&](const fhir::Registry::Entry& entry) {
    const fhir::Resource* resource = registry().get(entry);
    ASSERT_NE(resource, nullptr);
    const fhir::Element root = resource->root();
    ++definitions;
    const std::string code(root.textOf("code"));
    if (root.textOf("expression").empty()) {
      left_out.insert(code);
      return;
    }
    root.forEachChild("base", [&](const fhir::Element& base) {
      for (const std::string& type : concreteTypes(base.text())) {
        const Parameter* parameter = parameters().find(type, code);
        ASSERT_NE(parameter, nullptr) << type << " " << code;
        EXPECT_EQ(typeCode(parameter->type), root.textOf("type")) << type << " " << code;
        ++offered;
      }
    });
  });
  EXPECT_GT(definitions, 1300U);
  EXPECT_GT(offered, definitions);
  for (const std::string& code : left_out) EXPECT_TRUE(kWithoutExpression.contains(code)) << code;
}

// Those that are bound to nothing are codes that the resource itself defines, or languages.
TEST(AllParameters, ACodeHasTheSystemsOfItsBinding) {
  const std::set<std::string_view> free = {"CodeSystem.concept.code",
                                           "CodeSystem.concept.designation.language",
                                           "Attachment.language",
                                           "ConceptMap.group.element.code",
                                           "ConceptMap.group.element.target.code",
                                           "OperationDefinition.code",
                                           "SearchParameter.code",
                                           "ValueSet.expansion.contains.code",
                                           "ValueSet.compose.include.concept.code"};
  std::size_t bound = 0;
  for (const std::string_view type : parameters().types()) {
    for (const Parameter& parameter : parameters().of(type)) {
      for (const std::string& path : parameter.code_elements) {
        EXPECT_EQ(boundSystems(path).empty(), free.contains(path)) << path;
        ++bound;
      }
    }
  }
  EXPECT_GT(bound, 150U);
  EXPECT_EQ(boundSystems("Patient.gender"),
            std::vector<std::string>{"http://hl7.org/fhir/administrative-gender"});
}

// R4 describes a parameter of several types in one text for all of them.
TEST(AllParameters, EachIsDocumentedForItsOwnTypeAlone) {
  const auto documentation = [](std::string_view type, std::string_view code) {
    const Parameter* parameter = parameters().find(type, code);
    return parameter == nullptr ? "none" : parameter->documentation;
  };
  EXPECT_EQ(documentation("CarePlan", "date"), "Time period plan covers");
  EXPECT_EQ(documentation("CareTeam", "date"), "Time period team covers");
  EXPECT_EQ(documentation("Medication", "code"), "Returns medications for a specific code");
  EXPECT_EQ(documentation("MedicationRequest", "code"),
            "Return prescriptions of this medication code");
  EXPECT_EQ(documentation("AllergyIntolerance", "type"),
            "allergy | intolerance - Underlying mechanism (if known)");
  EXPECT_EQ(documentation("MedicationDispense", "prescription"),
            "The identity of a prescription to list dispenses from");
  EXPECT_EQ(documentation("CarePlan", "care-team"), "Who's involved in plan?");
  EXPECT_TRUE(documentation("Location", "near").starts_with("Search for locations"));
  EXPECT_TRUE(documentation("Location", "near").find('\n') != std::string::npos);
  for (const std::string_view type : parameters().types()) {
    for (const Parameter& parameter : parameters().of(type)) {
      const std::string& text = parameter.documentation;
      EXPECT_FALSE(text.empty()) << type << " " << parameter.code;
      EXPECT_EQ(text.find("Multiple Resources"), std::string::npos) << type << " " << text;
      EXPECT_EQ(text.find("]("), std::string::npos) << type << " " << text;
      EXPECT_EQ(trim(text), text) << type << " " << parameter.code;
    }
  }
}

// What R4 writes wrong itself: these expressions name no element of the type.
const std::set<std::string, std::less<>> kMistaken = {};

TEST(AllParameters, EveryExpressionNamesElementsOfItsType) {
  std::size_t checked = 0;
  for (const std::string_view type : parameters().types()) {
    for (const Parameter& parameter : parameters().of(type)) {
      if (parameter.program == nullptr) continue;
      fhirpath::CompileOptions options;
      options.root_type = type;
      options.strict = true;
      const auto strict = fhirpath::compile(fhirpath::sourceOf(*parameter.program), options);
      const std::string name = std::string(type) + "." + parameter.code;
      EXPECT_EQ(!strict.has_value(), kMistaken.contains(name))
          << name << " " << fhirpath::sourceOf(*parameter.program) << " "
          << (strict.has_value() ? "" : strict.error().message);
      ++checked;
    }
  }
  EXPECT_GT(checked, 2000U);
}

TEST(AllParameters, CompositesHaveComponentsOfTheirOwnTypes) {
  std::set<std::string> shapes;
  for (const std::string_view type : parameters().types()) {
    for (const Parameter& parameter : parameters().of(type)) {
      if (parameter.type != ParameterType::kComposite) continue;
      std::string shape;
      for (const Parameter& component : parameter.components) {
        EXPECT_NE(component.program, nullptr) << type << " " << parameter.code;
        shape += shape.empty() ? "" : "$";
        shape += typeCode(component.type);
      }
      shapes.insert(shape);
    }
  }
  EXPECT_EQ(shapes, (std::set<std::string>{"token$date", "token$number$number", "token$quantity",
                                           "token$reference", "token$string", "token$token"}));
}

// IHE Dynamic Care Planning and Dynamic Care Team Management: what a contributor may ask for.
TEST(AllParameters, ThoseOfIheCarePlanningAreOffered) {
  constexpr std::string_view kCarePlan[] = {"activity-code",
                                            "activity-date",
                                            "activity-reference",
                                            "based-on",
                                            "care-team",
                                            "category",
                                            "condition",
                                            "date",
                                            "intent",
                                            "part-of",
                                            "instantiates-canonical",
                                            "instantiates-uri",
                                            "patient",
                                            "replaces",
                                            "status",
                                            "subject"};
  for (const std::string_view code : kCarePlan)
    EXPECT_NE(parameters().find("CarePlan", code), nullptr) << code;
  constexpr std::string_view kCareTeam[] = {"category", "date",   "participant",
                                            "patient",  "status", "subject"};
  for (const std::string_view code : kCareTeam)
    EXPECT_NE(parameters().find("CareTeam", code), nullptr) << code;
}

}  // namespace
}  // namespace planbro::search
