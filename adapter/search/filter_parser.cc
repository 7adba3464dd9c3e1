#include "search/filter_parser.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace planbro::search {
namespace {

using store::Predicate;
using Op = Predicate::Op;

constexpr int kMaxLevels = 4;             // of chains and _has inside each other
constexpr std::size_t kMaxValues = 1000;  // of one search
constexpr std::size_t kMaxTypes = 8;      // an untyped chain is tried for
constexpr std::size_t kShown = 80;        // bytes of a name in a message

std::string shown(std::string_view name) { return std::string(name.substr(0, kShown)); }

// "name:modifier" apart.
std::pair<std::string_view, std::string_view> splitModifier(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, {}};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

}  // namespace

std::optional<Predicate> FilterParser::parse(std::string_view type, std::string_view name,
                                             std::string_view value) {
  return parseAt(type, name, value, 0);
}

std::optional<Predicate> FilterParser::parseAt(std::string_view type, std::string_view name,
                                               std::string_view value, int level) {
  if (level > kMaxLevels) {
    issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(name)}));
    return std::nullopt;
  }
  if (name.starts_with("_has:")) return has(name.substr(5), value, level);
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos)
    return chain(type, name.substr(0, dot), name.substr(dot + 1), value, level);
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
    issues_.push_back(fhir::makeIssue("PB-4508", {}, {"_has:" + shown(rest)}));
    return std::nullopt;
  }
  auto inner = parseAt(source, rest.substr(second + 1), value, level + 1);
  if (!inner) return std::nullopt;
  Predicate out;
  out.op = Op::kReferencedBy;
  out.row.kind = store::IndexRow::Kind::kReference;
  out.row.parameter = code;
  out.row.system = source;
  out.children.push_back(std::move(*inner));
  return out;
}

std::optional<Predicate> FilterParser::chain(std::string_view type, std::string_view head,
                                             std::string_view rest, std::string_view value,
                                             int level) {
  const auto [code, target] = splitModifier(head);
  const Parameter* parameter = parameters_.find(type, code);
  if (parameter == nullptr) {
    unknown(type, code);
    return std::nullopt;
  }
  // The types whose parameters know what comes next.
  const auto [next_name, next_modifier] = splitModifier(rest.substr(0, rest.find('.')));
  const bool next_has = rest.starts_with("_has:");
  std::vector<std::string> targets;
  if (!target.empty()) {
    const bool allowed = parameter->targets.empty() ||
                         std::find(parameter->targets.begin(), parameter->targets.end(), target) !=
                             parameter->targets.end();
    if (allowed && !parameters_.of(target).empty()) targets.emplace_back(target);
  } else {
    for (const std::string& candidate : parameter->targets) {
      if (next_has || parameters_.find(candidate, next_name) != nullptr)
        targets.push_back(candidate);
    }
    if (targets.empty() && parameter->targets.size() == 1) targets = parameter->targets;
  }
  if (parameter->type != ParameterType::kReference || targets.empty() ||
      targets.size() > kMaxTypes) {
    issues_.push_back(fhir::makeIssue("PB-4508", {}, {shown(head)}));
    return std::nullopt;
  }
  Predicate any;
  any.op = Op::kOr;
  for (const std::string& one : targets) {
    auto inner = parseAt(one, rest, value, level + 1);
    if (!inner) return std::nullopt;
    Predicate step;
    step.op = Op::kReferenceTo;
    step.row.kind = store::IndexRow::Kind::kReference;
    step.row.parameter = code;
    step.row.system = one;
    step.children.push_back(std::move(*inner));
    any.children.push_back(std::move(step));
  }
  if (any.children.size() > 1) return any;
  Predicate only = std::move(any.children[0]);
  return only;
}

std::optional<Predicate> FilterParser::plain(std::string_view type, std::string_view name,
                                             std::string_view value) {
  const auto [code, modifier] = splitModifier(name);
  const Parameter* parameter = parameters_.find(type, code);
  if (parameter == nullptr) {
    unknown(type, code);
    return std::nullopt;
  }
  if (code == "_id") return ids(modifier, value);
  if (modifier == "missing") {
    if (value == "true" || value == "false") return missingPredicate(*parameter, value == "true");
    issues_.push_back(fhir::makeIssue("PB-4505", {}, {shown(name), "true, false"}));
    return std::nullopt;
  }
  const bool negated = modifier == "not" && parameter->type == ParameterType::kToken;
  Predicate any;
  any.op = Op::kOr;
  for (const std::string_view one : splitEscaped(value, ',')) {
    if (++values_ > kMaxValues) {
      issues_.push_back(fhir::makeIssue("PB-4509", {}, {shown(name)}));
      return std::nullopt;
    }
    auto predicate =
        valuePredicate(*parameter, negated ? std::string_view{} : modifier, one, context_);
    if (!predicate) {
      if (predicate.error() == ValueFault::kModifier) {
        issues_.push_back(fhir::makeIssue("PB-4504", {}, {":" + shown(modifier), shown(code)}));
      } else {
        issues_.push_back(
            fhir::makeIssue("PB-4505", {}, {shown(name), std::string(exampleOf(parameter->type))}));
      }
      return std::nullopt;
    }
    any.children.push_back(std::move(*predicate));
  }
  if (!negated && any.children.size() == 1) {
    Predicate only = std::move(any.children[0]);
    return only;
  }
  if (!negated) return any;
  Predicate out;
  out.op = Op::kNot;
  out.children.push_back(std::move(any));
  return out;
}

std::optional<Predicate> FilterParser::ids(std::string_view modifier, std::string_view value) {
  if (!modifier.empty()) {
    issues_.push_back(fhir::makeIssue("PB-4504", {}, {":" + shown(modifier), "_id"}));
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
  return out;
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

}  // namespace planbro::search
