// Operators of the evaluator.
#include <algorithm>

#include "fhirpath/comparison.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/ucum.h"

namespace planbro::fhirpath {
namespace {

bool isNumber(const Value& v) {
  return v.kind() == ValueKind::kInteger || v.kind() == ValueKind::kDecimal;
}

bool isTemporal(const Value& v) {
  return v.kind() == ValueKind::kDate || v.kind() == ValueKind::kDateTime ||
         v.kind() == ValueKind::kTime;
}

// Units that date arithmetic takes; UCUM's year and month have no fixed place in a calendar.
std::optional<CalendarUnit> calendarUnitOf(std::string_view unit, bool calendar) {
  struct Entry {
    std::string_view word, ucum;
    CalendarUnit unit;
  };
  static constexpr Entry kUnits[] = {
      {"year", "", CalendarUnit::kYear},      {"month", "", CalendarUnit::kMonth},
      {"week", "wk", CalendarUnit::kWeek},    {"day", "d", CalendarUnit::kDay},
      {"hour", "h", CalendarUnit::kHour},     {"minute", "min", CalendarUnit::kMinute},
      {"second", "s", CalendarUnit::kSecond}, {"millisecond", "ms", CalendarUnit::kMillisecond},
  };
  for (const Entry& entry : kUnits) {
    const bool word = unit == entry.word || (unit.size() == entry.word.size() + 1 &&
                                             unit.back() == 's' && unit.starts_with(entry.word));
    if (word || (!calendar && !entry.ucum.empty() && unit == entry.ucum)) return entry.unit;
  }
  return std::nullopt;
}

}  // namespace

bool Evaluator::logical(const Node& node, const Scope& scope, Collection& out) {
  Logic left;
  if (!logic(program_.child(node, 0), scope, &left)) return false;
  // The right side is not looked at when the left one decides.
  if ((node.op == Op::kAnd && left == Logic::kFalse) ||
      (node.op == Op::kOr && left == Logic::kTrue) ||
      (node.op == Op::kImplies && left == Logic::kFalse)) {
    out.push(Value::boolean(node.op != Op::kAnd));
    return true;
  }
  Logic right;
  if (!logic(program_.child(node, 1), scope, &right)) return false;
  Logic result = Logic::kEmpty;
  switch (node.op) {
    case Op::kAnd:
      if (right == Logic::kFalse)
        result = Logic::kFalse;
      else if (left == Logic::kTrue && right == Logic::kTrue)
        result = Logic::kTrue;
      break;
    case Op::kOr:
      if (right == Logic::kTrue)
        result = Logic::kTrue;
      else if (left == Logic::kFalse && right == Logic::kFalse)
        result = Logic::kFalse;
      break;
    case Op::kXor:
      if (left != Logic::kEmpty && right != Logic::kEmpty)
        result = left != right ? Logic::kTrue : Logic::kFalse;
      break;
    default:  // implies
      if (right == Logic::kTrue)
        result = Logic::kTrue;
      else if (left == Logic::kTrue)
        result = right;
  }
  if (result != Logic::kEmpty) out.push(Value::boolean(result == Logic::kTrue));
  return true;
}

bool Evaluator::binary(const Node& node, const Scope& scope, Collection& out) {
  if (node.op == Op::kUnion && node.extra == 0) {
    // Where order does not matter, one walk does for several paths through the same descendants.
    Steps room;
    if (const auto steps = stepsOfUnion(node, room); !steps.empty()) {
      Collection head;
      const Node& path = program_.node(program_.child(node, 1));
      return eval(program_.child(path, 0), scope, head) &&
             descendantsThrough(steps, head.values(), scope, out);
    }
  }
  Collection left;
  Collection right;
  if (!eval(program_.child(node, 0), scope, left) || !eval(program_.child(node, 1), scope, right))
    return false;
  const auto push_optional = [&](std::optional<bool> value) {
    if (value) out.push(Value::boolean(*value));
    return true;
  };
  switch (node.op) {
    case Op::kEqual:
    case Op::kNotEqual: {
      if (left.empty() || right.empty()) return true;
      if (!spend(left.size())) return false;
      const auto result = equal(left.values(), right.values());
      return push_optional(!result ? result : *result == (node.op == Op::kEqual));
    }
    case Op::kEquivalent:
    case Op::kNotEquivalent:
      if (!spend(left.size() * right.size())) return false;
      return push_optional(equivalent(left.values(), right.values()) ==
                           (node.op == Op::kEquivalent));
    case Op::kUnion: {
      if (node.extra == 0) {
        out.append(left);
        out.append(right);
        return true;
      }
      Collection merged;
      if (!spend((left.size() + right.size()) * (left.size() + right.size()) / 2)) return false;
      for (const Collection* side : {&left, &right})
        for (const Value& value : *side)
          if (!containsSame(merged.values(), value)) merged.push(value);
      out.append(merged);
      return true;
    }
    case Op::kIn:
    case Op::kContains: {
      const Collection& item = node.op == Op::kIn ? left : right;
      const Collection& container = node.op == Op::kIn ? right : left;
      if (item.empty()) return true;
      if (!spend(item.size() * container.size())) return false;
      // Several items are an error by the letter; R4's own tim-9 means: all of them.
      return push_optional(std::ranges::all_of(
          item, [&](const Value& value) { return containsSame(container.values(), value); }));
    }
    default:
      break;
  }
  std::optional<Value> a;
  std::optional<Value> b;
  if (!singleInput(left.values(), "An operator", &a) ||
      !singleInput(right.values(), "An operator", &b))
    return false;
  if (node.op == Op::kConcatenate) {
    const Value left_text = a ? a->toSystem() : Value::string("");
    const Value right_text = b ? b->toSystem() : Value::string("");
    if (left_text.kind() == ValueKind::kString && right_text.kind() == ValueKind::kString)
      return arithmetic(Op::kAdd, left_text, right_text, out);
    std::string text;
    for (const auto* side : {&a, &b}) {
      if (!*side) continue;
      const Value system = (*side)->toSystem();
      if (system.isElement()) return fail("& joins texts");
      text += system.toString();
    }
    if (text.size() > environment_.limits.text_bytes) return failLimit();
    out.push(Value::string(keep(text)));
    return true;
  }
  if (!a || !b) return true;
  switch (node.op) {
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual: {
      const auto result = order(*a, *b);
      if (!result) {
        if (result.error() == Incomparable::kUnknown) return true;
        return fail("Values of type " + std::string(a->typeName()) + " and " +
                    std::string(b->typeName()) + " have no order");
      }
      const bool less = *result == std::strong_ordering::less;
      const bool greater = *result == std::strong_ordering::greater;
      out.push(Value::boolean(node.op == Op::kLess          ? less
                              : node.op == Op::kLessOrEqual ? !greater
                              : node.op == Op::kGreater     ? greater
                                                            : !less));
      return true;
    }
    default:
      return arithmetic(node.op, a->toSystem(), b->toSystem(), out);
  }
}

bool Evaluator::arithmetic(Op op, const Value& a, const Value& b, Collection& out) {
  if (a.kind() == ValueKind::kString && b.kind() == ValueKind::kString && op == Op::kAdd) {
    if (a.text().size() + b.text().size() > environment_.limits.text_bytes) return failLimit();
    out.push(Value::string(keepJoined(a.text(), b.text())));
    return true;
  }
  if (isTemporal(a) && b.kind() == ValueKind::kQuantity) return temporalArithmetic(op, a, b, out);
  if (a.kind() == ValueKind::kQuantity || b.kind() == ValueKind::kQuantity)
    return quantityArithmetic(op, a, b, out);
  if (!isNumber(a) || !isNumber(b))
    return fail("Values of type " + std::string(a.typeName()) + " and " +
                std::string(b.typeName()) + " cannot be calculated with");
  const bool whole = a.kind() == ValueKind::kInteger && b.kind() == ValueKind::kInteger;
  std::optional<Decimal> result;
  bool whole_result = whole;
  switch (op) {
    case Op::kAdd:
      result = Decimal::add(a.asDecimal(), b.asDecimal());
      break;
    case Op::kSubtract:
      result = Decimal::subtract(a.asDecimal(), b.asDecimal());
      break;
    case Op::kMultiply:
      result = Decimal::multiply(a.asDecimal(), b.asDecimal());
      break;
    case Op::kDivide:
      result = Decimal::divide(a.asDecimal(), b.asDecimal());
      whole_result = false;
      break;
    case Op::kWholeDivide:
      result = Decimal::wholeQuotient(a.asDecimal(), b.asDecimal());
      whole_result = true;
      break;
    case Op::kModulo:
      result = Decimal::remainder(a.asDecimal(), b.asDecimal());
      break;
    default:
      return fail("This operator is not for numbers");
  }
  if (!result) return true;  // division by zero and overflow give nothing
  if (!whole_result) {
    out.push(Value::decimal(*result));
  } else if (const auto integer = result->toInteger()) {
    out.push(Value::integer(*integer));
  }
  return true;
}

bool Evaluator::temporalArithmetic(Op op, const Value& a, const Value& b, Collection& out) {
  if (op != Op::kAdd && op != Op::kSubtract) return fail("Dates and times take + and - only");
  const auto unit = calendarUnitOf(b.text(), b.isCalendarUnit());
  if (!unit) return fail("'" + std::string(b.text()) + "' is no unit to move a date or time by");
  if (a.kind() == ValueKind::kTime && *unit < CalendarUnit::kHour)
    return fail("A time cannot be moved by days or more");
  const Decimal amount = op == Op::kAdd ? b.asDecimal() : -b.asDecimal();
  if (const auto moved = plus(a.asTemporal(), amount, *unit)) out.push(Value::temporal(*moved));
  return true;
}

bool Evaluator::quantityArithmetic(Op op, const Value& first, const Value& second,
                                   Collection& out) {
  const auto as_quantity = [](const Value& v) {
    return isNumber(v) ? Value::quantity(v.asDecimal(), "1") : v;
  };
  const Value a = as_quantity(first);
  const Value b = as_quantity(second);
  if (a.kind() != ValueKind::kQuantity || b.kind() != ValueKind::kQuantity)
    return fail("Values of type " + std::string(first.typeName()) + " and " +
                std::string(second.typeName()) + " cannot be calculated with");
  if (op == Op::kAdd || op == Op::kSubtract) {
    // The result has the more granular of the two units.
    const Value one_of_a = Value::quantity(1, a.text(), a.isCalendarUnit());
    const auto ratio = convertedAmount(one_of_a, b, true);
    if (!ratio) return true;
    const Value& unit = *ratio > Decimal(1) ? b : a;
    const auto left = convertedAmount(a, unit, true);
    const auto right = convertedAmount(b, unit, true);
    if (!left || !right) return true;
    const auto sum =
        op == Op::kAdd ? Decimal::add(*left, *right) : Decimal::subtract(*left, *right);
    if (sum) out.push(Value::quantity(*sum, unit.text(), unit.isCalendarUnit()));
    return true;
  }
  if (op != Op::kMultiply && op != Op::kDivide) return fail("div and mod are for plain numbers");
  const bool divide = op == Op::kDivide;
  // A plain number leaves the other's unit as it is.
  std::string unit(a.text());
  bool calendar = a.isCalendarUnit();
  Factor factor;
  if (isNumber(first) && !divide) {
    unit = b.text();
    calendar = b.isCalendarUnit();
  } else if (!isNumber(second)) {
    const auto combined = combine(a.text(), b.text(), divide);
    if (!combined) return true;
    unit = combined->code;
    calendar = false;
    factor = combined->factor;
  }
  auto result = divide ? Decimal::divide(a.asDecimal(), b.asDecimal())
                       : Decimal::multiply(a.asDecimal(), b.asDecimal());
  if (!result) return true;
  result = (Factor::of(*result) * factor).toDecimal();
  if (result) out.push(Value::quantity(*result, keep(unit), calendar));
  return true;
}

bool Evaluator::negative(const Node& node, const Scope& scope, Collection& out) {
  Collection operand;
  if (!eval(program_.child(node, 0), scope, operand)) return false;
  std::optional<Value> value;
  if (!singleInput(operand.values(), "-", &value)) return false;
  if (!value) return true;
  const Value system = value->toSystem();
  switch (system.kind()) {
    case ValueKind::kInteger:
      if (system.asInteger() != INT64_MIN) out.push(Value::integer(-system.asInteger()));
      return true;
    case ValueKind::kDecimal:
      out.push(Value::decimal(-system.asDecimal()));
      return true;
    case ValueKind::kQuantity:
      out.push(Value::quantity(-system.asDecimal(), system.text(), system.isCalendarUnit()));
      return true;
    default:
      return fail("- needs a number or a quantity");
  }
}

bool Evaluator::hasType(const Value& value, const TypeSpecifier& type, bool derived) const {
  if (!value.isElement()) {
    return type.system != ValueKind::kNone && value.kind() == type.system;
  }
  const fhir::Element element = value.element();
  return hasType(element, element.type(), type, derived);
}

bool Evaluator::hasType(const fhir::Element& element, fhir::TypeId actual,
                        const TypeSpecifier& type, bool derived) const {
  if (type.fhir == 0) {
    return type.name == "BackboneElement" && type.system == ValueKind::kNone &&
           element.typeName() == type.name;
  }
  const fhir::Definitions& definitions = element.definitions();
  if (actual == 0) return false;
  if (&definitions == program_.definitions) {
    if (actual == type.fhir) return true;
    return (derived || !type.primitive) && definitions.isA(actual, type.fhir);
  }
  // Primitives are types of their own for `as` and ofType(): a code is then no string.
  if (type.primitive && !derived) return definitions.type(actual).name == type.name;
  for (fhir::TypeId t = actual; t != 0; t = definitions.type(t).base)
    if (definitions.type(t).name == type.name) return true;
  return false;
}

bool Evaluator::castOperator(const Node& node, const Scope& scope, Collection& out) {
  Collection operand;
  if (!eval(program_.child(node, 0), scope, operand)) return false;
  const TypeSpecifier& type = program_.types[node.extra];
  if (node.op == Op::kIs) {
    std::optional<Value> value;
    if (!singleInput(operand.values(), "is", &value)) return false;
    if (value) out.push(Value::boolean(hasType(*value, type, true)));
    return true;
  }
  if (operand.size() > 1 && program_.singleton_casts)
    return fail("'as' takes a single value, and there are several");
  for (const Value& value : operand)
    if (hasType(value, type, false)) out.push(value);
  return true;
}

}  // namespace planbro::fhirpath
