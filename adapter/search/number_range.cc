#include "search/number_range.h"

#include <bit>
#include <cmath>
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
  const double half = 0.5 * std::pow(10.0, -decimal->scale());
  range.low = range.value - half;
  range.high = range.value + half;
  return range;
}

}  // namespace planbro::search
