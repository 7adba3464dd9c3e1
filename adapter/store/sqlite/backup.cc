#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <system_error>

#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::store {
namespace {

Status sync(const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return fail(ErrorCode::kIo, fmt::format("{} cannot be written to disk.", path.string()));
}

Status write(const std::filesystem::path& store, const std::filesystem::path& made) {
  {
    PLANBRO_ASSIGN_OR_RETURN(const auto source, sqlite::Connection::open(store, {}));
    PLANBRO_ASSIGN_OR_RETURN(sqlite::Statement vacuum, source->prepare("VACUUM INTO ?"));
    vacuum.bind(made.native());
    PLANBRO_RETURN_IF_ERROR(vacuum.run());
  }
  SqliteOptions options;
  options.path = made;
  PLANBRO_ASSIGN_OR_RETURN(const auto copied, openSqlite(options));
  return copied->verify();
}

void removeWithLog(const std::filesystem::path& path) {
  std::error_code error;
  for (const char* end : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(path.string() + end, error);
}

}  // namespace

Status putInPlace(const std::filesystem::path& made, const std::filesystem::path& copy) {
  PLANBRO_RETURN_IF_ERROR(sync(made, O_RDONLY));
  std::error_code error;
  std::filesystem::rename(made, copy, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("{} cannot be written.", copy.string()));
  const std::filesystem::path folder = copy.has_parent_path() ? copy.parent_path() : ".";
  return sync(folder, O_RDONLY | O_DIRECTORY);
}

Status backupSqlite(const std::filesystem::path& store, const std::filesystem::path& copy) {
  std::error_code error;
  if (std::filesystem::exists(copy, error))
    return fail(ErrorCode::kConflict, fmt::format("{} is there already.", copy.string()));
  if (copy.has_parent_path()) std::filesystem::create_directories(copy.parent_path(), error);
  const std::filesystem::path made = copy.string() + ".partial";
  removeWithLog(made);
  Status status = write(store, made);
  if (status) status = putInPlace(made, copy);
  if (!status) removeWithLog(made);
  return status;
}

}  // namespace planbro::store
