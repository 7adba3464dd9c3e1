// A copy of a SQLite store while it is in use.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace planbro::store {

// `copy` becomes a store of the moment at which this began: compact, checked, on disk. Writers and
// readers go on. kConflict: `copy` is there already; kIo: it cannot be written, nothing of it
// stays.
Status backupSqlite(const std::filesystem::path& store, const std::filesystem::path& copy);

// `copy`, made beside it and complete, takes its place and is on disk on return.
Status putInPlace(const std::filesystem::path& made, const std::filesystem::path& copy);

}  // namespace planbro::store
