// The schema: numbered .sql files, linked in, applied forward only (docs/store.md).
#pragma once

#include "base/error.h"
#include "store/sqlite/connection.h"

namespace planbro::store::sqlite {

// "PLBR" in the file's header, so that `file` and we ourselves know whose it is.
inline constexpr std::int64_t kApplicationId = 0x504c4252;

int newestSchema();

// Makes the schema in an empty file, or brings an older one up, each step in a transaction of its
// own. kUnsupported: somebody else's file, or one of a newer program.
Status migrate(Connection& connection);

}  // namespace planbro::store::sqlite
