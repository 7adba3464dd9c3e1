#include "search/filter_expression.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "json/parser.h"
#include "search/folding.h"
#include "search/predicates.h"
#include "search/time_range.h"

namespace planbro::search {
namespace {

using store::IndexRow;
using store::Predicate;
using Op = Predicate::Op;
using Outcome = std::expected<Predicate, ValueFault>;

constexpr int kMaxDepth = 12;  // of brackets and chains inside each other
constexpr int kMaxTurns = 32;  // from `and` to `or` and back, outside of brackets

bool isOrdered(ParameterType type) {
  return type == ParameterType::kDate || type == ParameterType::kNumber ||
         type == ParameterType::kQuantity;
}

// For valuePredicate(), to which a backslash is an escape.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char one : value) {
    if (one == '\\') out += '\\';
    out += one;
  }
  return out;
}

// One comparison of a parameter with a value.
class Comparison {
 public:
  Comparison(const Parameter& parameter, std::string_view value, const ValueContext& context)
      : parameter_(parameter), value_(value), context_(context) {}

  Outcome compile(std::string_view op) const {
    if (op == "pr") return present();
    if (op == "eq") return equal();
    if (op == "ne") return unequal();
    if (op == "co") return text(Op::kContains);
    if (op == "sw") return text(Op::kStartsWith);
    if (op == "ew") return text(Op::kEndsWith);
    if (op == "po") return overlapping();
    if (op == "re") return typed(ParameterType::kReference, {});
    if (op == "in") return typed(ParameterType::kToken, "in");
    if (op == "ss") return typed(ParameterType::kToken, "below");
    if (op == "sb") return typed(ParameterType::kToken, "above");
    if (op == "ni") {
      auto in = typed(ParameterType::kToken, "in");
      if (in) return negated(std::move(*in));
      return in;
    }
    if (!isOrdered(parameter_.type)) return std::unexpected(ValueFault::kModifier);
    return valuePredicate(parameter_, {}, std::string(op) + escaped(value_), context_);
  }

 private:
  Outcome present() const {
    if (value_ != "true" && value_ != "false") return std::unexpected(ValueFault::kValue);
    return missingPredicate(parameter_, value_ == "false");
  }

  Outcome equal() const {
    if (isOrdered(parameter_.type))
      return valuePredicate(parameter_, {}, "eq" + escaped(value_), context_);
    if (parameter_.type == ParameterType::kString) return text(Op::kEquals);
    return valuePredicate(parameter_, {}, escaped(value_), context_);
  }

  Outcome unequal() const {
    if (isOrdered(parameter_.type))
      return valuePredicate(parameter_, {}, "ne" + escaped(value_), context_);
    auto same = equal();
    if (!same) return same;
    return joined(Op::kAnd, missingPredicate(parameter_, false), negated(std::move(*same)));
  }

  Outcome typed(ParameterType type, std::string_view modifier) const {
    if (parameter_.type != type) return std::unexpected(ValueFault::kModifier);
    return valuePredicate(parameter_, modifier, escaped(value_), context_);
  }

  Outcome text(Op op) const {
    // Ids are no text.
    if (parameter_.code == "_id") return std::unexpected(ValueFault::kModifier);
    const bool is_string = parameter_.type == ParameterType::kString;
    if (!is_string && parameter_.type != ParameterType::kToken &&
        parameter_.type != ParameterType::kUri)
      return std::unexpected(ValueFault::kModifier);
    Predicate out;
    out.op = op;
    out.row.kind = rowKind(parameter_.type);
    out.row.parameter = parameter_.code;
    out.row.value = is_string ? foldText(value_) : std::string(value_);
    if (out.row.value.empty()) return std::unexpected(ValueFault::kValue);
    out.any_system = true;
    return out;
  }

  Outcome overlapping() const {
    if (parameter_.type != ParameterType::kDate) return std::unexpected(ValueFault::kModifier);
    const auto range = timeRangeOf(value_);
    if (!range) return std::unexpected(ValueFault::kValue);
    Predicate out;
    out.op = Op::kOverlaps;
    out.row.kind = IndexRow::Kind::kDate;
    out.row.parameter = parameter_.code;
    out.row.low = range->low;
    out.row.high = range->high;
    return out;
  }

  const Parameter& parameter_;
  std::string_view value_;
  const ValueContext& context_;
};

class Reading {
 public:
  Reading(FilterParser& filters, std::string_view text) : filters_(filters), text_(text) {}

  std::optional<Predicate> whole(std::string_view type) {
    auto out = logical(type, 0);
    skip();
    if (out && at_ != text_.size()) return wrong("and, or");
    return out;
  }

