#include "fhirpath/comparison.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fhirpath/characters.h"
#include "fhirpath/ucum.h"

namespace planbro::fhirpath {
namespace {

bool isNumber(const Value& v) {
  return v.kind() == ValueKind::kInteger || v.kind() == ValueKind::kDecimal;
}

bool isDateLike(const Value& v) {
  return v.kind() == ValueKind::kDate || v.kind() == ValueKind::kDateTime;
}

bool isTemporal(const Value& v) { return isDateLike(v) || v.kind() == ValueKind::kTime; }

std::string_view ucumOf(std::string_view calendar_word) {
  if (calendar_word == "year") return "a";
  if (calendar_word == "month") return "mo";
  if (calendar_word == "week") return "wk";
  if (calendar_word == "day") return "d";
  if (calendar_word == "hour") return "h";
  if (calendar_word == "minute") return "min";
  if (calendar_word == "second") return "s";
  if (calendar_word == "millisecond") return "ms";
  return calendar_word;
}

bool isYearOrMonth(const Value& v) {
  return v.isCalendarUnit() && (v.text() == "year" || v.text() == "month");
}

Value asQuantity(const Value& v) { return isNumber(v) ? Value::quantity(v.asDecimal(), "1") : v; }

// Values of text elements with a temporal on the other side count as what the text says.
Value alignedText(const Value& v, const Value& other) {
  if (v.kind() != ValueKind::kString || !isTemporal(other)) return v;
  const auto parsed = other.kind() == ValueKind::kTime ? Temporal::parseTime(v.text())
                                                       : Temporal::parseDateTime(v.text());
  return parsed ? Value::temporal(*parsed) : v;
}

using Children = std::vector<fhir::Element>;

Children childrenOf(const fhir::Element& element) {
  Children children;
  element.forEachChild([&](const fhir::Element& child) { children.push_back(child); });
  return children;
}

// Compares the elements of two complex values name by name: the order of different names is not
// part of the value (JSON has none). `compare` decides about two children.
template <typename Compare>
std::optional<bool> sameChildren(const fhir::Element& a, const fhir::Element& b, bool skip_id,
                                 Compare&& compare) {
  Children left = childrenOf(a);
  Children right = childrenOf(b);
  if (skip_id) {
    const auto is_id = [](const fhir::Element& e) { return e.name() == "id"; };
    std::erase_if(left, is_id);
    std::erase_if(right, is_id);
  }
  if (left.size() != right.size()) return false;
  std::optional<bool> result = true;
  for (const fhir::Element& child : left) {
    const auto found = std::ranges::find_if(
        right, [&](const fhir::Element& other) { return other.name() == child.name(); });
    if (found == right.end()) return false;
    const std::optional<bool> one = compare(Value(child), Value(*found));
    right.erase(found);
    if (one == false) return false;
    if (!one) result = std::nullopt;
  }
  return result;
}

std::optional<bool> equalSystem(Value a, Value b) {
  if (isNumber(a) && isNumber(b)) return a.asDecimal() == b.asDecimal();
  if (a.kind() == ValueKind::kQuantity || b.kind() == ValueKind::kQuantity) {
    a = asQuantity(a);
    b = asQuantity(b);
    if (a.kind() != b.kind()) return false;
    const auto converted = convertedAmount(a, b, true);
    if (!converted) return std::nullopt;
    return *converted == b.asDecimal();
  }
  if (a.kind() == ValueKind::kString && isTemporal(b)) return a.text() == b.toString();
  if (b.kind() == ValueKind::kString && isTemporal(a)) return b.text() == a.toString();
  if (isDateLike(a) && isDateLike(b)) {
    const auto order = compare(a.asTemporal(), b.asTemporal());
    if (!order) return std::nullopt;
    return *order == std::strong_ordering::equal;
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::kBoolean:
      return a.asBoolean() == b.asBoolean();
    case ValueKind::kString:
      return a.text() == b.text();
    case ValueKind::kTypeInfo:
      return a.text() == b.text() && a.isSystemType() == b.isSystemType();
    case ValueKind::kTime: {
      const auto order = compare(a.asTemporal(), b.asTemporal());
      if (!order) return std::nullopt;
      return *order == std::strong_ordering::equal;
    }
    default:
      return false;
  }
}

// Without case, and with every run of white space as one space.
std::string normalizedText(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (space && !result.empty() && result.back() == ' ') continue;
    result += space ? ' ' : c;
  }
  return caseFolded(result);
}

// FHIR R4: Codings by system and code alone, CodeableConcepts when they share a Coding.
bool equivalentCodings(const fhir::Element& a, const fhir::Element& b) {
  return a.textOf("system") == b.textOf("system") && a.textOf("code") == b.textOf("code");
}

bool equivalentConcepts(const fhir::Element& a, const fhir::Element& b) {
  bool shared = false;
  a.forEachChild("coding", [&](const fhir::Element& one) {
    b.forEachChild("coding", [&](const fhir::Element& other) {
      shared = shared || equivalentCodings(one, other);
    });
  });
  return shared;
}

// Rounded to the places of the less precise one; trailing zeros are no precision.
bool equivalentDecimals(const Decimal& a, const Decimal& b) {
  const int places = std::min(a.normalized().scale(), b.normalized().scale());
  const auto left = a.rounded(places);
  const auto right = b.rounded(places);
  return left && right && *left == *right;
}

bool equivalentSystem(Value a, Value b) {
  if (isNumber(a) && isNumber(b)) {
    if (a.kind() == ValueKind::kInteger && b.kind() == ValueKind::kInteger)
      return a.asInteger() == b.asInteger();
    return equivalentDecimals(a.asDecimal(), b.asDecimal());
  }
  if (a.kind() == ValueKind::kQuantity || b.kind() == ValueKind::kQuantity) {
    a = asQuantity(a);
    b = asQuantity(b);
    if (a.kind() != b.kind()) return false;
    if (a.text() == b.text()) return equivalentDecimals(a.asDecimal(), b.asDecimal());
    // Compared in the coarser unit, at the places of the less precise amount as it was written.
    const auto to_b = convertedAmount(a, b, false);
    const auto to_a = convertedAmount(b, a, false);
    return (to_b && equivalentDecimals(*to_b, b.asDecimal())) ||
           (to_a && equivalentDecimals(*to_a, a.asDecimal()));
  }
  if (a.kind() == ValueKind::kString && b.kind() == ValueKind::kString)
    return normalizedText(a.text()) == normalizedText(b.text());
  return equalSystem(a, b).value_or(false);
}

}  // namespace

