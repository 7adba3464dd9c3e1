#include <algorithm>

#include "validation/walk.h"
#include "validation/xhtml.h"

namespace planbro::validation {

void Walk::checkNarrative(const fhir::Element& div, Spot spot) {
  if (!div.hasValue()) return;
  const XhtmlReport report = checkXhtml(div.text());
  for (const std::string& fault : report.faults)
    reporter_.add("PB-1208", spot.link, div.value(), {fault});
  for (const std::string& target : report.links) {
    const bool anchored =
        std::find(report.anchors.begin(), report.anchors.end(), target) != report.anchors.end();
    // A contained resource, or the resource itself, may be meant.
    if (!anchored && !resolve("#" + target, spot.scope.resource) &&
        spot.scope.resource.textOf("id") != target)
      reporter_.add("PB-1215", spot.link, div.value(), {"#" + target});
  }
  if (!report.has_content)
    reporter_.add(
        "PB-1301", spot.link, div.value(),
        {"txt-2", "The narrative SHALL have some non-whitespace content"},
        {"txt-2", "http://hl7.org/fhir/StructureDefinition/Narrative", fhir::Severity::kWarning});
}

}  // namespace planbro::validation
