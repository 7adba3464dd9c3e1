// Values of uri parameters, and of references by canonical, as predicates.
//
// Source: FHIR R4, search.html, 3.1.1.4.9 (uri) and 3.1.1.4.13 (references and versions).
#pragma once

#include <expected>
#include <string_view>

#include "search/value_predicate.h"

namespace planbro::search {

// Modifiers: none, above, below. `value` is still escaped. Of a resource's own `url` also
// "url|version".
std::expected<store::Predicate, ValueFault> uriPredicate(const Parameter& parameter,
                                                         std::string_view modifier,
                                                         std::string_view value);

// What names `canonical`: "url" in any version, "url|1" in 1, 1.0 and 1.2.
store::Predicate canonicalBelow(const Parameter& parameter, std::string_view canonical);

}  // namespace planbro::search
