// The store of a configuration or of an address: an embedded file or a PostgreSQL database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/config.h"
#include "store/store.h"

namespace planbro::cli {

// Whether a store that is not there is made, and one of an older schema migrated.
enum class Opening : std::uint8_t { kMake, kExisting };

// kNotFound for a file that is not there, kCorrupt for an empty one. A database is asked when it is
// opened.
Status mustExist(const StoreConfig& config, const std::filesystem::path& data);

// Opened or made: store.address, store.path, or the file in the data folder.
Result<std::unique_ptr<store::Store>> openStore(const StoreConfig& config,
                                                const std::filesystem::path& data,
                                                Opening opening = Opening::kMake);

// The same from what people write: "postgres://…", a SQLite file, or a data folder that holds one.
StoreConfig storeNamed(const std::string& address, StoreConfig base);

// The SQLite file that openStore() would open; empty when it is a database.
std::filesystem::path fileOf(const StoreConfig& config, const std::filesystem::path& data);

// Which one it would open, for people: the file, or the database without what is secret.
std::string shownStore(const StoreConfig& config, const std::filesystem::path& data);

}  // namespace planbro::cli
