// The schema: numbered .sql files, linked in, applied forward only (docs/store.md).
#pragma once

#include <cstdint>

#include "base/error.h"
#include "store/sqlite/connection.h"

namespace planbro::store::sqlite {

// "PLBR" in the file's header, so that `file` and we ourselves know whose it is.
inline constexpr std::int64_t kApplicationId = 0x504c4252;

int newestSchema();

// Which schema the file has; 0: it is empty. kUnsupported as below.
Result<std::int64_t> schemaOf(Connection& connection);

// For those who make and migrate nothing. kCorrupt: the file is empty; kUnsupported: an older
// schema, or as below.
Status mustBeNewest(Connection& connection);

// Makes the schema in an empty file, or brings an older one up, each step in a transaction of its
// own. kUnsupported: somebody else's file, or one of a newer program.
Status migrate(Connection& connection);

}  // namespace planbro::store::sqlite
