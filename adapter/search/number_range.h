// Numbers as the store compares them: whole numbers in the same order as the decimals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace planbro::search {

// The order of doubles as an order of integers. This is the scale of IndexRow::low and high of
// kNumber and kQuantity rows.
std::int64_t orderedNumber(double value);

struct NumberRange {
  double value = 0;
  // What rounds to the value as written: 100 is [99.5, 100.5), 1e2 [95, 105).
  double low = 0;
  double high = 0;  // excluded
};

// Nothing if it is no decimal number.
// Source: FHIR R4, search.html, 3.1.1.4.6 (number).
std::optional<NumberRange> numberRangeOf(std::string_view text);

// An amount in the base units of what it measures, so that 1 g and 1000 mg are the same.
struct CanonicalQuantity {
  NumberRange range;
  std::string unit;  // what is measured; no code of UCUM
};
// `text` of the UCUM unit `code`; nothing if one of them is none. Source: FHIR R4, search.html,
// 3.1.1.4.13 (quantity); UCUM 2.1.
std::optional<CanonicalQuantity> canonicalQuantityOf(std::string_view text, std::string_view code);
inline constexpr std::string_view kUcumSystem = "http://unitsofmeasure.org";

}  // namespace planbro::search
