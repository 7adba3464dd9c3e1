// Rules of one resource type that neither structure nor invariants nor bindings can say: what its
// elements say of each other and of other resources (answers fit their questions, codes of a value
// set exist in their system, …).
//
// One file a type (questionnaire_response.cc, value_sets.cc, …) with one function; the table in
// resource_rules.cc says which function runs for which type. It runs once for every resource of
// the type, wherever it stands (whole, contained, in a Bundle), after its structure was checked:
// what the structure check reports (missing, too many, wrong type) the rules pass over in silence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/element.h"
#include "fhirpath/program.h"
#include "validation/profiles.h"
#include "validation/report.h"

namespace planbro::validation {

// What a rule may ask. Lives as long as the call.
struct RuleContext {
  const Profiles& profiles;  // with registry, terminology and options
  Reporter& reporter;
  fhir::Element resource;  // the one to check
  fhir::Element root;      // the same, or the resource that contains it
  const PathLink& link;    // of `resource`
  // For expressions; resolves references in the resource and its Bundle.
  const fhirpath::Environment& environment;

  bool isContained() const { return !(resource == root); }
  // A canonical, also "#id" of a contained resource: the resource of that type, or an empty
  // Element.
  fhir::Element find(std::string_view canonical, std::string_view type) const;

  void report(std::string_view code, const PathLink& at, const fhir::Element& element,
              std::vector<std::string> arguments = {}) const {
    reporter.add(code, at, element ? element.anyNode() : nullptr, std::move(arguments));
  }
  // With another severity than the code's own.
  void report(fhir::Severity severity, std::string_view code, const PathLink& at,
              const fhir::Element& element, std::vector<std::string> arguments = {}) const {
    reporter.add(code, at, element ? element.anyNode() : nullptr, std::move(arguments),
                 Reporter::Origin{{}, {}, severity});
  }
};

// nullptr if the type has no rules of its own.
ResourceRule resourceRuleOf(std::string_view type_name);

// Calls `visit(child, link)` for every child of that name.
template <typename Visit>
void forEachAt(const fhir::Element& parent, const PathLink& at, std::string_view name,
               Visit&& visit) {
  std::int32_t index = 0;
  parent.forEachChild(
      name, [&](const fhir::Element& child) { visit(child, PathLink{&at, name, index++, {}}); });
}

// The rules, one a file.
void checkActivityDefinition(const RuleContext& context);
void checkCapabilityStatement(const RuleContext& context);
void checkCodeSystem(const RuleContext& context);
void checkConceptMap(const RuleContext& context);
void checkDocumentBundle(const RuleContext& context);
void checkImplementationGuide(const RuleContext& context);
void checkMeasure(const RuleContext& context);
void checkMeasureReport(const RuleContext& context);
void checkOperationDefinition(const RuleContext& context);
void checkPlanDefinition(const RuleContext& context);
void checkQuestionnaire(const RuleContext& context);
void checkQuestionnaireResponse(const RuleContext& context);
void checkSearchParameter(const RuleContext& context);
void checkStructureDefinition(const RuleContext& context);
void checkStructureMap(const RuleContext& context);
void checkValueSet(const RuleContext& context);

}  // namespace planbro::validation
