#include "search/filter_parser.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "search/filter_expression.h"
#include "search/predicates.h"
#include "search/words.h"

namespace planbro::search {
namespace {

using store::Predicate;
using Op = Predicate::Op;

constexpr int kMaxLevels = 12;            // of chains and _has inside each other
constexpr std::size_t kMaxValues = 1000;  // of one search
// Codes of value sets and hierarchies, of one search; twice where a code element, which has no
// system, is among others.
constexpr std::size_t kMaxCodes = 10'000;
constexpr std::size_t kMaxTypes = 8;  // an untyped chain is tried for
// Predicates of one search: a composite or `near` has some hundred a value. Below what the store
// takes, which counts the steps of chains and who may see what as well.
constexpr std::size_t kMaxPredicates = 4500;
constexpr std::size_t kShown = 80;  // bytes of a name in a message

std::string shown(std::string_view name) { return std::string(name.substr(0, kShown)); }

bool isControl(std::string_view code) {
  return std::find(kControls.begin(), kControls.end(), code) != kControls.end();
}

// Whether it compares a part of a text, longer than what rows hold whole.
bool asksForTooLong(const Predicate& predicate) {
  const bool part = predicate.op == Op::kStartsWith || predicate.op == Op::kContains ||
                    predicate.op == Op::kEndsWith;
  return part && predicate.row.value.size() > store::kWholeBytes;
}

// How a value is written, with the modifier.
std::string_view exampleFor(const Parameter& parameter, std::string_view modifier) {
  if (modifier == "of-type") return "system|type|value";
  if (modifier == "identifier") return "system|value";
  if (modifier == "in" || modifier == "not-in") return "http://example.org/ValueSet/a";
  return exampleOf(parameter.type);
}

bool isUnknownName(const fhir::Issue& issue) {
  return issue.code == "PB-4502" || issue.code == "PB-4503";
}

// Whether a backslash stands before what it does not escape (R4, search.html, 3.1.1.4.19).
bool hasLoneBackslash(std::string_view value) {
  constexpr std::string_view kEscaped = ",|$\\";
  for (std::size_t i = value.find('\\'); i != std::string_view::npos; i = value.find('\\', i + 2)) {
    if (i + 1 == value.size() || kEscaped.find(value[i + 1]) == std::string_view::npos) return true;
  }
  return false;
}

// What may stand behind the colon of a parameter.
std::vector<std::string_view> modifiersOf(const Parameter& parameter) {
  if (parameter.code == "_id") return {"missing", "not"};
  switch (parameter.type) {
    case ParameterType::kToken:
      return {"missing", "not", "text", "of-type", "in", "not-in", "below", "above"};
    case ParameterType::kString:
      return {"missing", "exact", "contains"};
    case ParameterType::kUri:
      return {"missing", "below", "above"};
    case ParameterType::kReference: {
      std::vector<std::string_view> out{"missing", "identifier"};
      if (parameter.canonical) out.emplace_back("below");
      out.insert(out.end(), parameter.targets.begin(), parameter.targets.end());
      return out;
    }
    default:
      return {"missing"};
  }
}

// "name:modifier" apart.
std::pair<std::string_view, std::string_view> splitModifier(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, {}};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

}  // namespace

std::optional<Predicate> FilterParser::parse(std::string_view type, std::string_view name,
                                             std::string_view value) {
  if (name == "_filter") return parseFilter(*this, type, value);
  return parseAt(type, name, value, 0);
}

std::optional<Predicate> FilterParser::parseAt(std::string_view type, std::string_view name,
                                               std::string_view value, int level) {
  if (level > kMaxLevels) {
    issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(name)}));
    return std::nullopt;
  }
  if (name.starts_with("_has:")) return has(name.substr(5), value, level);
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    const std::string_view rest = name.substr(dot + 1);
    return follow(type, name.substr(0, dot),
                  [&](std::string_view target) { return parseAt(target, rest, value, level + 1); });
  }
  return plain(type, name, value);
}

