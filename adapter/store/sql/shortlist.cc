// Where a search takes its candidates from: the smallest set of index rows, found by counting.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "store/sql/predicate.h"

namespace planbro::store::sql {
namespace {

using Kind = IndexRow::Kind;
using Op = Predicate::Op;

constexpr std::int64_t kShort = 1000;    // rows that are worth beginning from
constexpr std::int64_t kVeryShort = 16;  // good enough to look no further
constexpr std::string_view kNothing = "SELECT 0 AS sequence WHERE FALSE";

// Whether an index finds the rows without passing many others.
bool isSelective(const Predicate& predicate) {
  switch (predicate.op) {
    case Op::kEquals:
      return predicate.row.kind == Kind::kReference || !predicate.any_value;
    case Op::kStartsWith:
      return !predicate.row.value.empty();
    case Op::kExact:
      return !predicate.row.value.empty();
    case Op::kOneOf:
    case Op::kWithin:
    case Op::kAfter:
    case Op::kStartsAtOrAfter:
      return true;
    default:
      return false;
  }
}

// One resource, or those about one.
bool isNarrow(const Predicate& predicate) {
  return predicate.op == Op::kId ||
         (predicate.op == Op::kEquals && predicate.row.kind == Kind::kReference);
}

Fragment whole(const std::vector<Fragment>& with, const Fragment& select) {
  Fragment out;
  for (const Fragment& one : with) {
    out += out.text.empty() ? "WITH " : ",";
    out += one;
  }
  if (!with.empty()) out += " ";
  out += select;
  return out;
}

}  // namespace

Result<std::optional<Fragment>> PredicateCompiler::shortlist(const Predicate& predicate,
                                                             std::int64_t type) {
  PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> best, guess(predicate, type, 0));
  few_ = best.has_value();
  if (!best) return std::nullopt;
  return whole(best->with, best->select);
}

