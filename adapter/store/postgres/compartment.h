// Which patient a version belongs to, as the number by which the tables are spread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "store/query.h"

namespace planbro::store::postgres {

inline constexpr std::int32_t kNoCompartment = 0;

// The number of Patient/`id`; never kNoCompartment. Two patients may share one.
std::int32_t compartmentOfPatient(std::string_view id);

// A Patient's own, or that of the one Patient that the version's index names as patient or subject
// (FHIR R4, CompartmentDefinition patient); kNoCompartment where it names none or several.
std::int32_t compartmentOf(std::string_view type, std::string_view id,
                           std::span<const IndexRow> index);

// Whether versions with such a row are in the compartment of row.value, or in none.
bool tellsCompartment(const IndexRow& row);

// The compartment that everything which fulfils `where` is in, unless it is in none; nothing where
// that cannot be told.
std::optional<std::int32_t> compartmentOfMatches(const Predicate& where);

}  // namespace planbro::store::postgres