std::optional<Predicate> FilterParser::has(std::string_view rest, std::string_view value,
                                           int level) {
  const std::size_t first = rest.find(':');
  const std::size_t second = first == std::string_view::npos ? first : rest.find(':', first + 1);
  if (second == std::string_view::npos) {
    issues_.push_back(fhir::makeIssue("PB-4508", {}, {"_has:" + shown(rest)}));
    return std::nullopt;
  }
  const std::string_view source = rest.substr(0, first);
  const std::string_view code = rest.substr(first + 1, second - first - 1);
  const Parameter* parameter = parameters_.find(source, code);
  if (parameter == nullptr || parameter->type != ParameterType::kReference) {
    const std::string asked = "_has:" + shown(rest);
    const auto near = nearestReference(parameters_, source, code);
    const std::string meant = "_has:" + near.value_or("") + shown(rest.substr(second));
    issues_.push_back(near ? fhir::makeIssue("PB-4536", {}, {asked, meant})
                           : fhir::makeIssue("PB-4508", {}, {asked}));
    return std::nullopt;
  }
  auto inner = parseAt(source, rest.substr(second + 1), value, level + 1);
  if (!inner) return std::nullopt;
  Predicate out;
  out.op = parameter->canonical ? Op::kCanonicalBy : Op::kReferencedBy;
  out.row.kind = store::IndexRow::Kind::kReference;
  out.row.parameter = code;
  out.row.system = source;
  out.children.push_back(std::move(*inner));
  return out;
}

std::optional<Predicate> FilterParser::follow(
    std::string_view type, std::string_view head,
    const std::function<std::optional<Predicate>(std::string_view)>& inner) {
  const auto [code, target] = splitModifier(head);
  const Parameter* parameter = parameters_.find(type, code);
  if (parameter == nullptr) {
    notOffered(type, code, target);
    return std::nullopt;
  }
  std::vector<std::string> targets = parameter->targets;
  if (!target.empty()) {
    const bool allowed =
        targets.empty() || std::find(targets.begin(), targets.end(), target) != targets.end();
    targets.clear();
    if (allowed && !parameters_.of(target).empty()) targets.emplace_back(target);
  }
  if (parameter->type != ParameterType::kReference || targets.empty()) {
    issues_.push_back(fhir::makeIssue("PB-4508", {}, {shown(head)}));
    return std::nullopt;
  }
  Predicate any;
  any.op = Op::kOr;
  const std::size_t before = issues_.size();
  for (const std::string& one : targets) {
    issues_.resize(before);
    if (isTooLarge()) break;
    auto found = inner(one);
    if (!found) continue;
    Predicate step;
    step.op = parameter->canonical ? Op::kCanonicalTo : Op::kReferenceTo;
    step.row.kind = store::IndexRow::Kind::kReference;
    step.row.parameter = code;
    step.row.system = one;
    step.children.push_back(std::move(*found));
    any.children.push_back(std::move(step));
  }
  if (isTooLarge()) {
    issues_.resize(before);
    issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(head)}));
    return std::nullopt;
  }
  if (any.children.empty()) {
    // No type knows what comes next: the last one's parameters are no better a hint than others'.
    const bool unknown = std::all_of(issues_.begin() + static_cast<std::ptrdiff_t>(before),
                                     issues_.end(), isUnknownName);
    if (unknown && targets.size() > 1) {
      issues_.resize(before);
      issues_.push_back(fhir::makeIssue("PB-4508", {}, {shown(head)}));
    }
    return std::nullopt;
  }
  issues_.resize(before);
  if (any.children.size() > kMaxTypes) {
    issues_.push_back(fhir::makeIssue("PB-4508", {}, {shown(head)}));
    return std::nullopt;
  }
  if (any.children.size() > 1) return any;
  Predicate only = std::move(any.children[0]);
  return only;
}

bool FilterParser::countValue(std::string_view name) {
  if (++values_ <= kMaxValues) return true;
  issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(name)}));
  return false;
}

bool FilterParser::count(const Predicate& predicate, std::string_view name) {
  bool too_long = false;
  std::vector<const Predicate*> open{&predicate};
  while (!open.empty()) {
    const Predicate& one = *open.back();
    open.pop_back();
    ++predicates_;
    codes_ += one.ids.size();
    too_long = too_long || asksForTooLong(one);
    for (const Predicate& child : one.children) open.push_back(&child);
  }
  if (!too_long && !isTooLarge()) return true;
  issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(name)}));
  return false;
}

bool FilterParser::isTooLarge() const {
  return values_ > kMaxValues || codes_ > kMaxCodes || predicates_ > kMaxPredicates;
}

