// The parameter _filter: a whole condition as one expression.
//
// Source: FHIR R4, search_filter.html. Logical expressions are read from left to right, `and` and
// `or` alike.
#pragma once

#include <optional>
#include <string_view>

#include "search/filter_parser.h"

namespace planbro::search {

// Nothing when an issue was found; it is among those of `filters`.
std::optional<store::Predicate> parseFilter(FilterParser& filters, std::string_view type,
                                            std::string_view expression);

}  // namespace planbro::search
