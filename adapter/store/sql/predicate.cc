#include "store/sql/predicate.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace planbro::store::sql {
namespace {

using Kind = IndexRow::Kind;
using Op = Predicate::Op;

constexpr std::size_t kMaxNodes = 5000;   // of one query's predicates
constexpr std::size_t kMaxValues = 5000;  // one of which a row must have
// To plan a join takes PostgreSQL a time that grows with the square of its tables, and each table
// of index rows counts by its partitions: with eight joined 45 ms, with 24 nearly a second.
constexpr std::size_t kMaxJoined = 6;
constexpr std::string_view kTrue = "TRUE";
constexpr std::string_view kFalse = "FALSE";

std::unexpected<Error> senseless() {
  return fail(ErrorCode::kInvalidArgument, "The query compares what cannot be compared.");
}

std::unexpected<Error> tooLarge() {
  return fail(ErrorCode::kLimitExceeded, "The query is too large.");
}

std::string kept(std::string_view text) { return std::string(KeptText(text).view()); }

// Bounds of a span: `low` and `high` are the SQL of the stored ones.
bool addSpan(Fragment& out, const Predicate& predicate, std::string_view low,
             std::string_view high) {
  const auto test = [&](std::string_view column, std::string_view relation, std::int64_t bound) {
    out += fmt::format(" AND {}{}?", column, relation);
    out.add(bound);
  };
  const IndexRow& row = predicate.row;
  switch (predicate.op) {
    case Op::kEquals:
      test(low, "=", row.low);
      test(high, "=", row.high);
      return true;
    case Op::kOverlaps:
      test(low, "<=", row.high);
      test(high, ">=", row.low);
      return true;
    case Op::kWithin:
      test(low, ">=", row.low);
      test(low, "<=", row.high);  // follows from the next, and bounds the scan of the index
      test(high, "<=", row.high);
      return true;
    case Op::kBefore:
      test(high, "<", row.low);
      return true;
    case Op::kAfter:
      test(low, ">", row.high);
      return true;
    case Op::kStartsAtOrAfter:
      test(low, ">=", row.low);
      return true;
    case Op::kEndsAtOrBefore:
      test(high, "<=", row.high);
      return true;
    default:
      return false;
  }
}

bool addText(Fragment& out, const Predicate& predicate, const Database& database) {
  const std::string value = kept(predicate.row.value);
  switch (predicate.op) {
    case Op::kEquals:
      out += " AND r.value=?";
      out.add(value);
      return true;
    case Op::kStartsWith:
      out += " AND r.value>=? AND r.value<?";
      out.add(value).add(value + "\xf4\x8f\xbf\xbf");  // the last code point
      return true;
    case Op::kContains:
      out += " AND " + database.contains("r.value", "?");
      out.add(value);
      return true;
    case Op::kEndsWith:
      out += " AND " + database.endsWith("r.value", "?");
      out.add(value).add(value);
      return true;
    case Op::kOneOf:
      if (predicate.ids.empty()) {
        out += " AND FALSE";
        return true;
      }
      out += " AND r.value IN (";
      for (std::size_t i = 0; i < predicate.ids.size(); ++i) {
        out += i == 0 ? "?" : ",?";
        out.add(kept(predicate.ids[i]));
      }
      out += ")";
      return true;
    case Op::kExact:
      if (predicate.row.kind != Kind::kString) return false;
      if (!value.empty()) {
        out += " AND r.value=?";
        out.add(value);
      }
      out += " AND r.exact=?";
      out.add(kept(predicate.row.exact));
      return true;
    default:
      return false;
  }
}

bool same(const Predicate& left, const Predicate& right) {
  const auto all = [](const Predicate& one) {
    const IndexRow& row = one.row;
    return std::tie(one.op, row.kind, row.low, row.high, one.any_system, one.any_value,
                    one.visibility, row.value, row.parameter, row.system, row.exact, one.ids);
  };
  return all(left) == all(right) && std::ranges::equal(left.children, right.children, same);
}

// As a balanced tree of brackets: SQLite bounds the depth of expressions.
Fragment balanced(const std::vector<Fragment>& parts, std::string_view between, std::size_t begin,
                  std::size_t end) {
  if (end - begin == 1) return parts[begin];
  const std::size_t middle = begin + (end - begin) / 2;
  Fragment out;
  out += "(";
  out += balanced(parts, between, begin, middle);
  out += between;
  out += balanced(parts, between, middle, end);
  out += ")";
  return out;
}

}  // namespace

