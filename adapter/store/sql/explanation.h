// How a search would run, for operators.
#pragma once

#include <string>

#include "store/query.h"
#include "store/sql/database.h"

namespace planbro::store::sql {

// Lines of text: of each condition how many candidates its index gives (without the number where
// the caller does not see everything), where the search begins, the statement without its values,
// and the database's own plan. `last`: the newest sequence.
Result<std::string> explain(const Query& query, std::int64_t last, Database& database);

}  // namespace planbro::store::sql