std::optional<Decimal> convertedAmount(const Value& quantity, const Value& to, bool exact) {
  if (quantity.text() == to.text() && quantity.isCalendarUnit() == to.isCalendarUnit())
    return quantity.asDecimal();
  if (exact && quantity.isCalendarUnit() != to.isCalendarUnit() &&
      (isYearOrMonth(quantity) || isYearOrMonth(to)))
    return std::nullopt;
  if (isYearOrMonth(quantity) && isYearOrMonth(to)) {
    return quantity.text() == "year" ? Decimal::multiply(quantity.asDecimal(), 12)
                                     : Decimal::divide(quantity.asDecimal(), 12);
  }
  const auto from_unit =
      Unit::parse(quantity.isCalendarUnit() ? ucumOf(quantity.text()) : quantity.text());
  const auto to_unit = Unit::parse(to.isCalendarUnit() ? ucumOf(to.text()) : to.text());
  if (!from_unit || !to_unit) return std::nullopt;
  return convert(quantity.asDecimal(), *from_unit, *to_unit);
}

std::optional<bool> equal(const Value& a, const Value& b) {
  // By far the most common case.
  if (const auto left = a.plainText()) {
    if (const auto right = b.plainText()) return *left == *right;
  }
  if (a.isElement() && b.isElement()) {
    const fhir::Element left = a.element();
    const fhir::Element right = b.element();
    if (left == right) return true;
    if (!left.hasValue() && !right.hasValue()) {
      if (left.value() == nullptr || right.value() == nullptr ||
          left.value()->kind != right.value()->kind)
        return left.value() == right.value() &&
               sameChildren(left, right, false,
                            [](const Value& x, const Value& y) { return equal(x, y); });
      const Value left_system = a.toSystem();
      const Value right_system = b.toSystem();
      if (left_system.kind() == ValueKind::kQuantity && right_system.kind() == ValueKind::kQuantity)
        return equalSystem(left_system, right_system);
      return sameChildren(left, right, false,
                          [](const Value& x, const Value& y) { return equal(x, y); });
    }
  }
  const Value left = a.toSystem();
  const Value right = b.toSystem();
  if (left.isElement() || right.isElement()) return false;
  return equalSystem(left, right);
}