 private:
  std::optional<Predicate> wrong(std::string_view expected) {
    filters_.issues().push_back(
        fhir::makeIssue("PB-4531", {}, {std::to_string(at_ + 1), std::string(expected)}));
    return std::nullopt;
  }

  std::optional<Predicate> tooLarge() {
    filters_.issues().push_back(fhir::makeIssue("PB-4509", {}, {"_filter"}));
    return std::nullopt;
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  static bool isNameByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  }

  std::string_view name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && isNameByte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A word with a blank, a bracket or the end behind it.
  bool takeWord(std::string_view word) {
    const std::size_t before = at_;
    skip();
    if (name() == word &&
        (at_ == text_.size() || text_[at_] == ' ' || text_[at_] == '(' || text_[at_] == '\t'))
      return true;
    at_ = before;
    return false;
  }

  std::optional<Predicate> logical(std::string_view type, int depth) {
    auto left = single(type, depth);
    for (int turns = 0; left;) {
      const bool all = takeWord("and");
      if (!all && !takeWord("or")) return left;
      auto right = single(type, depth);
      if (!right) return right;
      const Op op = all ? Op::kAnd : Op::kOr;
      if (left->op == op) {
        left->children.push_back(std::move(*right));
      } else if (++turns > kMaxTurns) {
        return tooLarge();
      } else {
        left = joined(op, std::move(*left), std::move(*right));
      }
    }
    return left;
  }

  std::optional<Predicate> single(std::string_view type, int depth) {
    if (depth > kMaxDepth) return tooLarge();
    const std::size_t begin = at_;
    const bool negate = takeWord("not");
    skip();
    if (take('(')) {
      auto inner = logical(type, depth + 1);
      if (!inner) return inner;
      skip();
      if (!take(')')) return wrong(")");
      if (negate) return negated(std::move(*inner));
      return inner;
    }
    if (negate) return wrong("(");
    at_ = begin;
    skip();
    return path(type, depth);
  }

  // "subject.name co x", "care-team[status eq active].participant re Practitioner/1"
  std::optional<Predicate> path(std::string_view type, int depth) {
    const std::string_view head = name();
    if (head.empty()) return wrong("name");
    const bool bracket = take('[');
    if (!bracket && !take('.')) return comparison(type, head);
    if (depth >= kMaxDepth) return tooLarge();
    const std::size_t begin = at_;
    std::size_t end = begin;
    auto out = filters_.follow(type, head, [&](std::string_view target) {
      at_ = begin;
      auto found = bracket ? bracketed(target, depth + 1) : path(target, depth + 1);
      if (found) end = at_;
      return found;
    });
    if (out) at_ = end;
    return out;
  }

  std::optional<Predicate> bracketed(std::string_view type, int depth) {
    auto condition = logical(type, depth);
    if (!condition) return condition;
    skip();
    if (!take(']')) return wrong("]");
    if (!take('.')) return wrong(".");
    auto rest = path(type, depth);
    if (!rest) return rest;
    return joined(Op::kAnd, std::move(*condition), std::move(*rest));
  }

  std::optional<Predicate> comparison(std::string_view type, std::string_view code) {
    static constexpr std::array<std::string_view, 18> kOperators{
        "eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le",
        "ap", "sa", "eb", "pr", "po", "ss", "sb", "in", "ni"};
    skip();
    const std::size_t before = at_;
    const std::string_view op = name();
    if (op != "re" && std::find(kOperators.begin(), kOperators.end(), op) == kOperators.end()) {
      at_ = before;
      return wrong("eq, ne, co, sw, ew, gt, lt, ge, le, ap, sa, eb, pr, po, ss, sb, in, ni, re");
    }
    skip();
    auto value = readValue();
    if (!value) return wrong("\"…\"");
    return filters_.leaf(type, code, op, [&](const Parameter& parameter) {
      return Comparison(parameter, *value, filters_.context()).compile(op);
    });
  }

  // A JSON string, or what stands before the next blank or bracket.
  std::optional<std::string> readValue() {
    const std::size_t begin = at_;
    if (take('"')) {
      while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
      if (!take('"')) return std::nullopt;
      const auto read = json::parse(std::string(text_.substr(begin, at_ - begin)));
      if (!read.has_value()) return std::nullopt;
      return std::string((*read)->root().text());
    }
    while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != ')' &&
           text_[at_] != ']')
      ++at_;
    if (at_ == begin) return std::nullopt;
    return std::string(text_.substr(begin, at_ - begin));
  }

  FilterParser& filters_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Predicate> parseFilter(FilterParser& filters, std::string_view type,
                                     std::string_view expression) {
  return Reading(filters, expression).whole(type);
}

}  // namespace planbro::search
