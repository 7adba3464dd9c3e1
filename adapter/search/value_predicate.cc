#include "search/value_predicate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "fhir/definitions.h"
#include "search/code_elements.h"
#include "search/folding.h"
#include "search/near.h"
#include "search/number_range.h"
#include "search/predicates.h"
#include "search/reference_text.h"
#include "search/time_range.h"
#include "search/uri_predicate.h"

namespace planbro::search {
namespace {

using store::IndexRow;
using store::Predicate;
using Op = Predicate::Op;
using Outcome = std::expected<Predicate, ValueFault>;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Outcome refuse(ValueFault fault) { return std::unexpected(fault); }
std::int64_t before(std::int64_t value) { return value == kMin ? kMin : value - 1; }
std::int64_t after(std::int64_t value) { return value == kMax ? kMax : value + 1; }

Predicate leafOf(const Parameter& parameter, Op op, std::string_view suffix = {}) {
  Predicate out;
  out.op = op;
  out.row.kind = rowKind(parameter.type);
  out.row.parameter = parameter.code;
  out.row.parameter.append(suffix);
  return out;
}

// The resource's logical id.
Outcome idOutcome(std::string_view modifier, std::string_view value) {
  if (!modifier.empty()) return refuse(ValueFault::kModifier);
  Predicate out;
  out.op = Op::kId;
  out.ids.push_back(unescape(value));
  return out;
}

Outcome tokenPredicate(const Parameter& parameter, std::string_view suffix,
                       std::string_view value) {
  Predicate out = leafOf(parameter, Op::kEquals, suffix);
  out.row.kind = IndexRow::Kind::kToken;
  const std::vector<std::string_view> parts = splitEscaped(value, '|');
  if (parts.size() > 2) return refuse(ValueFault::kValue);
  out.row.value = unescape(parts.back());
  if (parts.size() == 1) {
    out.any_system = true;
  } else {
    out.row.system = unescape(parts[0]);
    out.any_value = out.row.value.empty();
  }
  if (out.row.value.empty() && out.row.system.empty()) return refuse(ValueFault::kValue);
  return out;
}

// What has no case has a row as written and, where that differs, one in lower case.
Predicate inAnyCase(const Parameter& parameter, Predicate asked) {
  const std::string& system = asked.row.system;
  const bool folds = parameter.any_case && (system.empty() || system == kLanguageSystem);
  Predicate folded = asked;
  folded.row.value = foldCase(asked.row.value);
  if (!folds || folded.row.value == asked.row.value)
    return inCodeElements(parameter, std::move(asked));
  return joined(Op::kOr, inCodeElements(parameter, std::move(asked)),
                inCodeElements(parameter, std::move(folded)));
}

// "system|type|value" of an identifier.
Outcome ofTypePredicate(const Parameter& parameter, std::string_view value) {
  const std::vector<std::string_view> parts = splitEscaped(value, '|');
  if (parts.size() != 3) return refuse(ValueFault::kValue);
  Predicate out = leafOf(parameter, Op::kEquals, ":of-type");
  out.row.system = unescape(parts[0]);
  out.row.value = unescape(parts[1]) + "|" + unescape(parts[2]);
  return out;
}

// What folds to nothing would find everything.
Outcome textPredicate(const Parameter& parameter, std::string_view suffix, Op op,
                      std::string_view value) {
  Predicate out = leafOf(parameter, op, suffix);
  out.row.kind = IndexRow::Kind::kString;
  out.row.exact = unescape(value);
  out.row.value = foldText(out.row.exact);
  if (out.row.value.empty() && op != Op::kExact) return refuse(ValueFault::kValue);
  return out;
}

Outcome stringOutcome(const Parameter& parameter, std::string_view modifier,
                      std::string_view value) {
  if (modifier.empty()) return textPredicate(parameter, {}, Op::kStartsWith, value);
  if (modifier == "contains") return textPredicate(parameter, {}, Op::kContains, value);
  if (modifier == "exact") return textPredicate(parameter, {}, Op::kExact, value);
  return refuse(ValueFault::kModifier);
}

Outcome refuse(CodesFault fault) {
  return refuse(fault == CodesFault::kTooMany ? ValueFault::kTooManyCodes : ValueFault::kCodes);
}

// Tokens whose code is one of those, all of one system.
Predicate oneOf(const Parameter& parameter, std::string_view system,
                std::vector<std::string> codes) {
  Predicate out = leafOf(parameter, Op::kOneOf);
  out.row.system = system;
  out.ids = std::move(codes);
  return out;
}

Outcome inValueSet(const Parameter& parameter, std::string_view value,
                   const ValueContext& context) {
  if (context.codes == nullptr) return refuse(ValueFault::kCodes);
  auto sets = context.codes->valueSet(unescape(value));
  if (!sets) return refuse(sets.error());
  Predicate any;
  any.op = Op::kOr;
  for (CodeSets::Codes& one : *sets)
    any.children.push_back(
        inCodeElements(parameter, oneOf(parameter, one.system, std::move(one.codes))));
  return any;
}

// "text/xml" with whatever stands behind it, and "text" with whatever lies in it.
Outcome belowMimeType(const Parameter& parameter, std::string_view value) {
  auto exact = tokenPredicate(parameter, {}, value);
  if (!exact || exact->any_value) return refuse(ValueFault::kValue);
  exact->any_system = true;
  Predicate with_more = *exact;
  with_more.op = Op::kStartsWith;
  with_more.row.value += exact->row.value.find('/') == std::string::npos ? '/' : ';';
  return joined(Op::kOr, std::move(*exact), std::move(with_more));
}

// "system|code" and what lies below or above it.
Outcome inHierarchy(const Parameter& parameter, std::string_view value, bool below,
                    const ValueContext& context) {
  if (below && searchesMimeTypes(parameter)) return belowMimeType(parameter, value);
  const std::vector<std::string_view> parts = splitEscaped(value, '|');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) return refuse(ValueFault::kValue);
  const std::string system = unescape(parts[0]);
  const std::string code = unescape(parts[1]);
  if (context.codes == nullptr) return refuse(ValueFault::kCodes);
  auto codes = below ? context.codes->below(system, code) : context.codes->above(system, code);
  if (!codes) return refuse(codes.error());
  return inCodeElements(parameter, oneOf(parameter, system, std::move(*codes)));
}

Outcome tokenOutcome(const Parameter& parameter, std::string_view modifier, std::string_view value,
                     const ValueContext& context) {
  if (parameter.code == "_id") return idOutcome(modifier, value);
  if (modifier.empty()) {
    auto asked = tokenPredicate(parameter, {}, value);
    if (!asked) return asked;
    return inAnyCase(parameter, std::move(*asked));
  }
  if (modifier == "text") return textPredicate(parameter, ":text", Op::kStartsWith, value);
  if (modifier == "of-type") return ofTypePredicate(parameter, value);
  if (modifier == "in") return inValueSet(parameter, value, context);
  if (modifier == "below" || modifier == "above")
    return inHierarchy(parameter, value, modifier == "below", context);
  return refuse(ValueFault::kModifier);
}

// Whether the modifier names a type that the parameter refers to.
bool isTargetType(const Parameter& parameter, std::string_view modifier) {
  if (modifier.empty()) return false;
  const std::vector<std::string>& targets = parameter.targets;
  if (targets.empty()) return modifier[0] >= 'A' && modifier[0] <= 'Z';
  return std::find(targets.begin(), targets.end(), modifier) != targets.end();
}

bool isResourceType(std::string_view name) {
  const fhir::Definitions& definitions = fhir::Definitions::r4();
  const fhir::TypeId type = definitions.findType(name);
  return type != 0 && definitions.type(type).kind == fhir::TypeKind::kResource;
}

// "Pasient/1", "/Patient/1", "Patient/1/": a path, but to nothing that there could be. A canonical
// may be written in any way.
bool leadsNowhere(const Parameter& parameter, std::string_view text, const ReferenceText& read) {
  if (parameter.canonical || text.find(':') != std::string_view::npos) return false;
  return read.isLocal() ? !isResourceType(read.type) : text.find('/') != std::string_view::npos;
}

Outcome referenceOutcome(const Parameter& parameter, std::string_view modifier,
                         std::string_view value, const ValueContext& context) {
  if (modifier == "identifier") return tokenPredicate(parameter, ":identifier", value);
  const bool below = modifier == "below" && parameter.canonical;
  if (!modifier.empty() && !below && !isTargetType(parameter, modifier))
    return refuse(ValueFault::kModifier);
  const std::string text = unescape(value);
  const ReferenceText read = readReference(text, context.base);
  if (leadsNowhere(parameter, text, read)) return refuse(ValueFault::kValue);
  Predicate out = leafOf(parameter, Op::kEquals);
  if (read.isLocal()) {
    if (!modifier.empty() && modifier != read.type) return refuse(ValueFault::kValue);
    // One version is compared as a whole; without one, references to any version fit.
    if (!read.version.empty()) {
      out.row.exact = versionedText(read);
      return out;
    }
    out.row.system = read.type;
    out.row.value = read.id;
    return out;
  }
  if (text.empty() || text[0] == '#') return refuse(ValueFault::kValue);
  if (below) return canonicalBelow(parameter, text);
  // A bare id has no colon and no slash; everything else is an address.
  if (text.find_first_of(":/|") == std::string::npos) {
    out.row.value = text;
    out.row.system = modifier;
    if (modifier.empty() && parameter.targets.size() == 1) out.row.system = parameter.targets[0];
    return out;
  }
  // With a type only ids of this service are compared.
  if (!modifier.empty()) return refuse(ValueFault::kValue);
  out.row.exact = read.absolute;
  return out;
}

enum class Prefix : std::uint8_t { kEq, kNe, kGt, kLt, kGe, kLe, kSa, kEb, kAp };

// Takes the prefix away from the front.
std::optional<Prefix> takePrefix(std::string_view& value) {
  constexpr std::array<std::string_view, 9> kPrefixes{"eq", "ne", "gt", "lt", "ge",
                                                      "le", "sa", "eb", "ap"};
  if (value.size() < 2 || value[0] < 'a' || value[0] > 'z') return Prefix::kEq;
  for (std::size_t i = 0; i < kPrefixes.size(); ++i) {
    if (value.starts_with(kPrefixes[i])) {
      value.remove_prefix(2);
      return static_cast<Prefix>(i);
    }
  }
  return std::nullopt;
}

// What eq matches, where the comparisons stand, and what ap matches.
struct Bounds {
  std::int64_t low = 0, high = 0;
  std::int64_t first = 0, last = 0;
  std::int64_t near_low = 0, near_high = 0;
};

Predicate compare(Predicate leaf, Prefix prefix, const Bounds& bounds) {
  const auto with = [&](Op op, std::int64_t low, std::int64_t high) {
    Predicate out = leaf;
    out.op = op;
    out.row.low = low;
    out.row.high = high;
    return out;
  };
  Predicate equal = with(Op::kWithin, bounds.low, bounds.high);
  switch (prefix) {
    case Prefix::kEq:
      return equal;
    case Prefix::kNe:
      return joined(Op::kAnd, with(Op::kOverlaps, kMin, kMax), negated(equal));
    case Prefix::kGt:
      return with(Op::kOverlaps, after(bounds.last), kMax);
    case Prefix::kLt:
      return with(Op::kOverlaps, kMin, before(bounds.first));
    case Prefix::kGe:
      return joined(Op::kOr, with(Op::kOverlaps, after(bounds.last), kMax),
                    with(Op::kWithin, bounds.first, bounds.last));
    case Prefix::kLe:
      return joined(Op::kOr, with(Op::kOverlaps, kMin, before(bounds.first)),
                    with(Op::kWithin, bounds.first, bounds.last));
    case Prefix::kSa:
      return with(Op::kAfter, bounds.last, bounds.last);
    case Prefix::kEb:
      return with(Op::kBefore, bounds.first, bounds.first);
    case Prefix::kAp:
      break;
  }
  return with(Op::kOverlaps, bounds.near_low, bounds.near_high);
}

Outcome dateOutcome(const Parameter& parameter, std::string_view modifier, std::string_view value,
                    const ValueContext& context) {
  if (!modifier.empty()) return refuse(ValueFault::kModifier);
  const auto prefix = takePrefix(value);
  if (!prefix) return refuse(ValueFault::kValue);
  std::string text = unescape(value);
  // The + of a time zone comes as a blank when a client did not escape it.
  if (const std::size_t blank = text.find(' ');
      blank != std::string::npos && text.find('T') < blank)
    text[blank] = '+';
  const auto range = timeRangeOf(text);
  if (!range) return refuse(ValueFault::kValue);
  Bounds bounds{range->low, range->high, range->low, range->high, range->low, range->high};
  // A tenth of the time between then and now.
  const std::int64_t distance = std::min(std::abs(context.now.micros - range->low),
                                         std::abs(context.now.micros - range->high)) /
                                10;
  bounds.near_low -= distance;
  bounds.near_high += distance;
  return compare(leafOf(parameter, Op::kWithin), *prefix, bounds);
}

Predicate compareNumber(Predicate leaf, Prefix prefix, const NumberRange& range) {
  Bounds bounds;
  bounds.low = orderedNumber(range.low);
  bounds.high = std::max(bounds.low, before(orderedNumber(range.high)));
  bounds.first = bounds.last = orderedNumber(range.value);
  const double tenth = std::abs(range.value) / 10;
  bounds.near_low = orderedNumber(range.value - tenth);
  bounds.near_high = orderedNumber(range.value + tenth);
  return compare(std::move(leaf), prefix, bounds);
}

Outcome numberOutcome(const Parameter& parameter, std::string_view modifier,
                      std::string_view value) {
  if (!modifier.empty()) return refuse(ValueFault::kModifier);
  const auto prefix = takePrefix(value);
  if (!prefix) return refuse(ValueFault::kValue);
  Predicate leaf = leafOf(parameter, Op::kWithin);
  std::vector<std::string_view> parts = splitEscaped(value, '|');
  const bool quantity = parameter.type == ParameterType::kQuantity;
  if (parts.size() != 1 && (!quantity || parts.size() != 3)) return refuse(ValueFault::kValue);
  const auto range = numberRangeOf(parts[0]);
  if (!range) return refuse(ValueFault::kValue);
  if (parts.size() == 3) {
    leaf.row.system = unescape(parts[1]);
    leaf.row.value = unescape(parts[2]);
  }
  return compareNumber(std::move(leaf), *prefix, *range);
}

Outcome quantityOutcome(const Parameter& parameter, std::string_view modifier,
                        std::string_view value) {
  const std::vector<std::string_view> parts = splitEscaped(value, '|');
  if (!modifier.empty() || parts.size() != 3 || unescape(parts[1]) != kUcumSystem)
    return numberOutcome(parameter, modifier, value);
  std::string_view number = parts[0];
  const auto prefix = takePrefix(number);
  const auto canonical = canonicalQuantityOf(number, unescape(parts[2]));
  // A unit that UCUM does not know is compared as it is written.
  if (!prefix || !canonical) return numberOutcome(parameter, modifier, value);
  Predicate leaf = leafOf(parameter, Op::kWithin, ":ucum");
  leaf.row.value = canonical->unit;
  return compareNumber(std::move(leaf), *prefix, canonical->range);
}

// Each component's value, on one element.
Outcome compositeOutcome(const Parameter& parameter, std::string_view modifier,
                         std::string_view value, const ValueContext& context) {
  if (!modifier.empty()) return refuse(ValueFault::kModifier);
  const std::vector<std::string_view> parts = splitEscaped(value, '$');
  if (parts.size() != parameter.components.size()) return refuse(ValueFault::kValue);
  Predicate any;
  any.op = Op::kOr;
  for (std::size_t element = 0; element < kCompositeElements; ++element) {
    Predicate all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      Parameter component = parameter.components[i];
      component.code = componentCode(parameter.components[i], element);
      auto one = valuePredicate(component, {}, parts[i], context);
      if (!one) return one;
      all.children.push_back(std::move(*one));
    }
    any.children.push_back(std::move(all));
  }
  return any;
}

}  // namespace

