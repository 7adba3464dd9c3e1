#include "validation/walk.h"
#include "validation/xhtml.h"

namespace planbro::validation {

void Walk::checkNarrative(const fhir::Element& div, Spot spot) {
  if (!div.hasValue()) return;
  const XhtmlReport report = checkXhtml(div.text());
  for (const std::string& fault : report.faults)
    reporter_.add("PB-1208", spot.link, div.value(), {fault});
  if (!report.has_content)
    reporter_.add(
        "PB-1301", spot.link, div.value(),
        {"txt-2", "The narrative SHALL have some non-whitespace content"},
        {"txt-2", "http://hl7.org/fhir/StructureDefinition/Narrative", fhir::Severity::kWarning});
}

}  // namespace planbro::validation
