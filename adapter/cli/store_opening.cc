#include "cli/store_opening.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>

#include "base/log.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::cli {
namespace {

constexpr auto kLongToOpen = std::chrono::seconds(1);

// Until it ends: tells why nothing happens, if opening takes that long.
std::jthread tellOfWaiting() {
  return std::jthread([](const std::stop_token& opened) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    if (!wake.wait_for(lock, opened, kLongToOpen, [&] { return opened.stop_requested(); }))
      log::info("still opening the store: it may be migrated just now, here or by another program");
  });
}

}  // namespace

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
  const std::jthread telling = tellOfWaiting();
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

std::string shownStore(const StoreConfig& config, const std::filesystem::path& data) {
  if (config.address.empty()) return fileOf(config, data).string();
  return fmt::format("PostgreSQL {}, schema {}", store::shownPostgresAddress(config.address),
                     config.schema);
}

}  // namespace planbro::cli