void FilterParser::refuse(ValueFault fault, const Parameter& parameter, std::string_view modifier,
                          std::string_view name) {
  switch (fault) {
    case ValueFault::kModifier:
      wrongModifier(parameter, modifier);
      return;
    case ValueFault::kCodes:
      issues_.push_back(fhir::makeIssue("PB-4530", {}, {shown(name)}));
      return;
    case ValueFault::kTooManyCodes:
      issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(name)}));
      return;
    case ValueFault::kValue:
      break;
  }
  issues_.push_back(
      fhir::makeIssue("PB-4505", {}, {shown(name), std::string(exampleFor(parameter, modifier))}));
}

std::optional<Predicate> FilterParser::leaf(
    std::string_view type, std::string_view code, std::string_view op,
    const std::function<std::expected<Predicate, ValueFault>(const Parameter&)>& compile) {
  const Parameter* parameter = parameters_.find(type, code);
  if (parameter == nullptr) {
    unknown(type, code);
    return std::nullopt;
  }
  if (!countValue(code)) return std::nullopt;
  auto predicate = compile(*parameter);
  if (!predicate && predicate.error() == ValueFault::kModifier) {
    issues_.push_back(fhir::makeIssue("PB-4504", {}, {shown(op), shown(code)}));
    return std::nullopt;
  }
  if (!predicate) {
    refuse(predicate.error(), *parameter, {}, code);
    return std::nullopt;
  }
  if (!count(*predicate, code)) return std::nullopt;
  return std::move(*predicate);
}

std::optional<Predicate> FilterParser::plain(std::string_view type, std::string_view name,
                                             std::string_view value) {
  const bool asks_words = name == kTextParameter || name == kContentParameter;
  const auto [code, modifier] = splitModifier(name);
  const Parameter* parameter = parameters_.find(type, code);
  if (parameter == nullptr && !asks_words && name != "_list") {
    notOffered(type, code, modifier);
    return std::nullopt;
  }
  if (hasLoneBackslash(value)) {
    issues_.push_back(fhir::makeIssue("PB-4505", {}, {shown(name), "\\, \\| \\$ \\\\"}));
    return std::nullopt;
  }
  if (asks_words) return words(name, value);
  if (name == "_list") return listed(name, value);
  if (modifier == "missing") return missing(*parameter, name, value);
  if (code == "_id") return ids(*parameter, modifier, value);
  const bool is_token = parameter->type == ParameterType::kToken;
  const bool is_negated = is_token && (modifier == "not" || modifier == "not-in");
  std::string_view positive = modifier;
  if (is_negated) positive = modifier == "not" ? std::string_view{} : std::string_view("in");
  Predicate any;
  any.op = Op::kOr;
  for (const std::string_view one : splitEscaped(value, ',')) {
    if (!countValue(name)) return std::nullopt;
    auto predicate = valuePredicate(*parameter, positive, one, context_);
    if (!predicate) {
      refuse(predicate.error(), *parameter, modifier, name);
      return std::nullopt;
    }
    if (!count(*predicate, name)) return std::nullopt;
    any.children.push_back(std::move(*predicate));
  }
  if (is_negated) return negated(std::move(any));
  if (any.children.size() > 1) return any;
  Predicate only = std::move(any.children[0]);
  return only;
}

std::optional<Predicate> FilterParser::missing(const Parameter& parameter, std::string_view name,
                                               std::string_view value) {
  if (value != "true" && value != "false") {
    issues_.push_back(fhir::makeIssue("PB-4505", {}, {shown(name), "true, false"}));
    return std::nullopt;
  }
  Predicate out = missingPredicate(parameter, value == "true");
  if (!count(out, name)) return std::nullopt;
  return out;
}

std::optional<Predicate> FilterParser::words(std::string_view name, std::string_view value) {
  if (!parameters_.hasWords()) {
    issues_.push_back(fhir::makeIssue("PB-4532", {}, {shown(name)}));
    return std::nullopt;
  }
  Predicate any;
  any.op = Op::kOr;
  for (const std::string_view one : splitEscaped(value, ',')) {
    if (!countValue(name)) return std::nullopt;
    auto predicate = wordsPredicate(name, unescape(one));
    if (!predicate) {
      issues_.push_back(fhir::makeIssue("PB-4505", {}, {shown(name), "skole fotball*"}));
      return std::nullopt;
    }
    if (!count(*predicate, name)) return std::nullopt;
    any.children.push_back(std::move(*predicate));
  }
  return any;
}

