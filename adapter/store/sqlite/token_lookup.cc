// A search by one token, as every conditional write asks it: one step in one index.
#include <string_view>
#include <utility>
#include <vector>

#include "store/sql/whole_token.h"
#include "store/sqlite/view.h"

namespace planbro::store::sqlite {
Result<std::optional<SearchPage>> View::lookUp(const Query& query) {
  const Predicate* token = sql::wholeToken(query);
  if (token == nullptr) return std::nullopt;
  SearchPage page;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t last, lastSequence());
  page.moment = static_cast<std::uint64_t>(last);
  Names& names = session_->names;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, names.type(query.type));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                           names.parameter(type, token->row.parameter));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t system,
                           names.system(sql::KeptText(token->row.system).view()));
  if (parameter == sql::kUnknownName || system == sql::kUnknownName) return page;

  std::vector<std::int64_t> sequences;
  {
    PLANBRO_ASSIGN_OR_RETURN(
        Statement rows,
        session_->connection->prepare("SELECT sequence FROM token WHERE parameter=? AND value=? "
                                      "AND system=? ORDER BY sequence LIMIT ?"));
    const sql::KeptText value(token->row.value);
    rows.bind(parameter).bind(value.view()).bind(system).bind(std::int64_t{sql::kFewTokens + 1});
    while (true) {
      PLANBRO_ASSIGN_OR_RETURN(const bool row, rows.step());
      if (!row) break;
      sequences.push_back(rows.integer(0));
    }
  }
  if (sequences.size() > sql::kFewTokens) return std::nullopt;
  for (const std::int64_t sequence : sequences) {
    PLANBRO_ASSIGN_OR_RETURN(std::optional<Version> version, current(sequence));
    if (!version.has_value()) continue;
    if (page.matches.size() == query.count) return std::nullopt;  // there is another page
    page.matches.push_back(std::move(*version));
  }
  return page;
}

}  // namespace planbro::store::sqlite
