#include "store/sql/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "store/sql/predicate.h"
#include "store/sql/search_statement.h"

namespace planbro::store::sql {
namespace {

using Op = Predicate::Op;

// What a condition is about: the parameters of its leaves, each once.
std::string namesIn(const Predicate& predicate) {
  std::vector<std::string> names;
  std::vector<const Predicate*> open{&predicate};
  while (!open.empty()) {
    const Predicate& one = *open.back();
    open.pop_back();
    const std::string name = one.op == Op::kId ? "_id" : one.row.parameter;
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
    for (auto child = one.children.rbegin(); child != one.children.rend(); ++child)
      open.push_back(&*child);
  }
  constexpr std::size_t kShown = 4;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i)
    out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) out += ", …";
  return out.empty() ? "everything" : out;
}

// Whether somebody is asking who does not see everything.
bool isLimited(const Query& query) {
  if (!alwaysTrue(query.visible)) return true;
  std::vector<const Predicate*> open{&query.where};
  while (!open.empty()) {
    const Predicate& one = *open.back();
    open.pop_back();
    if (one.visibility) return true;
    for (const Predicate& child : one.children) open.push_back(&child);
  }
  return false;
}

// `tells_number`: rows of what is hidden count with the others.
Result<std::string> candidates(const Predicate& predicate, std::int64_t type, std::int64_t last,
                               bool tells_number, Database& database) {
  PredicateCompiler compiler(database, last, last);
  PLANBRO_ASSIGN_OR_RETURN(const auto shortlist, compiler.shortlist(predicate, type));
  if (!shortlist) return std::string("tested row by row");
  if (!tells_number) return std::string("candidates by index");
  Fragment counting;
  counting += "SELECT count(*) FROM (SELECT DISTINCT sequence FROM (";
  counting += *shortlist;
  counting += ") s) c";
  PLANBRO_ASSIGN_OR_RETURN(const auto row, database.firstRow(counting, 1));
  return fmt::format("{} candidates by index", row ? std::get<std::int64_t>(row->front()) : 0);
}

}  // namespace

Result<std::string> explain(const Query& query, std::int64_t last, Database& database) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, database.typeNumber(query.type));
  std::vector<const Predicate*> conditions;
  if (query.where.op == Op::kAnd) {
    for (const Predicate& child : query.where.children) conditions.push_back(&child);
  } else {
    conditions.push_back(&query.where);
  }
  const bool counts = !isLimited(query);
  std::string out;
  for (const Predicate* condition : conditions) {
    PLANBRO_ASSIGN_OR_RETURN(const std::string found,
                             candidates(*condition, type, last, counts, database));
    out += fmt::format("{}: {}\n", namesIn(*condition), found);
  }
  PLANBRO_ASSIGN_OR_RETURN(const std::string begins,
                           candidates(query.where, type, last, counts, database));
  out += fmt::format("begins with: {}\n", begins);
  Query first = query;
  first.cursor.reset();
  PLANBRO_ASSIGN_OR_RETURN(const Cursor cursor, cursorOf(first, last));
  PLANBRO_ASSIGN_OR_RETURN(const SearchStatement statement,
                           SearchStatement::compile(first, cursor, last, database));
  PLANBRO_ASSIGN_OR_RETURN(const Fragment listing, statement.listing(query.count));
  out += "statement: " + listing.text + "\n";
  PLANBRO_ASSIGN_OR_RETURN(const std::vector<std::string> plan, database.plan(listing));
  for (const std::string& line : plan) out += "plan: " + line + "\n";
  return out;
}

}  // namespace planbro::store::sql