bool alwaysTrue(const Predicate& predicate) {
  return predicate.op == Op::kAnd && predicate.children.empty();
}

bool comparesOwnTime(const Predicate& predicate) {
  return predicate.row.kind == Kind::kDate && predicate.row.parameter == "_lastUpdated" &&
         predicate.op >= Op::kEquals && predicate.op <= Op::kMissing;
}

std::string_view tableOf(Kind kind) {
  switch (kind) {
    case Kind::kToken:
    case Kind::kUri:
      return "token";
    case Kind::kString:
      return "string";
    case Kind::kReference:
      return "reference";
    case Kind::kDate:
    case Kind::kNumber:
    case Kind::kQuantity:
      break;
  }
  return "span";
}

Fragment PredicateCompiler::current(std::string_view alias, std::int64_t type) const {
  Fragment out;
  out += fmt::format("{0}.type=? AND {0}.sequence<=? AND {0}.replaced>? AND {0}.deleted=0", alias);
  out.add(type).add(moment_).add(moment_);
  return out;
}

Result<std::optional<PredicateCompiler::Leaf>> PredicateCompiler::leaf(const Predicate& predicate,
                                                                       std::int64_t type) {
  const IndexRow& row = predicate.row;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                           database_->parameterNumber(type, row.parameter));
  if (parameter == kUnknownName) return std::nullopt;
  Leaf out;
  out.table = tableOf(row.kind);
  out.condition += "r.parameter=?";
  out.condition.add(parameter);
  if (predicate.op == Op::kMissing) return out;

  std::int64_t system = 0;
  const bool by_type = row.kind == Kind::kReference;
  if (by_type) {
    PLANBRO_ASSIGN_OR_RETURN(system, database_->typeNumber(row.system));
  } else {
    PLANBRO_ASSIGN_OR_RETURN(system, database_->systemNumber(KeptText(row.system).view()));
  }
  const bool system_matters = by_type                       ? !row.system.empty()
                              : out.table == "token"        ? !predicate.any_system
                              : row.kind == Kind::kQuantity ? !row.system.empty()
                                                            : false;
  if (system_matters && system == kUnknownName) return std::nullopt;

  if (predicate.op == Op::kOneOf && (out.table != "token" || predicate.ids.size() > kMaxValues))
    return fail(ErrorCode::kLimitExceeded, "The query compares with too many values.");
  if (by_type) {
    if (predicate.op != Op::kEquals) return senseless();
    if (row.value.empty()) {
      out.condition += " AND r.exact<>'' AND r.exact=?";
      out.condition.add(kept(row.exact));
      return out;
    }
    out.condition += " AND r.target=?";
    out.condition.add(kept(row.value));
    if (system_matters) {
      out.condition += " AND r.type=?";
      out.condition.add(system);
      out.condition += database_->whereReferencesStand(row);
    }
    return out;
  }
  if (out.table == "span") {
    if (!addSpan(out.condition, predicate, "r.low", "r.high")) return senseless();
    if (row.kind == Kind::kQuantity && !row.value.empty()) {
      out.condition += " AND r.unit=?";
      out.condition.add(kept(row.value));
    }
  } else if (!(out.table == "token" && predicate.op == Op::kEquals && predicate.any_value) &&
             !addText(out.condition, predicate, *database_)) {
    return senseless();
  }
  if (system_matters) {
    out.condition += " AND r.system=?";
    out.condition.add(system);
  }
  return out;
}

Result<Fragment> PredicateCompiler::condition(const Predicate& predicate, std::int64_t type,
                                              int depth) {
  if (!predicate.visibility || moment_ == now_) return ofMoment(predicate, type, depth);
  const std::int64_t before = std::exchange(moment_, now_);
  auto seen = seenNow(predicate, type, depth);
  moment_ = before;
  return seen;
}

Result<Fragment> PredicateCompiler::seenNow(const Predicate& visible, std::int64_t type,
                                            int depth) {
  PLANBRO_ASSIGN_OR_RETURN(Fragment was, ofMoment(visible, type, depth));
  if (was.text == kFalse) return was;
  PLANBRO_ASSIGN_OR_RETURN(const Fragment still, ofMoment(visible, type, depth + 1));
  const std::string alias = fmt::format("v{}", depth + 1);
  Fragment out;
  out += "(";
  out += was;
  out += fmt::format(" AND EXISTS(SELECT 1 FROM version {0}{1} WHERE {0}.id=v{2}.id AND ", alias,
                     database_->indexedBy("version_by_id"), depth);
  out += current(alias, type);
  out += " AND ";
  out += still;
  out += "))";
  return out;
}

