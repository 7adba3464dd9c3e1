// Chains over canonicals. Whoever names "url|version" has the rows "url|version" and "url".
#include <fmt/format.h>

#include <utility>

#include "store/sql/predicate.h"

namespace planbro::store::sql {

using Op = Predicate::Op;

Result<std::optional<PredicateCompiler::CanonicalLink>> PredicateCompiler::canonicalLink(
    const Predicate& predicate, std::int64_t type) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t other, database_->typeNumber(predicate.row.system));
  const bool to = predicate.op == Op::kCanonicalTo;
  CanonicalLink link;
  link.source = to ? type : other;
  link.target = to ? other : type;
  if (other == kUnknownName) return std::nullopt;
  PLANBRO_ASSIGN_OR_RETURN(link.parameter,
                           database_->parameterNumber(link.source, predicate.row.parameter));
  PLANBRO_ASSIGN_OR_RETURN(link.url, database_->parameterNumber(link.target, "url"));
  PLANBRO_ASSIGN_OR_RETURN(link.version, database_->parameterNumber(link.target, "version"));
  if (link.parameter == kUnknownName || link.url == kUnknownName) return std::nullopt;
  return link;
}

Result<Fragment> PredicateCompiler::canonical(const Predicate& predicate, std::int64_t type,
                                              int depth) {
  if (predicate.children.size() != 1)
    return fail(ErrorCode::kInvalidArgument, "A chain leads to one condition.");
  PLANBRO_ASSIGN_OR_RETURN(const std::optional<CanonicalLink> link, canonicalLink(predicate, type));
  Fragment out;
  if (!link) {
    out += "FALSE";
    return out;
  }
  const bool to = predicate.op == Op::kCanonicalTo;
  const std::int64_t other = to ? link->target : link->source;
  const std::string own = fmt::format("v{}", depth);
  const std::string alias = fmt::format("v{}", depth + 1);
  const std::string& source = to ? own : alias;
  const std::string& target = to ? alias : own;
  const std::string_view end = ending();
  const std::string outside = std::exchange(row_, {});
  PLANBRO_ASSIGN_OR_RETURN(const Fragment inner,
                           condition(predicate.children[0], other, depth + 1));
  row_ = outside;
  // u is the url of what is named, r the row that names it; w and t are their versions.
  const Fragment names_it = database_->belongsTo("w", source);
  out +=
      fmt::format("EXISTS(SELECT 1 FROM {} CROSS JOIN version {} WHERE ",
                  to ? "reference r CROSS JOIN token u" : "token u CROSS JOIN reference r", alias);
  out += database_->belongsTo("r", source);
  out += " AND ";
  out += database_->belongsTo("u", target);
  out += " AND u.parameter=? AND r.parameter=? AND r.exact<>'' AND r.exact=u.value AND ";
  out.add(link->url).add(link->parameter);
  out += current(alias, other);
  // "}" follows "|" in the order of the column.
  out += " AND (NOT EXISTS(SELECT 1 FROM reference w WHERE ";
  out += names_it;
  out +=
      " AND w.parameter=? AND w.exact>=u.value||'|' AND w.exact<u.value||'}') OR "
      "EXISTS(SELECT 1 FROM token t CROSS JOIN reference w WHERE ";
  out.add(link->parameter);
  out += database_->belongsTo("t", target);
  out += " AND t.parameter=? AND ";
  out.add(link->version);
  out += names_it;
  out += " AND w.parameter=? AND w.exact=u.value||'|'||t.value)) AND ";
  out.add(link->parameter);
  out += inner;
  out += end;
  out += ")";
  return out;
}

}  // namespace planbro::store::sql
