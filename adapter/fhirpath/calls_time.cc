// Functions on dates and times, and the boundaries of values that have a precision.
#include <algorithm>

#include "fhirpath/comparison.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/ucum.h"

namespace planbro::fhirpath {
namespace {

bool isTemporal(const Value& v) {
  return v.kind() == ValueKind::kDate || v.kind() == ValueKind::kDateTime ||
         v.kind() == ValueKind::kTime;
}

constexpr int kDefaultDecimalPlaces = 8;

// The digits a date or time is written with: 4 for a year, 17 for milliseconds; times from 2 to 9.
int digitsOf(const Temporal& t) {
  static constexpr int kDigits[] = {4, 6, 8, 10, 12, 14};
  const int digits = kDigits[static_cast<int>(t.precision)] +
                     (t.precision == Precision::kSecond ? t.fraction_digits : 0);
  return t.kind == TemporalKind::kTime ? digits - 8 : digits;
}

std::optional<Precision> precisionOf(std::int64_t digits) {
  switch (digits) {
    case 4:
      return Precision::kYear;
    case 6:
      return Precision::kMonth;
    case 8:
      return Precision::kDay;
    case 10:
      return Precision::kHour;
    case 12:
      return Precision::kMinute;
    case 14:
    case 17:
      return Precision::kSecond;
    default:
      return std::nullopt;
  }
}

std::optional<Decimal> decimalBoundary(const Decimal& value, std::int64_t places, bool high) {
  if (places < 0 || places > Decimal::kMaxScale) return std::nullopt;
  const int target = static_cast<int>(places);
  if (value.scale() >= Decimal::kMaxScale) return std::nullopt;
  const Decimal half(5, value.scale() + 1);
  const auto edge = high ? Decimal::add(value, half) : Decimal::subtract(value, half);
  if (!edge) return std::nullopt;
  // A value that is zero in the places asked for has its boundary there too.
  if (target < value.scale()) {
    const auto cut = value.rounded(target, Decimal::Rounding::kTruncate);
    if (cut && cut->isZero()) return cut;
  }
  return edge->rounded(target, high ? Decimal::Rounding::kCeiling : Decimal::Rounding::kFloor);
}

std::optional<Temporal> temporalBoundary(const Temporal& value, std::optional<std::int64_t> digits,
                                         bool high) {
  const bool time = value.kind == TemporalKind::kTime;
  const bool date = value.kind == TemporalKind::kDate;
  const std::int64_t wanted = digits.value_or(time ? 9 : date ? 8 : 17);
  const auto precision = precisionOf(time ? wanted + 8 : wanted);
  if (!precision || (time && *precision < Precision::kHour)) return std::nullopt;
  Temporal t = value;
  if (date && *precision > Precision::kDay) return std::nullopt;
  const auto fill = [&](Precision p, auto& field, int low, int top) {
    if (value.precision < p)
      field = static_cast<std::remove_reference_t<decltype(field)>>(high ? top : low);
  };
  fill(Precision::kMonth, t.month, 1, 12);
  fill(Precision::kDay, t.day, 1, daysInMonth(t.year == 0 ? 2000 : t.year, t.month));
  fill(Precision::kHour, t.hour, 0, 23);
  fill(Precision::kMinute, t.minute, 0, 59);
  fill(Precision::kSecond, t.second, 0, 59);
  if (value.precision < Precision::kSecond) t.nanos = 0;
  if (high) {
    std::uint32_t width = 1'000'000'000;
    const int written = value.precision == Precision::kSecond ? value.fraction_digits : 0;
    for (int i = 0; i < written; ++i) width /= 10;
    if (width > 1'000'000) t.nanos += width - 1'000'000;
  }
  t.precision = *precision;
  t.fraction_digits = (time ? wanted == 9 : wanted == 17) ? 3 : 0;
  if (*precision < Precision::kHour) {
    t.offset_minutes = Temporal::kNoOffset;
  } else if (!time && !date && !t.hasOffset()) {
    t.offset_minutes = high ? -12 * 60 : 14 * 60;
  }
  return t;
}

}  // namespace

bool Evaluator::boundary(const Node& node, Values focus, const Scope& scope, Collection& out) {
  std::optional<Value> input;
  if (!singleInput(focus, node.text, &input)) return false;
  if (!input) return true;
  const Value v = input->toSystem();
  const bool number = v.kind() == ValueKind::kInteger || v.kind() == ValueKind::kDecimal;
  const bool quantity = v.kind() == ValueKind::kQuantity;
  const auto wrong = [&] {
    return fail("'" + std::string(node.text) + "' takes a number, a quantity, a date or a time");
  };
  if (node.function == Function::kComparable) {
    std::optional<Value> other;
    if (!single(node, 0, scope, &other)) return false;
    if (!other) return true;
    const Value q = other->toSystem();
    if (!quantity || q.kind() != ValueKind::kQuantity) return wrong();
    out.push(Value::boolean(convertedAmount(v, q, true).has_value()));
    return true;
  }
  if (node.function == Function::kPrecision) {
    if (!number && !isTemporal(v)) return wrong();
    out.push(Value::integer(number ? v.asDecimal().scale() : digitsOf(v.asTemporal())));
    return true;
  }
  const bool high = node.function == Function::kHighBoundary;
  std::optional<std::int64_t> digits;
  if (node.count > 0 && !integer(node, 0, scope, &digits)) return false;
  if (isTemporal(v)) {
    if (const auto edge = temporalBoundary(v.asTemporal(), digits, high))
      out.push(Value::temporal(*edge));
    return true;
  }
  if (!number && !quantity) return wrong();
  const auto edge = decimalBoundary(v.asDecimal(), digits.value_or(kDefaultDecimalPlaces), high);
  if (!edge) return true;
  out.push(quantity ? Value::quantity(*edge, v.text(), v.isCalendarUnit()) : Value::decimal(*edge));
  return true;
}

bool Evaluator::temporalFunction(const Node& node, Values focus, Collection& out) {
  std::optional<Value> input;
  if (!singleInput(focus, node.text, &input)) return false;
  if (!input) return true;
  const Value v = input->toSystem();
  if (!isTemporal(v)) return fail("'" + std::string(node.text) + "' takes a date or time");
  Temporal t = v.asTemporal();
  const bool time = t.kind == TemporalKind::kTime;
  const auto component = [&](Precision p, std::int64_t value) {
    if (t.precision >= p && (!time || p >= Precision::kHour)) out.push(Value::integer(value));
    return true;
  };
  switch (node.function) {
    case Function::kYearOf:
      return component(Precision::kYear, t.year);
    case Function::kMonthOf:
      return component(Precision::kMonth, t.month);
    case Function::kDayOf:
      return component(Precision::kDay, t.day);
    case Function::kHourOf:
      return component(Precision::kHour, t.hour);
    case Function::kMinuteOf:
      return component(Precision::kMinute, t.minute);
    case Function::kSecondOf:
      return component(Precision::kSecond, t.second);
    case Function::kMillisecondOf:
      return t.fraction_digits == 0 || component(Precision::kSecond, t.nanos / 1'000'000);
    case Function::kTimezoneOffsetOf:
      if (t.hasOffset())
        if (const auto hours = Decimal::divide(Decimal(t.offset_minutes), Decimal(60)))
          out.push(Value::decimal(*hours));
      return true;
    case Function::kDateOf:
      if (time) return true;
      t.kind = TemporalKind::kDate;
      t.precision = std::min(t.precision, Precision::kDay);
      t.offset_minutes = Temporal::kNoOffset;
      out.push(Value::temporal(t));
      return true;
    case Function::kTimeOf:
      if (t.precision < Precision::kHour) return true;
      t.kind = TemporalKind::kTime;
      t.offset_minutes = Temporal::kNoOffset;
      out.push(Value::temporal(t));
      return true;
    default:
      return true;
  }
}

}  // namespace planbro::fhirpath
