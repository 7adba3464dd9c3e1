#include "fhirpath/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace planbro::fhirpath {
namespace {

using Coefficient = Decimal::Coefficient;
__extension__ using Unsigned = unsigned __int128;

// Where a quotient that does not end is cut.
constexpr int kQuotientScale = 20;

constexpr auto kPowers = [] {
  std::array<Coefficient, Decimal::kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

Coefficient powerOfTen(int exponent) { return kPowers[static_cast<std::size_t>(exponent)]; }

std::optional<Coefficient> times(Coefficient a, Coefficient b) {
  Coefficient result;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

// The same value with `places` after the point, which must not be fewer than now.
std::optional<Coefficient> widened(const Decimal& value, int places) {
  return times(value.coefficient(), powerOfTen(places - value.scale()));
}

Coefficient dividedHalfAway(Coefficient value, Coefficient divisor) {
  const Coefficient quotient = value / divisor;
  const Coefficient rest = value % divisor;
  const Coefficient magnitude = rest < 0 ? -rest : rest;
  const Coefficient divisor_magnitude = divisor < 0 ? -divisor : divisor;
  if (magnitude < divisor_magnitude - magnitude) return quotient;
  return (value < 0) == (divisor < 0) ? quotient + 1 : quotient - 1;
}

// One place fewer, rounded.
Decimal shortened(const Decimal& value) {
  return {dividedHalfAway(value.coefficient(), 10), value.scale() - 1};
}

template <typename Operation>
std::optional<Decimal> aligned(Decimal a, Decimal b, Operation&& operation) {
  for (;;) {
    const int scale = std::max(a.scale(), b.scale());
    const auto left = widened(a, scale);
    const auto right = widened(b, scale);
    Coefficient result;
    if (left && right && !operation(*left, *right, &result)) return Decimal(result, scale);
    if (scale == 0) return std::nullopt;
    if (a.scale() == scale) a = shortened(a);
    if (b.scale() == scale) b = shortened(b);
  }
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  std::size_t i = 0;
  bool negative = false;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  Coefficient coefficient = 0;
  int scale = 0;
  bool digits = false;
  bool point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    digits = true;
    if (__builtin_mul_overflow(coefficient, Coefficient{10}, &coefficient) ||
        __builtin_add_overflow(coefficient, Coefficient{c - '0'}, &coefficient))
      return std::nullopt;
    if (point && ++scale > kMaxDigits) return std::nullopt;
  }
  if (!digits || text[i - 1] == '.') return std::nullopt;
  int exponent = 0;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && text[i] == '+') ++i;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    i = text.size();
  }
  if (i != text.size()) return std::nullopt;
  if (negative) coefficient = -coefficient;
  if (coefficient == 0) return Decimal(Coefficient{0}, std::clamp(scale - exponent, 0, kMaxScale));
  if (exponent < -2 * kMaxDigits || exponent > 2 * kMaxDigits) return std::nullopt;
  scale -= exponent;
  while (scale > kMaxScale && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  if (scale > kMaxScale) return std::nullopt;
  for (; scale < 0; ++scale)
    if (__builtin_mul_overflow(coefficient, Coefficient{10}, &coefficient)) return std::nullopt;
  return Decimal(coefficient, scale);
}

std::optional<Decimal> Decimal::fromDouble(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 40> text;
  const int size = std::snprintf(text.data(), text.size(), "%.15g", value);
  const std::string_view written(text.data(), static_cast<std::size_t>(size));
  if (auto parsed = parse(written)) return parsed;
  if (std::abs(value) < 1) {
    const int places = std::snprintf(text.data(), text.size(), "%.31f", value);
    return parse(std::string_view(text.data(), static_cast<std::size_t>(places)));
  }
  return std::nullopt;
}

bool Decimal::isWhole() const { return coefficient_ % powerOfTen(scale_) == 0; }

double Decimal::toDouble() const {
  return static_cast<double>(coefficient_) / static_cast<double>(powerOfTen(scale_));
}

std::optional<std::int64_t> Decimal::toInteger() const {
  const Coefficient divisor = powerOfTen(scale_);
  if (coefficient_ % divisor != 0) return std::nullopt;
  const Coefficient whole = coefficient_ / divisor;
  if (whole < INT64_MIN || whole > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

std::string Decimal::toString() const {
  Unsigned rest =
      coefficient_ < 0 ? -static_cast<Unsigned>(coefficient_) : static_cast<Unsigned>(coefficient_);
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  while (digits.size() <= static_cast<std::size_t>(scale_)) digits.push_back('0');
  if (scale_ > 0) digits.insert(static_cast<std::size_t>(scale_), 1, '.');
  if (coefficient_ < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Decimal Decimal::normalized() const {
  Decimal result = *this;
  while (result.scale_ > 0 && result.coefficient_ % 10 == 0) {
    result.coefficient_ /= 10;
    --result.scale_;
  }
  return result;
}

std::optional<Decimal> Decimal::add(const Decimal& a, const Decimal& b) {
  return aligned(a, b, [](Coefficient x, Coefficient y, Coefficient* result) {
    return __builtin_add_overflow(x, y, result);
  });
}

std::optional<Decimal> Decimal::subtract(const Decimal& a, const Decimal& b) { return add(a, -b); }

std::optional<Decimal> Decimal::multiply(const Decimal& a, const Decimal& b) {
  Decimal left = a;
  Decimal right = b;
  for (;;) {
    const auto product = times(left.coefficient_, right.coefficient_);
    if (product && left.scale_ + right.scale_ <= kMaxScale)
      return Decimal(*product, left.scale_ + right.scale_);
    const Decimal shorter_left = left.normalized();
    const Decimal shorter_right = right.normalized();
    if (shorter_left.scale_ < left.scale_ || shorter_right.scale_ < right.scale_) {
      left = shorter_left;
      right = shorter_right;
    } else if (left.scale_ == 0 && right.scale_ == 0) {
      return std::nullopt;
    } else if (left.scale_ >= right.scale_) {
      left = shortened(left);
    } else {
      right = shortened(right);
    }
  }
}

std::optional<Decimal> Decimal::divide(const Decimal& a, const Decimal& b) {
  if (b.isZero()) return std::nullopt;
  const Decimal divisor = b.normalized();
  Coefficient dividend = a.coefficient_;
  int scale = a.scale_ - divisor.scale_;
  while (scale < kQuotientScale && (scale < 0 || dividend % divisor.coefficient_ != 0)) {
    const auto next = times(dividend, 10);
    if (!next) break;
    dividend = *next;
    ++scale;
  }
  Coefficient quotient = dividedHalfAway(dividend, divisor.coefficient_);
  for (; scale < 0; ++scale) {
    const auto next = times(quotient, 10);
    if (!next) return std::nullopt;
    quotient = *next;
  }
  return Decimal(quotient, std::min(scale, kMaxScale));
}

std::optional<Decimal> Decimal::wholeQuotient(const Decimal& a, const Decimal& b) {
  if (b.isZero()) return std::nullopt;
  return aligned(a, b,
                 [](Coefficient x, Coefficient y, Coefficient* result) {
                   *result = x / y;
                   return false;
                 })
      .transform([](const Decimal& quotient) { return Decimal(quotient.coefficient_, 0); });
}

std::optional<Decimal> Decimal::remainder(const Decimal& a, const Decimal& b) {
  if (b.isZero()) return std::nullopt;
  return aligned(a, b, [](Coefficient x, Coefficient y, Coefficient* result) {
    *result = x % y;
    return false;
  });
}

std::optional<Decimal> Decimal::rounded(int places, Rounding rounding) const {
  if (places < 0 || places > kMaxScale) return std::nullopt;
  if (places >= scale_) {
    const auto wide = widened(*this, places);
    if (!wide) return std::nullopt;
    return Decimal(*wide, places);
  }
  const Coefficient divisor = powerOfTen(scale_ - places);
  Coefficient quotient = coefficient_ / divisor;
  const Coefficient rest = coefficient_ % divisor;
  switch (rounding) {
    case Rounding::kHalfAway:
      quotient = dividedHalfAway(coefficient_, divisor);
      break;
    case Rounding::kFloor:
      if (rest < 0) --quotient;
      break;
    case Rounding::kCeiling:
      if (rest > 0) ++quotient;
      break;
    case Rounding::kTruncate:
      break;
  }
  return Decimal(quotient, places);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.scale_ == b.scale_)
    return a.coefficient_ < b.coefficient_   ? std::strong_ordering::less
           : a.coefficient_ > b.coefficient_ ? std::strong_ordering::greater
                                             : std::strong_ordering::equal;
  // Whole parts first: those always fit.
  const Coefficient left = a.coefficient_ / powerOfTen(a.scale_);
  const Coefficient right = b.coefficient_ / powerOfTen(b.scale_);
  if (left != right)
    return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
  const int scale = std::max(a.scale_, b.scale_);
  const Coefficient left_rest =
      a.coefficient_ % powerOfTen(a.scale_) * powerOfTen(scale - a.scale_);
  const Coefficient right_rest =
      b.coefficient_ % powerOfTen(b.scale_) * powerOfTen(scale - b.scale_);
  return left_rest < right_rest   ? std::strong_ordering::less
         : left_rest > right_rest ? std::strong_ordering::greater
                                  : std::strong_ordering::equal;
}

}  // namespace planbro::fhirpath
