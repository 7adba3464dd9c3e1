// Norwegian numbers in Identifier.value. The number itself never stands in an issue.
#include "fhir/norwegian_ids.h"
#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;
using fhir::PersonNumber;
using fhir::PersonNumberKind;

namespace {

// The kinds of number that belong into a system; kNone: the system holds no person numbers.
bool belongsTo(std::string_view system, PersonNumberKind kind) {
  if (system == fhir::kDNumberSystem) return kind == PersonNumberKind::kDNumber;
  if (system == fhir::kFhNumberSystem)
    return kind == PersonNumberKind::kFhNumber || kind == PersonNumberKind::kHNumber;
  // Synthetic series of test registers move the month as H-numbers do.
  return kind == PersonNumberKind::kFodselsnummer || kind == PersonNumberKind::kHNumber;
}

}  // namespace

void Walk::checkIdentifier(const Element& identifier, Spot spot) {
  const std::string_view system = identifier.textOf("system");
  const Element value = identifier.child("value");
  if (system.starts_with("urn:uid:") || system.starts_with("2.16.578.")) {
    const PathLink link{&spot.link, "system", -1, {}};
    reporter_.add("PB-1505", link, identifier.child("system").value(), {std::string(system)});
  }
  if (!value.hasValue() || value.text().empty()) return;
  const PathLink link{&spot.link, "value", -1, {}};
  const Reporter::Origin origin{{}, {}, profiles_.options().identifier_check};
  if (system == fhir::kFodselsnummerSystem || system == fhir::kDNumberSystem ||
      system == fhir::kFhNumberSystem) {
    const PersonNumber number = fhir::readPersonNumber(value.text());
    if (!number.isValid()) {
      reporter_.add("PB-1501", link, value.value(), {}, origin);
    } else if (!belongsTo(system, number.kind)) {
      reporter_.add("PB-1502", link, value.value(), {}, origin);
    }
  } else if (system == fhir::kOrganizationNumberSystem) {
    if (!fhir::isOrganizationNumber(value.text()))
      reporter_.add("PB-1503", link, value.value(), {}, origin);
  } else if (system == fhir::kHprSystem && !fhir::isHprNumber(value.text())) {
    reporter_.add("PB-1504", link, value.value(), {}, origin);
  }
}

}  // namespace planbro::validation
