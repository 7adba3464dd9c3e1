#include "cli/store_opening.h"

#include <fmt/format.h>

#include <system_error>

#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::cli {

std::filesystem::path fileOf(const StoreConfig& config, const std::filesystem::path& data) {
  if (!config.address.empty()) return {};
  return config.path.empty() ? storeFile(data) : config.path;
}

Status mustExist(const StoreConfig& config, const std::filesystem::path& data) {
  const std::filesystem::path file = fileOf(config, data);
  std::error_code error;
  if (file.empty()) return {};
  if (std::filesystem::is_regular_file(file, error)) {
    if (std::filesystem::file_size(file, error) > 0) return {};
    return fail(ErrorCode::kCorrupt,
                fmt::format("The store {} is empty. Restore it from a backup.", file.string()));
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no store {}", file.string()));
}

Result<std::unique_ptr<store::Store>> openStore(const StoreConfig& config,
                                                const std::filesystem::path& data,
                                                Opening opening) {
  if (opening == Opening::kExisting) PLANBRO_RETURN_IF_ERROR(mustExist(config, data));
  if (config.address.empty()) {
    store::SqliteOptions options;
    options.path = fileOf(config, data);
    options.readers = config.readers;
    options.existing = opening == Opening::kExisting;
    return store::openSqlite(options);
  }
  store::PostgresOptions options;
  options.address = config.address;
  options.schema = config.schema;
  options.readers = config.readers;
  options.existing = opening == Opening::kExisting;
  return store::openPostgres(options);
}

StoreConfig storeNamed(const std::string& address, StoreConfig base) {
  base.address.clear();
  base.path.clear();
  std::error_code error;
  if (store::isPostgresAddress(address)) {
    base.address = address;
  } else {
    base.path = std::filesystem::is_directory(address, error) ? storeFile(address)
                                                              : std::filesystem::path(address);
  }
  return base;
}

}  // namespace planbro::cli
