// Norwegian numbers in Identifier.value. The number itself never stands in an issue.
#include <algorithm>

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

// The identifier is a URI in itself: it has a scheme (RFC 3986, section 3.1).
constexpr std::string_view kUriSystem = "urn:ietf:rfc:3986";

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool isUri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || !isLetter(text[0])) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return isLetter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
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
  if (system == kUriSystem && !isUri(value.text()))
    reporter_.add("PB-2045", link, value.value(), {std::string(value.text().substr(0, 64))});
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