Result<Fragment> PredicateCompiler::ofMoment(const Predicate& predicate, std::int64_t type,
                                             int depth) {
  if (++nodes_ > kMaxNodes || depth > kMaxPredicateLevels) return tooLarge();
  Fragment out;
  switch (predicate.op) {
    case Op::kAnd:
    case Op::kOr:
      return join(predicate, type, depth);
    case Op::kNot: {
      if (predicate.children.size() != 1) return senseless();
      PLANBRO_ASSIGN_OR_RETURN(const Fragment inner, condition(predicate.children[0], type, depth));
      if (inner.text == kTrue || inner.text == kFalse) {
        out += inner.text == kTrue ? kFalse : kTrue;
        return out;
      }
      // What join() joins stands in brackets.
      out += "NOT ";
      out += inner;
      return out;
    }
    case Op::kReferenceTo:
    case Op::kReferencedBy:
      return chain(predicate, type, depth);
    case Op::kCanonicalTo:
    case Op::kCanonicalBy:
      return canonical(predicate, type, depth);
    default:
      break;
  }
  if (predicate.op == Op::kId || comparesOwnTime(predicate)) return ownCondition(predicate, depth);
  PLANBRO_ASSIGN_OR_RETURN(const std::optional<Leaf> rows, leaf(predicate, type));
  const bool missing = predicate.op == Op::kMissing;
  if (!rows) {
    out += missing ? "TRUE" : "FALSE";
    return out;
  }
  out += fmt::format("{}EXISTS(SELECT 1 FROM {} r WHERE ", missing ? "NOT " : "", rows->table);
  out += database_->belongsTo("r", fmt::format("v{}", depth));
  out += " AND ";
  out += rows->condition;
  out += ending();
  out += ")";
  return out;
}

// Each condition once. What a name that no row has decides alone is decided here: of composite
// parameters most branches are of that kind.
Result<Fragment> PredicateCompiler::join(const Predicate& predicate, std::int64_t type, int depth) {
  const auto& children = predicate.children;
  if (children.size() > kMaxNodes) return tooLarge();
  const bool all = predicate.op == Op::kAnd;
  const std::string_view decides = all ? kFalse : kTrue;
  const std::string_view idle = all ? kTrue : kFalse;
  const bool outside = std::exchange(every_one_, every_one_ && all);
  std::vector<Fragment> parts;
  bool decided = false;
  for (auto child = children.begin(); child != children.end() && !decided; ++child) {
    if (std::any_of(children.begin(), child, [&](const auto& one) { return same(one, *child); }))
      continue;
    PLANBRO_ASSIGN_OR_RETURN(Fragment part, condition(*child, type, depth));
    decided = part.text == decides;
    if (part.text != idle && !decided) parts.push_back(std::move(part));
  }
  every_one_ = outside;
  Fragment out;
  if (decided || parts.empty()) {
    out += decided ? decides : idle;
    return out;
  }
  return balanced(parts, all ? " AND " : " OR ", 0, parts.size());
}

std::string_view PredicateCompiler::ending() {
  return every_one_ && ++joined_ > kMaxJoined ? database_->keptApart() : std::string_view();
}

Result<Fragment> PredicateCompiler::ownCondition(const Predicate& predicate, int depth) {
  Fragment out;
  if (predicate.op == Op::kId) {
    if (predicate.ids.size() > kMaxNodes)
      return fail(ErrorCode::kLimitExceeded, "The query names too many ids.");
    if (predicate.ids.empty()) {
      out += "FALSE";
      return out;
    }
    out += fmt::format("v{}.id IN (", depth);
    for (std::size_t i = 0; i < predicate.ids.size(); ++i) {
      out += i == 0 ? "?" : ",?";
      out.add(predicate.ids[i]);
    }
    out += ")";
    return out;
  }
  if (predicate.op == Op::kMissing) {
    out += "FALSE";
    return out;
  }
  const std::string column = fmt::format("v{}.last_updated", depth);
  out += "(TRUE";
  if (!addSpan(out, predicate, column, column)) return senseless();
  out += ")";
  return out;
}

}  // namespace planbro::store::sql
