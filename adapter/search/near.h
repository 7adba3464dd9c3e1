// Locations within a distance, as a predicate.
#pragma once

#include <optional>
#include <string_view>

#include "store/query.h"

namespace planbro::search {

// `value`: "latitude|longitude|distance|unit" with the unit in UCUM; kilometres where it is left
// out, 20 km where the distance is. The circle is covered by narrow bands between parallels: all
// that lies inside is found, and at the bands' edges what lies up to a fiftieth of the distance
// outside. `code`: the parameter whose positions are compared. Nothing if the value is none.
// Source: FHIR R4, location.html, 8.7.5.2 (positional searching).
std::optional<store::Predicate> nearPredicate(std::string_view code, std::string_view value);

// That the resource has a position.
store::Predicate positioned(std::string_view code);

}  // namespace planbro::search
