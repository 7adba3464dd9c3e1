#include "validation/corrections.h"

#include <array>

namespace planbro::validation {
namespace {

struct Correction {
  std::string_view key;
  std::string_view published;
  std::string_view meant;
};

// Most forget that the element they speak of may be missing: an empty result is no true one.
constexpr std::array kCorrections = {
    Correction{"ref-1",
               "reference.startsWith('#').not() or (reference.substring(1).trace('url') in "
               "%rootResource.contained.id.trace('ids'))",
               "reference.empty() or reference = '#' or reference.startsWith('#').not() or "
               "(reference.substring(1) in %rootResource.contained.id)"},
    // A picture may be contained for the narrative alone, which refers to it by src="#id".
    Correction{"dom-3",
               "contained.where((('#'+id in (%resource.descendants().reference | "
               "%resource.descendants().as(canonical) | %resource.descendants().as(uri) | "
               "%resource.descendants().as(url))) or descendants().where(reference = "
               "'#').exists() or descendants().where(as(canonical) = '#').exists() or "
               "descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', "
               "id).empty()",
               "contained.where((('#'+id in (%resource.descendants().reference | "
               "%resource.descendants().as(canonical) | %resource.descendants().as(uri) | "
               "%resource.descendants().as(url))) or descendants().where(reference = "
               "'#').exists() or descendants().where(as(canonical) = '#').exists() or "
               "%resource.descendants().div.join('').contains('\"#' + id + '\"')"
               ".where($this).exists()).not()).empty()"},
    Correction{"bdl-8", "fullUrl.contains('/_history/').not()",
               "fullUrl.empty() or fullUrl.contains('/_history/').not()"},
    Correction{"ras-2", "probability is decimal implies (probability as decimal) <= 100",
               "probability.empty() or (probability is decimal implies (probability as decimal) "
               "<= 100)"},
    Correction{"que-12", "enableWhen.count() > 2 implies enableBehavior.exists()",
               "enableWhen.count() >= 2 implies enableBehavior.exists()"},
    // System.Boolean was written, the element's type boolean is meant.
    Correction{"que-7", "operator = 'exists' implies (answer is Boolean)",
               "operator = 'exists' implies (answer is boolean)"},
    // An unnamed resource breaks no rule about names.
    Correction{"", "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
               "name.empty() or name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"},
    Correction{"", "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
               "name.empty() or name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"},
};

// no-basis AppointmentResponse: published as "has the extension AND the actor is a patient", so
// that every response without it would fail; and in 2.2.4-test with the address of an example.
constexpr std::array kNationalCorrections = {
    Correction{"inv-1",
               "extension.where(url = 'http://hl7.no/fhir/StructureDefinition/"
               "no-basis-shortnotice').value.exists() and actor.type.value = 'Patient'",
               "extension.where(url = 'http://hl7.no/fhir/StructureDefinition/"
               "no-basis-shortnotice').empty() or actor.type.empty() or actor.type = 'Patient'"},
    Correction{"shortnotice-inv-1",
               "extension.where(url = 'http://example.org/StructureDefinition/"
               "no-basis-shortnotice').value.exists() and actor.type = 'Patient'",
               "extension.where(url = 'http://hl7.no/fhir/ig/StructureDefinition/"
               "no-basis-shortnotice').empty() or actor.type.empty() or actor.type = 'Patient'"},
};

template <std::size_t kSize>
const Correction* correctionIn(const std::array<Correction, kSize>& list, std::string_view key,
                               std::string_view expression) {
  for (const Correction& known : list) {
    if ((known.key.empty() || known.key == key) && known.published == expression) return &known;
  }
  return nullptr;
}

}  // namespace

std::string_view correctedExpression(std::string_view key, std::string_view expression) {
  const Correction* known = correctionIn(kCorrections, key, expression);
  if (known == nullptr) known = correctionIn(kNationalCorrections, key, expression);
  return known == nullptr ? expression : known->meant;
}

bool isNationalMistake(std::string_view key, std::string_view expression) {
  return correctionIn(kNationalCorrections, key, expression) != nullptr;
}

std::string_view furtherContext(std::string_view extension_url) {
  constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/structuredefinition-";
  if (!extension_url.starts_with(kBase)) return {};
  const std::string_view name = extension_url.substr(kBase.size());
  if (name == "fhir-type") return "ElementDefinition.type";
  return name == "normative-version" ? "Element" : std::string_view{};
}

}  // namespace planbro::validation