bool equivalent(const Value& a, const Value& b) {
  const Value left = a.toSystem();
  const Value right = b.toSystem();
  if (left.isElement() && right.isElement()) {
    if (left.element() == right.element()) return true;
    if (left.typeName() == right.typeName()) {
      if (left.typeName() == "Coding") return equivalentCodings(left.element(), right.element());
      if (left.typeName() == "CodeableConcept")
        return equivalentConcepts(left.element(), right.element());
    }
    return sameChildren(left.element(), right.element(), true,
                        [](const Value& x, const Value& y) -> std::optional<bool> {
                          return equivalent(x, y);
                        })
        .value_or(false);
  }
  if (left.isElement() || right.isElement()) return false;
  return equivalentSystem(left, right);
}

std::optional<bool> equal(std::span<const Value> a, std::span<const Value> b) {
  if (a.size() != b.size()) return false;
  std::optional<bool> result = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto one = equal(a[i], b[i]);
    if (one == false) return false;
    if (!one) result = std::nullopt;
  }
  return result;
}

bool equivalent(std::span<const Value> a, std::span<const Value> b) {
  if (a.size() != b.size()) return false;
  std::vector<bool> used(b.size());
  for (const Value& value : a) {
    std::size_t i = 0;
    while (i < b.size() && (used[i] || !equivalent(value, b[i]))) ++i;
    if (i == b.size()) return false;
    used[i] = true;
  }
  return true;
}

std::expected<std::strong_ordering, Incomparable> order(const Value& first, const Value& second) {
  Value a = first.toSystem();
  Value b = second.toSystem();
  a = alignedText(a, b);
  b = alignedText(b, a);
  if (isNumber(a) && isNumber(b)) return a.asDecimal() <=> b.asDecimal();
  if (a.kind() == ValueKind::kString && b.kind() == ValueKind::kString)
    return a.text().compare(b.text()) <=> 0;
  if ((isDateLike(a) && isDateLike(b)) ||
      (a.kind() == ValueKind::kTime && b.kind() == ValueKind::kTime)) {
    const auto order = compare(a.asTemporal(), b.asTemporal());
    if (!order) return std::unexpected(Incomparable::kUnknown);
    return *order;
  }
  if ((isTemporal(a) && b.kind() == ValueKind::kString) ||
      (isTemporal(b) && a.kind() == ValueKind::kString))
    return std::unexpected(Incomparable::kUnknown);  // a date that is none: somebody else's error
  if (a.kind() == ValueKind::kQuantity || b.kind() == ValueKind::kQuantity) {
    a = asQuantity(a);
    b = asQuantity(b);
    if (a.kind() != b.kind()) return std::unexpected(Incomparable::kTypes);
    const auto converted = convertedAmount(a, b, true);
    if (!converted) return std::unexpected(Incomparable::kUnknown);
    return *converted <=> b.asDecimal();
  }
  return std::unexpected(Incomparable::kTypes);
}

bool same(const Value& a, const Value& b) { return equal(a, b).value_or(false); }

bool containsSame(std::span<const Value> values, const Value& wanted) {
  return std::ranges::any_of(values, [&](const Value& value) { return same(value, wanted); });
}

}  // namespace planbro::fhirpath
