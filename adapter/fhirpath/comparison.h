// Equality, equivalence and order of values. Internal to fhirpath/.
// Source: FHIRPath 2.0, sections 6.1 and 6.2.
#pragma once

#include <compare>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "fhirpath/value.h"

namespace planbro::fhirpath {

// `=`; nothing where FHIRPath gives an empty result (dates of different precision, units that
// cannot be compared).
std::optional<bool> equal(const Value& a, const Value& b);
// `~`
bool equivalent(const Value& a, const Value& b);
// Items of both in order, or in any order for equivalence.
std::optional<bool> equal(std::span<const Value> a, std::span<const Value> b);
bool equivalent(std::span<const Value> a, std::span<const Value> b);

enum class Incomparable : std::uint8_t { kTypes, kUnknown };
// kTypes: an error for the caller; kUnknown: an empty result.
std::expected<std::strong_ordering, Incomparable> order(const Value& a, const Value& b);

// As `equal` is true: for distinct(), union, in and their like.
bool same(const Value& a, const Value& b);
bool containsSame(std::span<const Value> values, const Value& wanted);

// Converts `amount` of a unit (UCUM, or a calendar word) to another one; nothing if they cannot be
// compared. With `exact` years and months of the calendar do not match UCUM's 'a' and 'mo'.
std::optional<Decimal> convertedAmount(const Value& quantity, const Value& to, bool exact);

}  // namespace planbro::fhirpath