// What a List names; the lists that a server would keep itself ($current-problems) are not kept.
std::optional<Predicate> FilterParser::listed(std::string_view name, std::string_view value) {
  Predicate ids;
  ids.op = Op::kId;
  for (std::string_view one : splitEscaped(value, ',')) {
    if (one.starts_with("List/")) one.remove_prefix(5);
    if (one.empty() || one[0] == '$' || one.find('/') != std::string_view::npos) {
      issues_.push_back(fhir::makeIssue("PB-4505", {}, {shown(name), "42"}));
      return std::nullopt;
    }
    if (!countValue(name)) return std::nullopt;
    ids.ids.push_back(unescape(one));
  }
  Predicate out;
  out.op = Op::kReferencedBy;
  out.row.kind = store::IndexRow::Kind::kReference;
  out.row.parameter = "item";
  out.row.system = "List";
  out.children.push_back(std::move(ids));
  return out;
}

std::optional<Predicate> FilterParser::ids(const Parameter& parameter, std::string_view modifier,
                                           std::string_view value) {
  const bool is_negated = modifier == "not";
  if (!modifier.empty() && !is_negated) {
    wrongModifier(parameter, modifier);
    return std::nullopt;
  }
  Predicate out;
  out.op = Op::kId;
  for (const std::string_view one : splitEscaped(value, ',')) {
    if (one.empty() || ++values_ > kMaxValues) {
      issues_.push_back(one.empty() ? fhir::makeIssue("PB-4505", {}, {"_id", "a1, b2"})
                                    : fhir::makeIssue("PB-4509", {}, {"_id"}));
      return std::nullopt;
    }
    out.ids.push_back(unescape(one));
  }
  if (is_negated) return negated(std::move(out));
  return out;
}

// Not to be passed over where it is known without its modifier: the search would find more.
void FilterParser::notOffered(std::string_view type, std::string_view code,
                              std::string_view modifier) {
  if (code == "_has") {
    issues_.push_back(fhir::makeIssue("PB-4508", {}, {"_has"}));
  } else if (!modifier.empty() && isControl(code)) {
    issues_.push_back(fhir::makeIssue("PB-4504", {}, {":" + shown(modifier), shown(code)}));
  } else {
    unknown(type, code);
  }
}

void FilterParser::unknown(std::string_view type, std::string_view code) {
  std::vector<std::string_view> known;
  for (const Parameter& parameter : parameters_.of(type)) known.push_back(parameter.code);
  if (const auto near = nearestName(code, known)) {
    issues_.push_back(
        fhir::makeIssue("PB-4502", {}, {shown(code), std::string(type), std::string(*near)}));
  } else {
    issues_.push_back(fhir::makeIssue("PB-4503", {}, {shown(code), std::string(type)}));
  }
}

void FilterParser::wrongModifier(const Parameter& parameter, std::string_view modifier) {
  std::vector<std::string> arguments{":" + shown(modifier), shown(parameter.code)};
  if (const auto near = nearestName(modifier, modifiersOf(parameter)); near && *near != modifier) {
    arguments.push_back(":" + std::string(*near));
    issues_.push_back(fhir::makeIssue("PB-4537", {}, std::move(arguments)));
  } else {
    issues_.push_back(fhir::makeIssue("PB-4504", {}, std::move(arguments)));
  }
}

std::optional<std::string> nearestReference(const Parameters& parameters, std::string_view type,
                                            std::string_view code) {
  const std::vector<Parameter>& known = parameters.of(type);
  if (known.empty()) {
    const auto near = nearestName(type, parameters.types());
    if (!near) return std::nullopt;
    return std::string(*near).append(":").append(code);
  }
  std::vector<std::string_view> names;
  for (const Parameter& parameter : known)
    if (parameter.type == ParameterType::kReference) names.push_back(parameter.code);
  const auto near = nearestName(code, names);
  if (!near || *near == code) return std::nullopt;
  return std::string(type).append(":").append(*near);
}

}  // namespace planbro::search
