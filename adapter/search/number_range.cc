#include "search/number_range.h"

#include <fmt/ranges.h>

#include <bit>
#include <limits>

#include "fhirpath/decimal.h"
#include "fhirpath/ucum.h"

namespace planbro::search {

std::int64_t orderedNumber(double value) {
  if (value == 0) value = 0;  // one zero
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits >= 0 ? bits : bits ^ std::numeric_limits<std::int64_t>::max();
}

namespace {

struct DecimalRange {
  fhirpath::Decimal value, low, high;
};

std::optional<DecimalRange> decimalRangeOf(std::string_view text) {
  const auto decimal = fhirpath::Decimal::parse(text);
  if (!decimal) return std::nullopt;
  DecimalRange range{*decimal, *decimal, *decimal};
  if (decimal->scale() >= fhirpath::Decimal::kMaxScale) return range;
  // Half a unit of the last place, in decimals: a bound must be the double nearest to it.
  const fhirpath::Decimal half(5, decimal->scale() + 1);
  range.low = fhirpath::Decimal::subtract(*decimal, half).value_or(*decimal);
  range.high = fhirpath::Decimal::add(*decimal, half).value_or(*decimal);
  return range;
}

}  // namespace

std::optional<NumberRange> numberRangeOf(std::string_view text) {
  const auto range = decimalRangeOf(text);
  if (!range) return std::nullopt;
  return NumberRange{range->value.toDouble(), range->low.toDouble(), range->high.toDouble()};
}

std::optional<CanonicalQuantity> canonicalQuantityOf(std::string_view text, std::string_view code) {
  const auto range = decimalRangeOf(text);
  const auto unit = fhirpath::Unit::parse(code);
  if (!range || !unit) return std::nullopt;
  fhirpath::Unit base;
  base.dimensions = unit->dimensions;
  base.arbitrary = unit->arbitrary;
  const auto value = fhirpath::convert(range->value, *unit, base);
  const auto low = fhirpath::convert(range->low, *unit, base);
  const auto high = fhirpath::convert(range->high, *unit, base);
  if (!value || !low || !high) return std::nullopt;
  CanonicalQuantity out{{value->toDouble(), low->toDouble(), high->toDouble()}, {}};
  out.unit = fmt::format("{}", fmt::join(unit->dimensions, ","));
  if (unit->arbitrary != 0) out.unit += fmt::format(",{:x}", unit->arbitrary);
  return out;
}

}  // namespace planbro::search