store::IndexRow::Kind rowKind(ParameterType type) {
  switch (type) {
    case ParameterType::kToken:
      return IndexRow::Kind::kToken;
    case ParameterType::kString:
      return IndexRow::Kind::kString;
    case ParameterType::kReference:
      return IndexRow::Kind::kReference;
    case ParameterType::kDate:
      return IndexRow::Kind::kDate;
    case ParameterType::kNumber:
      return IndexRow::Kind::kNumber;
    case ParameterType::kQuantity:
      return IndexRow::Kind::kQuantity;
    case ParameterType::kUri:
    case ParameterType::kComposite:
    case ParameterType::kSpecial:
      break;
  }
  return IndexRow::Kind::kUri;
}

std::string_view exampleOf(ParameterType type) {
  switch (type) {
    case ParameterType::kToken:
      return "code, system|code, |code";
    case ParameterType::kString:
      return "Nord";
    case ParameterType::kReference:
      return "Patient/123, 123";
    case ParameterType::kDate:
      return "2026-11-22, ge2026, lt2026-11-22T10:00:00+01:00";
    case ParameterType::kNumber:
      return "5, gt5.4";
    case ParameterType::kQuantity:
      return "5.4|http://unitsofmeasure.org|mg, gt5.4||mg";
    case ParameterType::kComposite:
      return "8480-6$gt140";
    case ParameterType::kSpecial:
      return "59.91|10.75|5|km";
    case ParameterType::kUri:
      break;
  }
  return "http://example.org/a";
}

