// Functions on numbers and quantities.
#include <cmath>

#include "fhirpath/comparison.h"
#include "fhirpath/evaluator.h"

namespace planbro::fhirpath {
namespace {

bool isNumber(const Value& v) {
  return v.kind() == ValueKind::kInteger || v.kind() == ValueKind::kDecimal;
}

// By squaring; nothing past the digits there are.
std::optional<Decimal> wholePower(Decimal base, std::int64_t exponent) {
  std::optional<Decimal> result = Decimal(1);
  for (; exponent > 0 && result; exponent /= 2) {
    if (exponent % 2 == 1) result = Decimal::multiply(*result, base);
    if (exponent > 1) {
      const auto square = Decimal::multiply(base, base);
      if (!square) return std::nullopt;
      base = *square;
    }
  }
  return result;
}

std::optional<Decimal> power(const Decimal& base, const Decimal& exponent) {
  const auto whole = exponent.toInteger();
  if (whole && *whole >= 0 && *whole <= 1'000'000) {
    if (const auto exact = wholePower(base, *whole)) return exact;
  }
  return Decimal::fromDouble(std::pow(base.toDouble(), exponent.toDouble()));
}

double logarithm(double value, double base) {
  if (base == 10) return std::log10(value);
  if (base == 2) return std::log2(value);
  return std::log(value) / std::log(base);
}

}  // namespace

bool Evaluator::mathematics(const Node& node, Values focus, const Scope& scope, Collection& out) {
  if (node.function >= Function::kSum) return statistics(node, focus, out);
  std::optional<Value> input;
  if (!singleInput(focus, node.text, &input)) return false;
  if (!input) return true;
  const Value v = input->toSystem();
  const bool quantity = v.kind() == ValueKind::kQuantity;
  if (!isNumber(v) && !quantity) return fail("'" + std::string(node.text) + "' takes a number");
  const Decimal number = v.asDecimal();
  const auto give = [&](const std::optional<Decimal>& result) {
    if (!result) return true;
    if (quantity) {
      out.push(Value::quantity(*result, v.text(), v.isCalendarUnit()));
    } else {
      out.push(Value::decimal(*result));
    }
    return true;
  };
  const auto give_whole = [&](const std::optional<Decimal>& result) {
    const auto whole = result && !quantity ? result->toInteger() : std::nullopt;
    if (!whole) return give(result);
    out.push(Value::integer(*whole));
    return true;
  };
  const auto give_double = [&](double result) { return give(Decimal::fromDouble(result)); };
  switch (node.function) {
    case Function::kAbs: {
      const Decimal magnitude = number.isNegative() ? -number : number;
      return v.kind() == ValueKind::kInteger ? give_whole(magnitude) : give(magnitude);
    }
    case Function::kCeiling:
      return give_whole(number.rounded(0, Decimal::Rounding::kCeiling));
    case Function::kFloor:
      return give_whole(number.rounded(0, Decimal::Rounding::kFloor));
    case Function::kTruncate:
      return give_whole(number.rounded(0, Decimal::Rounding::kTruncate));
    case Function::kExp:
      return give_double(std::exp(number.toDouble()));
    case Function::kLn:
      return number <= Decimal(0) || give_double(std::log(number.toDouble()));
    case Function::kSqrt:
      return number.isNegative() || give_double(std::sqrt(number.toDouble()));
    case Function::kRound: {
      std::optional<std::int64_t> places = 0;
      if (node.count > 0) {
        places.reset();
        if (!integer(node, 0, scope, &places)) return false;
        if (!places) return true;
        if (*places < 0) return fail("round() takes a precision of zero or more");
      }
      if (*places >= number.scale()) return give(number);
      const auto rounded = number.rounded(static_cast<int>(*places));
      return node.count == 0 && v.kind() == ValueKind::kInteger ? give_whole(rounded)
                                                                : give(rounded);
    }
    default:
      break;
  }
  std::optional<Value> argument_value;
  if (!single(node, 0, scope, &argument_value)) return false;
  if (!argument_value) return true;
  const Value argument_number = argument_value->toSystem();
  if (!isNumber(argument_number))
    return fail("'" + std::string(node.text) + "' takes a number as argument");
  const Decimal other = argument_number.asDecimal();
  if (node.function == Function::kLog) {
    if (number <= Decimal(0) || other <= Decimal(0) || other == Decimal(1)) return true;
    return give_double(logarithm(number.toDouble(), other.toDouble()));
  }
  const bool whole = v.kind() == ValueKind::kInteger &&
                     argument_number.kind() == ValueKind::kInteger && !other.isNegative();
  return whole ? give_whole(power(number, other)) : give(power(number, other));
}

bool Evaluator::statistics(const Node& node, Values focus, Collection& out) {
  if (focus.empty()) {
    if (node.function == Function::kSum) out.push(Value::integer(0));
    return true;
  }
  Value result = focus[0].toSystem();
  for (const Value& value : focus.subspan(1)) {
    if (node.function == Function::kMin || node.function == Function::kMax) {
      const auto found = order(value, result);
      if (!found) {
        if (found.error() == Incomparable::kUnknown) return true;
        return fail("'" + std::string(node.text) + "' takes values that have an order");
      }
      const auto wanted = node.function == Function::kMin ? std::strong_ordering::less
                                                          : std::strong_ordering::greater;
      if (*found == wanted) result = value.toSystem();
    } else {
      Collection sum;
      if (!arithmetic(Op::kAdd, result, value.toSystem(), sum)) return false;
      if (sum.empty()) return true;
      result = sum.front();
    }
  }
  if (node.function == Function::kAvg)
    return arithmetic(Op::kDivide, result, Value::integer(static_cast<std::int64_t>(focus.size())),
                      out);
  out.push(result);
  return true;
}

}  // namespace planbro::fhirpath
