#include "search/near.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "base/text.h"
#include "fhirpath/decimal.h"
#include "fhirpath/ucum.h"
#include "search/number_range.h"

namespace planbro::search {
namespace {

using store::IndexRow;
using store::Predicate;
using Op = Predicate::Op;

constexpr double kEarthRadius = 6371008.8;  // metres, the mean radius of IUGG
constexpr int kBands = 32;
constexpr double kRadians = std::numbers::pi / 180;

Predicate within(std::string_view code, std::string_view suffix, double low, double high) {
  Predicate out;
  out.op = Op::kWithin;
  out.row.kind = IndexRow::Kind::kNumber;
  out.row.parameter.append(code).append(suffix);
  out.row.low = orderedNumber(low);
  out.row.high = orderedNumber(high);
  return out;
}

Predicate joined(Op op, std::vector<Predicate> children) {
  Predicate out;
  out.op = op;
  out.children = std::move(children);
  return out;
}

// Degrees of longitude from `longitude` to either side, over the date line as well.
Predicate aroundLongitude(std::string_view code, double longitude, double half) {
  constexpr std::string_view kSuffix = ":longitude";
  if (half >= 180) return within(code, kSuffix, -180, 180);
  const double low = longitude - half;
  const double high = longitude + half;
  if (low < -180)
    return joined(Op::kOr,
                  {within(code, kSuffix, low + 360, 180), within(code, kSuffix, -180, high)});
  if (high > 180)
    return joined(Op::kOr,
                  {within(code, kSuffix, low, 180), within(code, kSuffix, -180, high - 360)});
  return within(code, kSuffix, low, high);
}

// Half the width, in radians of longitude, that the circle of `angle` around `center` has on a
// parallel. Spherical law of cosines.
double halfWidth(double center, double angle, double parallel) {
  const double scale = std::cos(center) * std::cos(parallel);
  if (scale < 1e-12) return std::numbers::pi;
  const double cosine = (std::cos(angle) - std::sin(center) * std::sin(parallel)) / scale;
  return std::acos(std::clamp(cosine, -1.0, 1.0));
}

std::optional<double> numberOf(std::string_view text, double most) {
  const auto range = numberRangeOf(text);
  if (!range || std::abs(range->value) > most) return std::nullopt;
  return range->value;
}

std::optional<double> metres(std::string_view amount, std::string_view unit) {
  const auto number = fhirpath::Decimal::parse(amount);
  const auto from = fhirpath::Unit::parse(unit);
  if (!number || number->isNegative() || !from) return std::nullopt;
  const auto to = fhirpath::Unit::parse("m");
  const auto length = to ? fhirpath::convert(*number, *from, *to) : std::nullopt;
  if (!length) return std::nullopt;
  return length->toDouble();
}

}  // namespace

std::optional<Predicate> nearPredicate(std::string_view code, std::string_view value) {
  const std::vector<std::string_view> parts = split(value, '|');
  if (parts.size() < 2 || parts.size() > 4) return std::nullopt;
  const auto latitude = numberOf(parts[0], 90);
  const auto longitude = numberOf(parts[1], 180);
  const std::string_view distance = parts.size() > 2 && !parts[2].empty() ? parts[2] : "20";
  const std::string_view unit = parts.size() > 3 && !parts[3].empty() ? parts[3] : "km";
  const auto length = metres(distance, unit);
  if (!latitude || !longitude || !length) return std::nullopt;

  const double angle = *length / kEarthRadius;
  if (angle >= std::numbers::pi) return positioned(code);
  const double center = *latitude * kRadians;
  const double bottom = std::max(center - angle, -std::numbers::pi / 2);
  const double top = std::min(center + angle, std::numbers::pi / 2);
  // Where the circle is widest.
  const double ratio = std::sin(center) / std::cos(angle);
  const double widest = std::abs(ratio) <= 1 ? std::asin(ratio) : center;
  std::vector<Predicate> bands;
  for (int i = 0; i < kBands; ++i) {
    const double low = bottom + (top - bottom) * i / kBands;
    const double high = bottom + (top - bottom) * (i + 1) / kBands;
    const double at = std::clamp(widest, low, high);
    const double half = std::max({halfWidth(center, angle, low), halfWidth(center, angle, high),
                                  halfWidth(center, angle, at)});
    // What rounding takes away at the edges.
    constexpr double kSlack = 1e-9;
    bands.push_back(joined(
        Op::kAnd, {within(code, ":latitude", low / kRadians - kSlack, high / kRadians + kSlack),
                   aroundLongitude(code, *longitude, half / kRadians + kSlack)}));
  }
  return joined(Op::kOr, std::move(bands));
}

Predicate positioned(std::string_view code) { return within(code, ":latitude", -90, 90); }

}  // namespace planbro::search
