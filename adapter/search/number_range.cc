#include "search/number_range.h"

#include <bit>
#include <limits>

#include "fhirpath/decimal.h"

namespace planbro::search {

std::int64_t orderedNumber(double value) {
  if (value == 0) value = 0;  // one zero
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits >= 0 ? bits : bits ^ std::numeric_limits<std::int64_t>::max();
}

std::optional<NumberRange> numberRangeOf(std::string_view text) {
  const auto decimal = fhirpath::Decimal::parse(text);
  if (!decimal) return std::nullopt;
  NumberRange range;
  range.value = decimal->toDouble();
  range.low = range.high = range.value;
  if (decimal->scale() >= fhirpath::Decimal::kMaxScale) return range;
  // Half a unit of the last place, in decimals: a bound must be the double nearest to it.
  const fhirpath::Decimal half(5, decimal->scale() + 1);
  const auto low = fhirpath::Decimal::subtract(*decimal, half);
  const auto high = fhirpath::Decimal::add(*decimal, half);
  if (low) range.low = low->toDouble();
  if (high) range.high = high->toDouble();
  return range;
}

}  // namespace planbro::search
