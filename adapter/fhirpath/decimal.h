// Exact decimal numbers: what FHIR and FHIRPath mean by decimal.
//
// A 128-bit coefficient and a decimal scale, so that 1.50 keeps its two places. No binary floating
// point except in sqrt, exp, ln, log and power, which no decimal can hold exactly.
// Source: FHIRPath 2.0, section 4.1 (at least 28 digits, 8 places); FHIR R4 datatypes, decimal.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace planbro::fhirpath {

class Decimal {
 public:
  __extension__ using Coefficient = __int128;
  static constexpr int kMaxScale = 31;
  static constexpr int kMaxDigits = 38;

  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t whole) : coefficient_(whole) {}  // NOLINT: numbers are numbers
  constexpr Decimal(Coefficient coefficient, int scale)
      : coefficient_(coefficient), scale_(scale) {}

  // JSON number syntax with optional sign and exponent, leading zeros allowed; nothing if the text
  // is no number or needs more digits than there are.
  static std::optional<Decimal> parse(std::string_view text);
  // The nearest decimal with 17 significant digits at most; nothing if not finite or too large.
  static std::optional<Decimal> fromDouble(double value);

  constexpr Coefficient coefficient() const { return coefficient_; }
  // Places after the point, 0 to kMaxScale.
  constexpr int scale() const { return scale_; }
  constexpr bool isNegative() const { return coefficient_ < 0; }
  constexpr bool isZero() const { return coefficient_ == 0; }
  bool isWhole() const;
  double toDouble() const;
  // The whole value; nothing if there are decimals other than zero or it does not fit.
  std::optional<std::int64_t> toInteger() const;
  // Plain notation with all its places: "-0.050".
  std::string toString() const;
  // Without trailing zeros after the point.
  Decimal normalized() const;

  // Nothing when the result has too many digits.
  static std::optional<Decimal> add(const Decimal& a, const Decimal& b);
  static std::optional<Decimal> subtract(const Decimal& a, const Decimal& b);
  static std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
  // Exact where it ends within the digits there are, else rounded half away from zero. Nothing for
  // a zero divisor.
  static std::optional<Decimal> divide(const Decimal& a, const Decimal& b);
  // The whole part of a/b, and what remains; the sign of the remainder is that of `a`.
  static std::optional<Decimal> wholeQuotient(const Decimal& a, const Decimal& b);
  static std::optional<Decimal> remainder(const Decimal& a, const Decimal& b);

  enum class Rounding : std::uint8_t { kHalfAway, kFloor, kCeiling, kTruncate };
  // With exactly `places` after the point; nothing if that needs too many digits.
  std::optional<Decimal> rounded(int places, Rounding rounding = Rounding::kHalfAway) const;

  constexpr Decimal operator-() const { return {-coefficient_, scale_}; }
  // By value: 1.0 equals 1.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  Coefficient coefficient_ = 0;
  int scale_ = 0;
};

}  // namespace planbro::fhirpath
