// Chains over references: what a candidate refers to, and what refers to it.
#include <fmt/format.h>

#include <algorithm>

#include "store/sql/predicate.h"

namespace planbro::store::sql {
namespace {

using Op = Predicate::Op;

bool isStep(const Predicate& predicate) {
  const bool follows = predicate.op == Op::kReferenceTo || predicate.op == Op::kReferencedBy;
  return follows && !predicate.visibility;
}

// The step with which a chain goes on at `inner`, alone or beside other conditions.
const Predicate* nextStep(const Predicate& inner) {
  if (isStep(inner)) return &inner;
  if (inner.op != Op::kAnd) return nullptr;
  const auto found = std::find_if(inner.children.begin(), inner.children.end(), isStep);
  return found == inner.children.end() ? nullptr : &*found;
}

}  // namespace

Result<std::optional<PredicateCompiler::Step>> PredicateCompiler::step(const Predicate& predicate,
                                                                       std::int64_t type,
                                                                       int depth) {
  const bool to = predicate.op == Op::kReferenceTo;
  Step out;
  PLANBRO_ASSIGN_OR_RETURN(out.type, database_->typeNumber(predicate.row.system));
  PLANBRO_ASSIGN_OR_RETURN(
      const std::int64_t parameter,
      database_->parameterNumber(to ? type : out.type, predicate.row.parameter));
  if (out.type == kUnknownName || parameter == kUnknownName) return std::nullopt;
  const std::string own = fmt::format("v{}", depth);
  const std::string row = fmt::format("r{}", depth + 1);
  const std::string other = fmt::format("v{}", depth + 1);
  out.tables = fmt::format("reference {} CROSS JOIN version {}{}", row, other,
                           to ? database_->indexedBy("version_by_id") : std::string());
  if (to) {
    out.condition += database_->belongsTo(row, own);
    out.condition +=
        fmt::format(" AND {0}.parameter=? AND {0}.type=? AND {1}.id={0}.target AND ", row, other);
    out.condition.add(parameter).add(out.type);
  } else {
    out.condition += fmt::format(
        "{0}.parameter=? AND {0}.target={1}.id AND {0}.type={1}.type AND "
        "{2}.sequence={0}.sequence AND ",
        row, own, other);
    out.condition.add(parameter);
  }
  out.condition += current(other, out.type);
  return out;
}

Result<Fragment> PredicateCompiler::chain(const Predicate& predicate, std::int64_t type,
                                          int depth) {
  // Of few candidates PostgreSQL does better to go step by step than to plan a join of all: it then
  // looks for the next step of what the one before has found, and of nothing else.
  const bool by_step = few_ && !row_.empty() && !database_->keptApart().empty();
  const std::string_view end = by_step ? database_->keptApart() : ending();
  const std::string before = row_;
  std::string tables;
  Fragment where;
  const auto also = [&](const Predicate& one) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(const Fragment condition, this->condition(one, type, depth));
    where += " AND ";
    where += condition;
    return {};
  };
  for (const Predicate* at = &predicate; at != nullptr;) {
    if (at->children.size() != 1)
      return fail(ErrorCode::kInvalidArgument, "A chain leads to one condition.");
    PLANBRO_ASSIGN_OR_RETURN(const std::optional<Step> next, step(*at, type, depth));
    if (!next) {
      row_ = before;
      Fragment none;
      none += "FALSE";
      return none;
    }
    tables += (tables.empty() ? "" : " CROSS JOIN ") + next->tables;
    if (!where.text.empty()) where += " AND ";
    where += next->condition;
    type = next->type;
    ++depth;
    row_ = fmt::format("r{}", depth);
    const Predicate& inner = at->children.front();
    at = database_->joinsChains() ? nextStep(inner) : nullptr;
    if (at == nullptr) PLANBRO_RETURN_IF_ERROR(also(inner));
    if (at == nullptr || at == &inner) continue;
    for (const Predicate& child : inner.children)
      if (&child != at) PLANBRO_RETURN_IF_ERROR(also(child));
  }
  row_ = before;
  Fragment out;
  out += fmt::format("EXISTS(SELECT 1 FROM {} WHERE ", tables);
  if (by_step) out += before + ".sequence IS NOT NULL AND ";
  out += where;
  out += end;
  out += ")";
  return out;
}

}  // namespace planbro::store::sql
