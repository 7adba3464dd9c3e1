// Whether a SQLite store is sound.
#pragma once

#include "base/error.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/view.h"

namespace planbro::store::sqlite {

// SQLite's own check of a file of any schema; kCorrupt.
Status verifyFile(Connection& connection);

// No version and no index row has the number of a name that is not there; kCorrupt.
Status verifyNames(Connection& connection);

// The change log has no gaps, every living version has a body, every body reads; kCorrupt.
Status verifyVersions(Session& session);

}  // namespace planbro::store::sqlite