std::vector<std::string_view> splitEscaped(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == separator) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() &&
                        std::string_view(",|$\\").find(text[i + 1]) != std::string_view::npos;
    if (escape) ++i;
    out += text[i];
  }
  return out;
}

Predicate missingPredicate(const Parameter& parameter, bool missing) {
  if (parameter.code == "_id" || parameter.code == "_lastUpdated") {
    Predicate always;  // every resource has them
    return missing ? negated(std::move(always)) : always;
  }
  if (parameter.type == ParameterType::kSpecial) {
    Predicate has = positioned(parameter.code);
    return missing ? negated(std::move(has)) : has;
  }
  if (parameter.type == ParameterType::kComposite) {
    Parameter first = parameter.components[0];
    Predicate none;
    for (std::size_t element = 0; element < kCompositeElements; ++element) {
      first.code = componentCode(parameter.components[0], element);
      none.children.push_back(missingPredicate(first, true));
    }
    return missing ? none : negated(std::move(none));
  }
  Predicate none = leafOf(parameter, Op::kMissing);
  if (parameter.type == ParameterType::kToken) {
    Predicate no_text = leafOf(parameter, Op::kMissing, ":text");
    no_text.row.kind = IndexRow::Kind::kString;
    none = joined(Op::kAnd, std::move(none), std::move(no_text));
  }
  if (parameter.type == ParameterType::kReference) {
    Predicate no_identifier = leafOf(parameter, Op::kMissing, ":identifier");
    no_identifier.row.kind = IndexRow::Kind::kToken;
    none = joined(Op::kAnd, std::move(none), std::move(no_identifier));
  }
  return missing ? none : negated(std::move(none));
}

Outcome valuePredicate(const Parameter& parameter, std::string_view modifier,
                       std::string_view value, const ValueContext& context) {
  if (value.empty()) return refuse(ValueFault::kValue);
  switch (parameter.type) {
    case ParameterType::kToken:
      return tokenOutcome(parameter, modifier, value, context);
    case ParameterType::kString:
      return stringOutcome(parameter, modifier, value);
    case ParameterType::kReference:
      return referenceOutcome(parameter, modifier, value, context);
    case ParameterType::kDate:
      return dateOutcome(parameter, modifier, value, context);
    case ParameterType::kNumber:
      return numberOutcome(parameter, modifier, value);
    case ParameterType::kQuantity:
      return quantityOutcome(parameter, modifier, value);
    case ParameterType::kComposite:
      return compositeOutcome(parameter, modifier, value, context);
    case ParameterType::kSpecial: {
      if (!modifier.empty()) return refuse(ValueFault::kModifier);
      auto near = nearPredicate(parameter.code, value);
      return near ? Outcome(std::move(*near)) : refuse(ValueFault::kValue);
    }
    case ParameterType::kUri:
      break;
  }
  return uriPredicate(parameter, modifier, value);
}

}  // namespace planbro::search
