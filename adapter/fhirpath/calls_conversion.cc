// Functions that convert values: toX() and convertsToX().
#include <algorithm>

#include "fhirpath/comparison.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/parser.h"

namespace planbro::fhirpath {
namespace {

using Converted = std::optional<Value>;

bool isDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view withoutSign(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

// Digits, perhaps a point with digits after it.
bool isDecimalText(std::string_view text) {
  text = withoutSign(text);
  const std::size_t point = text.find('.');
  return isDigits(text.substr(0, point)) &&
         (point == std::string_view::npos || isDigits(text.substr(point + 1)));
}

Converted toBoolean(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kBoolean:
      return v;
    case ValueKind::kInteger:
    case ValueKind::kDecimal:
      if (v.asDecimal() == Decimal(1)) return Value::boolean(true);
      if (v.asDecimal() == Decimal(0)) return Value::boolean(false);
      return std::nullopt;
    case ValueKind::kString: {
      std::string text(v.text());
      std::ranges::transform(text, text.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
      for (const std::string_view yes : {"true", "t", "yes", "y", "1", "1.0"})
        if (text == yes) return Value::boolean(true);
      for (const std::string_view no : {"false", "f", "no", "n", "0", "0.0"})
        if (text == no) return Value::boolean(false);
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

Converted toInteger(const Value& v, bool wide) {
  switch (v.kind()) {
    case ValueKind::kInteger:
      return v;
    case ValueKind::kBoolean:
      return Value::integer(v.asBoolean() ? 1 : 0);
    case ValueKind::kString: {
      if (!isDigits(withoutSign(v.text()))) return std::nullopt;
      const auto number = Decimal::parse(v.text());
      const auto whole = number ? number->toInteger() : std::nullopt;
      if (!whole || (!wide && (*whole > INT32_MAX || *whole < INT32_MIN))) return std::nullopt;
      return Value::integer(*whole);
    }
    default:
      return std::nullopt;
  }
}

Converted toDecimal(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kDecimal:
      return v;
    case ValueKind::kInteger:
      return Value::decimal(v.asDecimal());
    case ValueKind::kBoolean:
      return Value::decimal(Decimal(v.asBoolean() ? 10 : 0, 1));
    case ValueKind::kString: {
      if (!isDecimalText(v.text())) return std::nullopt;
      const auto number = Decimal::parse(v.text());
      if (!number) return std::nullopt;
      return Value::decimal(*number);
    }
    default:
      return std::nullopt;
  }
}

Converted temporalFrom(const std::optional<Temporal>& parsed) {
  if (!parsed) return std::nullopt;
  return Value::temporal(*parsed);
}

Converted toDate(const Value& v) {
  if (v.kind() == ValueKind::kDate) return v;
  std::optional<Temporal> found;
  if (v.kind() == ValueKind::kDateTime) found = v.asTemporal();
  if (v.kind() == ValueKind::kString) found = Temporal::parseDate(v.text());
  if (!found) return std::nullopt;
  found->kind = TemporalKind::kDate;
  found->offset_minutes = Temporal::kNoOffset;
  found->precision = std::min(found->precision, Precision::kDay);
  found->hour = found->minute = found->second = 0;
  found->nanos = 0;
  return Value::temporal(*found);
}

Converted toDateTime(const Value& v) {
  if (v.kind() == ValueKind::kDateTime) return v;
  if (v.kind() == ValueKind::kString) return temporalFrom(Temporal::parseDateTime(v.text()));
  if (v.kind() != ValueKind::kDate) return std::nullopt;
  Temporal t = v.asTemporal();
  t.kind = TemporalKind::kDateTime;
  return Value::temporal(t);
}

Converted toTime(const Value& v) {
  if (v.kind() == ValueKind::kTime) return v;
  if (v.kind() == ValueKind::kString) return temporalFrom(Temporal::parseTime(v.text()));
  return std::nullopt;
}

// "4 days", "1.5 'mg'", "7"
Converted quantityFromText(std::string_view text) {
  std::size_t end = 0;
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (end < text.size() && !is_space(text[end]) && text[end] != '\'') ++end;
  const std::string_view number = text.substr(0, end);
  if (!isDecimalText(number)) return std::nullopt;
  const auto amount = Decimal::parse(number);
  if (!amount) return std::nullopt;
  std::string_view unit = text.substr(end);
  while (!unit.empty() && is_space(unit.front())) unit.remove_prefix(1);
  if (unit.empty()) return Value::quantity(*amount, "1");
  if (unit.size() > 2 && unit.front() == '\'' && unit.back() == '\'')
    return Value::quantity(*amount, unit.substr(1, unit.size() - 2));
  const std::string_view word = calendarWord(unit);
  if (word.empty()) return std::nullopt;
  return Value::quantity(*amount, word, true);
}

Converted toQuantity(const Value& v) {
  switch (v.kind()) {
    case ValueKind::kQuantity:
      return v;
    case ValueKind::kInteger:
    case ValueKind::kDecimal:
      return Value::quantity(v.asDecimal(), "1");
    case ValueKind::kBoolean:
      return Value::quantity(Decimal(v.asBoolean() ? 10 : 0, 1), "1");
    case ValueKind::kString:
      return quantityFromText(v.text());
    default:
      return std::nullopt;
  }
}

}  // namespace

bool Evaluator::conversion(const Node& node, Values focus, const Scope& scope, Collection& out) {
  std::optional<Value> input;
  if (!singleInput(focus, node.text, &input)) return false;
  if (!input) return true;
  const Value v = input->toSystem();
  const auto give = [&](const Converted& value) {
    if (value) out.push(*value);
    return true;
  };
  const auto tell = [&](const Converted& value) {
    out.push(Value::boolean(value.has_value()));
    return true;
  };
  switch (node.function) {
    case Function::kToBoolean:
      return give(toBoolean(v));
    case Function::kConvertsToBoolean:
      return tell(toBoolean(v));
    case Function::kToInteger:
      return give(toInteger(v, false));
    case Function::kConvertsToInteger:
      return tell(toInteger(v, false));
    case Function::kToLong:
      return give(toInteger(v, true));
    case Function::kConvertsToLong:
      return tell(toInteger(v, true));
    case Function::kToDecimal:
      return give(toDecimal(v));
    case Function::kConvertsToDecimal:
      return tell(toDecimal(v));
    case Function::kToDate:
      return give(toDate(v));
    case Function::kConvertsToDate:
      return tell(toDate(v));
    case Function::kToDateTime:
      return give(toDateTime(v));
    case Function::kConvertsToDateTime:
      return tell(toDateTime(v));
    case Function::kToTime:
      return give(toTime(v));
    case Function::kConvertsToTime:
      return tell(toTime(v));
    case Function::kToString:
    case Function::kConvertsToString: {
      const bool possible = !v.isElement() && v.kind() != ValueKind::kTypeInfo;
      if (node.function == Function::kConvertsToString) {
        out.push(Value::boolean(possible));
      } else if (possible) {
        out.push(v.kind() == ValueKind::kString ? v : Value::string(keep(v.toString())));
      }
      return true;
    }
    default:
      break;
  }
  Converted quantity = toQuantity(v);
  if (quantity && node.count > 0) {
    std::optional<std::string_view> unit;
    if (!text(node, 0, scope, &unit)) return false;
    if (unit) {
      const std::string_view word = calendarWord(*unit);
      const Value target =
          word.empty() ? Value::quantity(0, *unit) : Value::quantity(0, word, true);
      const auto amount = convertedAmount(*quantity, target, true);
      quantity = std::nullopt;
      if (amount) quantity = Value::quantity(*amount, target.text(), target.isCalendarUnit());
    }
  }
  return node.function == Function::kToQuantity ? give(quantity) : tell(quantity);
}

}  // namespace planbro::fhirpath
