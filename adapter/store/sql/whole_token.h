// Queries that ask for one token and nothing else, as every conditional write does: a step in one
// index answers them.
#pragma once

#include <cstddef>

#include "store/query.h"

namespace planbro::store::sql {

// Rows of the index that are worth looking at one by one, those of old versions among them.
inline constexpr std::size_t kFewTokens = 16;

// The test of the token, its system and value whole; nullptr: the query asks for something else, or
// for totals, order or pages.
const Predicate* wholeToken(const Query& query);

}  // namespace planbro::store::sql
