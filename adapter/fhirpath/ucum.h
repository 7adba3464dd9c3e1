// Units of measure: what UCUM codes mean, for comparing and converting quantities.
//
// Covers the base units, metric prefixes, the derived and customary units of medicine, products,
// quotients, exponents and annotations. Exact where UCUM's definition is.
// Source: The Unified Code for Units of Measure, version 2.1, sections 1-4.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/decimal.h"

namespace planbro::fhirpath {

// A number far outside the range of Decimal, and thirds or ninths of one without rounding:
// coefficient · 10^exponent / divisor.
struct Factor {
  Decimal::Coefficient coefficient = 1;
  int exponent = 0;
  Decimal::Coefficient divisor = 1;  // positive

  static Factor of(const Decimal& value);
  std::optional<Decimal> toDecimal() const;
  friend Factor operator*(const Factor& a, const Factor& b);
  friend Factor operator/(const Factor& a, const Factor& b);  // b is not zero
};

struct Unit {
  // Powers of metre, second, gram, radian, kelvin, coulomb, candela.
  std::array<std::int8_t, 7> dimensions{};
  // Powers of the units that convert to nothing else ([iU], [arb'U], …), each hashed to one number.
  std::uint64_t arbitrary = 0;
  Factor factor;
  // Degrees of another origin: kelvin = (value + offset) · factor.
  Decimal offset;

  // Nothing if the code is no UCUM code known here.
  static std::optional<Unit> parse(std::string_view code);

  bool isComparableWith(const Unit& other) const {
    return dimensions == other.dimensions && arbitrary == other.arbitrary;
  }
  bool isDimensionless() const { return isComparableWith(Unit{}); }
};

// `amount` of `from` in `to`; nothing if they measure different things.
std::optional<Decimal> convert(const Decimal& amount, const Unit& from, const Unit& to);

// The code of the product or quotient of two units, in base units and powers ("m2", "kg.m" …),
// with the factor that the amount must be multiplied by. "1" for a plain number.
struct CombinedUnit {
  std::string code;
  Factor factor;
};
std::optional<CombinedUnit> combine(std::string_view a, std::string_view b, bool divide);

}  // namespace planbro::fhirpath