std::string PredicateCompiler::nameSelect(Guess& guess) {
  std::string name = fmt::format("s{}", ++names_);
  Fragment named;
  // Of few rows, as they were counted; PostgreSQL would plan all of them as one join.
  named += name + " AS MATERIALIZED (";
  named += guess.select;
  named += ")";
  guess.with.push_back(std::move(named));
  guess.select = {};
  guess.terms = 1;
  return name;
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::counted(Guess guess) {
  Fragment counting;
  counting += "SELECT count(*) FROM (";
  counting += whole(guess.with, guess.select);
  counting += " LIMIT ?) c";
  counting.add(kShort + 1);
  PLANBRO_ASSIGN_OR_RETURN(const auto row, database_->firstRow(counting, 1));
  guess.rows = row ? std::get<std::int64_t>(row->front()) : 0;
  if (guess.rows > kShort) return std::nullopt;
  return guess;
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guess(const Predicate& predicate,
                                                                         std::int64_t type,
                                                                         int level) {
  if (level > kMaxPredicateLevels) return std::nullopt;
  // What is seen now leads to versions of now, which are not those of the moment.
  if (predicate.visibility && moment_ != now_) return std::nullopt;
  switch (predicate.op) {
    case Op::kAnd:
      return guessBest(predicate, type, level);
    case Op::kOr:
      return guessAny(predicate, type, level);
    case Op::kReferenceTo:
    case Op::kReferencedBy:
      return guessReference(predicate, type, level);
    case Op::kCanonicalTo:
    case Op::kCanonicalBy:
      return guessCanonical(predicate, type, level);
    case Op::kId: {
      if (static_cast<std::int64_t>(predicate.ids.size()) > kShort) return std::nullopt;
      PLANBRO_ASSIGN_OR_RETURN(const Fragment ids, ownCondition(predicate, level));
      const std::string alias = fmt::format("v{}", level);
      Guess out;
      out.select += fmt::format("SELECT {0}.sequence AS sequence FROM version {0}{1} WHERE ", alias,
                                database_->indexedBy("version_by_id"));
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
  Guess out;
  if (!rows) {
    out.select += kNothing;
    return out;
  }
  out.select += fmt::format("SELECT r.sequence AS sequence FROM {} r WHERE ", rows->table);
  out.select += rows->condition;
  return counted(std::move(out));
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessBest(
    const Predicate& predicate, std::int64_t type, int level) {
  std::optional<Guess> best;
  // What most likely leads to a few comes first, whatever the order it was asked in.
  for (const bool narrow : {true, false}) {
    for (const Predicate& child : predicate.children) {
      if (isNarrow(child) != narrow) continue;
      PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> one, guess(child, type, level + 1));
      if (one && (!best || one->rows < best->rows)) best = std::move(one);
      if (best && best->rows <= kVeryShort) return best;
    }
  }
  return best;
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessAny(
    const Predicate& predicate, std::int64_t type, int level) {
  Guess all;
  all.select += kNothing;
  // SQLite bounds the terms of a compound; a wide OR is tested row by row.
  constexpr std::size_t kWide = 100;
  for (const Predicate& child : predicate.children) {
    PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> one, guess(child, type, level + 1));
    if (!one || all.rows + one->rows > kShort || all.terms + one->terms > kWide)
      return std::nullopt;
    if (one->rows == 0) continue;
    all.rows += one->rows;
    all.terms += one->terms;
    std::move(one->with.begin(), one->with.end(), std::back_inserter(all.with));
    all.select += " UNION ALL ";
    all.select += one->select;
  }
  return all;
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessReference(
    const Predicate& predicate, std::int64_t type, int level) {
  if (predicate.children.size() != 1) return std::nullopt;
  const bool to = predicate.op == Op::kReferenceTo;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t other, database_->typeNumber(predicate.row.system));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                           database_->parameterNumber(to ? type : other, predicate.row.parameter));
  if (other == kUnknownName || parameter == kUnknownName) {
    Guess none;
    none.select += kNothing;
    return none;
  }
  PLANBRO_ASSIGN_OR_RETURN(std::optional<Guess> out,
                           guess(predicate.children[0], other, level + 1));
  if (!out) return std::nullopt;
  const std::string start = nameSelect(*out);
  Fragment& select = out->select;
  if (to) {
    select += fmt::format(
        "SELECT r.sequence AS sequence FROM {} d CROSS JOIN {} CROSS JOIN reference r "
        "WHERE t.sequence=d.sequence AND t.type=? AND r.parameter=? AND r.target=t.id AND "
        "r.type=t.type",
        start, database_->versionBy("t", "sequence=d.sequence"));
    select.add(other).add(parameter);
    return counted(std::move(*out));
  }
  select += fmt::format(
      "SELECT t.sequence AS sequence FROM {} d CROSS JOIN reference r CROSS JOIN version t{} "
      "WHERE r.sequence=d.sequence AND r.parameter=? AND r.type=? AND t.id=r.target AND ",
      start, database_->indexedBy("version_by_id"));
  select.add(parameter).add(type);
  select += current("t", type);
  return counted(std::move(*out));
}

Result<std::optional<PredicateCompiler::Guess>> PredicateCompiler::guessCanonical(
    const Predicate& predicate, std::int64_t type, int level) {
  if (predicate.children.size() != 1) return std::nullopt;
  PLANBRO_ASSIGN_OR_RETURN(const std::optional<CanonicalLink> link, canonicalLink(predicate, type));
  if (!link) {
    Guess none;
    none.select += kNothing;
    return none;
  }
  const bool to = predicate.op == Op::kCanonicalTo;
  PLANBRO_ASSIGN_OR_RETURN(
      std::optional<Guess> out,
      guess(predicate.children[0], to ? link->target : link->source, level + 1));
  if (!out) return std::nullopt;
  const std::string start = nameSelect(*out);
  // From the rows of the one to those of the other: u is the url, r what names it.
  out->select += fmt::format(
      "SELECT {0}.sequence AS sequence FROM {1} d CROSS JOIN {2} WHERE {3}.sequence=d.sequence AND "
      "u.parameter=? AND r.parameter=? AND r.exact<>'' AND r.exact=u.value",
      to ? "r" : "u", start,
      to ? "token u CROSS JOIN reference r" : "reference r CROSS JOIN token u", to ? "u" : "r");
  out->select.add(link->url).add(link->parameter);
  return counted(std::move(*out));
}

}  // namespace planbro::store::sql
