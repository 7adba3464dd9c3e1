#include "validation/resource_rules.h"

#include <algorithm>
#include <array>

namespace planbro::validation {

using fhir::Element;

namespace {

struct Entry {
  std::string_view type;
  ResourceRule rule;
};

constexpr std::array kRules = {
    Entry{"ActivityDefinition", checkActivityDefinition},
    Entry{"Bundle", checkDocumentBundle},
    Entry{"CapabilityStatement", checkCapabilityStatement},
    Entry{"CodeSystem", checkCodeSystem},
    Entry{"ConceptMap", checkConceptMap},
    Entry{"ImplementationGuide", checkImplementationGuide},
    Entry{"Measure", checkMeasure},
    Entry{"MeasureReport", checkMeasureReport},
    Entry{"OperationDefinition", checkOperationDefinition},
    Entry{"PlanDefinition", checkPlanDefinition},
    Entry{"Questionnaire", checkQuestionnaire},
    Entry{"QuestionnaireResponse", checkQuestionnaireResponse},
    Entry{"SearchParameter", checkSearchParameter},
    Entry{"StructureDefinition", checkStructureDefinition},
    Entry{"StructureMap", checkStructureMap},
    Entry{"ValueSet", checkValueSet},
};

}  // namespace

ResourceRule resourceRuleOf(std::string_view type_name) {
  const auto found = std::find_if(kRules.begin(), kRules.end(),
                                  [&](const Entry& entry) { return entry.type == type_name; });
  return found == kRules.end() ? nullptr : found->rule;
}

Element RuleContext::find(std::string_view canonical, std::string_view type) const {
  if (canonical.starts_with('#')) {
    const Element found = environment.resolver->resolve(canonical, resource);
    return found && found.typeName() == type ? found : Element();
  }
  const fhir::Resource* found = profiles.registry().find(canonical, type);
  return found == nullptr ? Element() : found->root();
}

}  // namespace planbro::validation
