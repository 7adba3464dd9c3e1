// Where a search takes its candidates from: the smallest set of index rows, found by counting.
#include <fmt/format.h>

#include "store/sqlite/predicate.h"

namespace planbro::store::sqlite {
namespace {

using Kind = IndexRow::Kind;
using Op = Predicate::Op;

constexpr std::int64_t kShort = 1000;    // rows that are worth beginning from
constexpr std::int64_t kVeryShort = 16;  // good enough to look no further
constexpr std::string_view kNothing = "SELECT 0 AS sequence WHERE 0";

// Whether an index finds the rows without passing many others.
bool isSelective(const Predicate& predicate) {
  switch (predicate.op) {
    case Op::kEquals:
      return predicate.row.kind == Kind::kReference || !predicate.any_value;
    case Op::kStartsWith:
      return !predicate.row.value.empty();
    case Op::kExact:
      return !predicate.row.value.empty();
    case Op::kWithin:
    case Op::kAfter:
    case Op::kStartsAtOrAfter:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<std::optional<Fragment>> PredicateCompiler::shortlist(const Predicate& predicate,
                                                             std::int64_t type) {
  PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> best, guess(predicate, type, 0));
  if (!best) return std::nullopt;
  return std::move(best->select);
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::counted(Fragment select) {
  Fragment counting;
  counting += "SELECT count(*) FROM (";
  counting += select;
  counting += " LIMIT ?)";
  counting.add(kShort + 1);
  PLANBRO_ASSIGN_OR_RETURN(Statement count, session_->connection->prepare(counting.text));
  count.bindAll(counting.values);
  PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, count.step());
  const std::int64_t rows = count.integer(0);
  if (rows > kShort) return std::nullopt;
  return Guess{std::move(select), rows};
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guess(const Predicate& predicate,
                                                                         std::int64_t type,
                                                                         int level) {
  if (level > kMaxPredicateLevels) return std::nullopt;
  switch (predicate.op) {
    case Op::kAnd:
      return guessBest(predicate, type, level);
    case Op::kOr:
      return guessAny(predicate, type, level);
    case Op::kReferenceTo:
    case Op::kReferencedBy:
      return guessReference(predicate, type, level);
    case Op::kId: {
      if (static_cast<std::int64_t>(predicate.ids.size()) > kShort) return std::nullopt;
      PLANBRO_ASSIGN_OR_RETURN(const Fragment ids, ownCondition(predicate, level));
      const std::string alias = fmt::format("v{}", level);
      Guess out;
      out.select += fmt::format(
          "SELECT {0}.sequence AS sequence FROM version {0} INDEXED BY version_by_id WHERE ",
          alias);
      out.select += current(alias, type);
      out.select += " AND ";
      out.select += ids;
      out.rows = static_cast<std::int64_t>(predicate.ids.size());
      return out;
    }
    default:
      break;
  }
  if (!isSelective(predicate) || comparesOwnTime(predicate)) return std::nullopt;
  PLANBRO_ASSIGN_OR_RETURN(const std::optional<Leaf> rows, leaf(predicate, type));
  Fragment select;
  if (!rows) {
    select += kNothing;
    return Guess{std::move(select), 0};
  }
  select += fmt::format("SELECT r.sequence AS sequence FROM {} r WHERE ", rows->table);
  select += rows->condition;
  return counted(std::move(select));
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessBest(
    const Predicate& predicate, std::int64_t type, int level) {
  std::optional<Guess> best;
  for (const Predicate& child : predicate.children) {
    PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> one, guess(child, type, level + 1));
    if (one && (!best || one->rows < best->rows)) best = std::move(one);
    if (best && best->rows <= kVeryShort) break;
  }
  return best;
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessAny(
    const Predicate& predicate, std::int64_t type, int level) {
  Guess all;
  all.select += kNothing;
  // SQLite bounds the terms of a compound; a wide OR is tested row by row.
  constexpr std::size_t kWide = 100;
  if (predicate.children.size() > kWide) return std::nullopt;
  for (const Predicate& child : predicate.children) {
    PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> one, guess(child, type, level + 1));
    if (!one || all.rows + one->rows > kShort) return std::nullopt;
    all.rows += one->rows;
    all.select += " UNION ALL SELECT sequence FROM (";
    all.select += one->select;
    all.select += ")";
  }
  return all;
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessReference(
    const Predicate& predicate, std::int64_t type, int level) {
  if (predicate.children.size() != 1) return std::nullopt;
  const bool to = predicate.op == Op::kReferenceTo;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t other, session_->names.type(predicate.row.system));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                           session_->names.parameter(to ? type : other, predicate.row.parameter));
  Fragment select;
  if (other == Names::kUnknown || parameter == Names::kUnknown) {
    select += kNothing;
    return Guess{std::move(select), 0};
  }
  PLANBRO_ASSIGN_OR_RETURN(const std::optional<Guess> start,
                           guess(predicate.children[0], other, level + 1));
  if (!start) return std::nullopt;
  if (to) {
    select += "SELECT r.sequence AS sequence FROM (";
    select += start->select;
    select +=
        ") d CROSS JOIN version t CROSS JOIN reference r WHERE t.sequence=d.sequence AND t.type=? "
        "AND r.parameter=? AND r.target=t.id AND r.type=t.type";
    select.add(other).add(parameter);
    return counted(std::move(select));
  }
  select += "SELECT t.sequence AS sequence FROM (";
  select += start->select;
  select +=
      ") d CROSS JOIN reference r CROSS JOIN version t INDEXED BY version_by_id WHERE "
      "r.sequence=d.sequence AND "
      "r.parameter=? AND r.type=? AND t.id=r.target AND ";
  select.add(parameter).add(type);
  select += current("t", type);
  return counted(std::move(select));
}

}  // namespace planbro::store::sqlite
