// A history as SQL.
#pragma once

#include <cstdint>
#include <optional>

#include "store/sql/fragment.h"
#include "store/store.h"

namespace planbro::store::sql {

// What stands behind "SELECT … FROM version v …": conditions, order and limit. `type` is the number
// of query.type, where that is asked for; at most `most` versions.
Fragment historyStatement(const HistoryQuery& query, std::optional<std::int64_t> type,
                          std::uint32_t most);

}  // namespace planbro::store::sql
