#include "search/number_range.h"

#include <fmt/ranges.h>

#include <bit>
#include <charconv>
#include <limits>
#include <string>

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

// Zeros that the exponent of "12e3" stands for, of a number that parses: 3.
int unwrittenZeros(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos) return 0;
  const std::string_view written = text.substr(0, e);
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  int zeros = 0;
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), zeros);
  const std::size_t point = written.find('.');
  return point == std::string_view::npos ? zeros
                                         : zeros - static_cast<int>(written.size() - point - 1);
}

// Half a unit of the last place; R4 takes zeros that an exponent stands for with one place more
// than is written: 1e2 is [95, 105).
std::optional<fhirpath::Decimal> precisionOf(std::string_view text,
                                             const fhirpath::Decimal& decimal) {
  const int zeros = unwrittenZeros(text);
  if (zeros < 2) {
    if (decimal.scale() >= fhirpath::Decimal::kMaxScale) return std::nullopt;
    return fhirpath::Decimal(5, decimal.scale() + 1);
  }
  return fhirpath::Decimal::parse("5e" + std::to_string(zeros - 2));
}

std::optional<DecimalRange> decimalRangeOf(std::string_view text) {
  const auto decimal = fhirpath::Decimal::parse(text);
  if (!decimal) return std::nullopt;
  DecimalRange range{*decimal, *decimal, *decimal};
  // In decimals: a bound must be the double nearest to it.
  const auto half = precisionOf(text, *decimal);
  if (!half) return range;
  range.low = fhirpath::Decimal::subtract(*decimal, *half).value_or(*decimal);
  range.high = fhirpath::Decimal::add(*decimal, *half).value_or(*decimal);
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
