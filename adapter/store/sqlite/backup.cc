#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "store/sqlite/connection.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/verify.h"

namespace planbro::store {
namespace {

constexpr std::array kLogs = {"-wal", "-shm", "-journal"};

std::unexpected<Error> cannotBeWritten(const std::filesystem::path& path) {
  return fail(ErrorCode::kIo, fmt::format("{} cannot be written.", path.string()));
}

std::unexpected<Error> isThere(const std::string& path) {
  return fail(ErrorCode::kConflict, fmt::format("{} is there already.", path));
}

Status mustBeFree(const std::filesystem::path& name) {
  std::error_code error;
  if (std::filesystem::exists(name, error)) return isThere(name.string());
  // SQLite would lay it over the new store.
  for (const char* end : kLogs) {
    if (std::filesystem::exists(name.string() + end, error)) return isThere(name.string() + end);
  }
  return {};
}

bool isStillThere(int file, const std::filesystem::path& path) {
  struct stat own{};
  struct stat now{};
  return ::fstat(file, &own) == 0 && ::stat(path.c_str(), &now) == 0 && own.st_dev == now.st_dev &&
         own.st_ino == now.st_ino;
}

Status sync(const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return fail(ErrorCode::kIo, fmt::format("{} cannot be written to disk.", path.string()));
}

// Whole, of whatever schema: it is the service that migrates.
Status checkCopy(const std::filesystem::path& made) {
  {
    PLANBRO_ASSIGN_OR_RETURN(const auto connection, sqlite::Connection::open(made, {}));
    PLANBRO_ASSIGN_OR_RETURN(const std::int64_t schema, sqlite::schemaOf(*connection));
    if (schema == 0)
      return fail(ErrorCode::kCorrupt, "The store is empty: there is nothing in it.");
    if (schema < sqlite::newestSchema()) return sqlite::verifyFile(*connection);
  }
  SqliteOptions options;
  options.path = made;
  options.existing = true;
  PLANBRO_ASSIGN_OR_RETURN(const auto copied, openSqlite(options));
  return copied->verify();
}

Status write(const std::filesystem::path& store, const std::filesystem::path& made) {
  {
    PLANBRO_ASSIGN_OR_RETURN(const auto source, sqlite::Connection::open(store, {}));
    PLANBRO_ASSIGN_OR_RETURN(sqlite::Statement vacuum, source->prepare("VACUUM INTO ?"));
    vacuum.bind(made.native());
    PLANBRO_RETURN_IF_ERROR(vacuum.run());
  }
  return checkCopy(made);
}

}  // namespace

UnfinishedStore::UnfinishedStore(std::filesystem::path name, int file)
    : name_(std::move(name)), path_(name_.string() + ".partial"), file_(file) {}

// Closed last: it would take SQLite's locks on the file along.
UnfinishedStore::~UnfinishedStore() { ::close(file_); }

Result<std::unique_ptr<UnfinishedStore>> UnfinishedStore::claim(const std::filesystem::path& name) {
  std::error_code error;
  if (name.has_parent_path()) std::filesystem::create_directories(name.parent_path(), error);
  while (true) {
    const std::filesystem::path path = name.string() + ".partial";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return cannotBeWritten(path);
    std::unique_ptr<UnfinishedStore> made(new UnfinishedStore(name, file));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0)
      return fail(ErrorCode::kConflict,
                  fmt::format("{} is being made by another process.", name.string()));
    // Whoever had it has given it its name, or removed it, before we got the lock.
    if (!isStillThere(file, path)) continue;
    if (Status free = mustBeFree(name); !free) {
      struct stat own{};
      if (::fstat(file, &own) == 0 && own.st_size == 0) made->remove();
      return std::unexpected(std::move(free.error()));
    }
    return made;
  }
}

Status UnfinishedStore::empty() {
  std::error_code error;
  for (const char* end : kLogs) std::filesystem::remove(path_.string() + end, error);
  if (::ftruncate(file_, 0) != 0) return cannotBeWritten(path_);
  return {};
}

Status UnfinishedStore::fill(const std::filesystem::path& store) {
  PLANBRO_RETURN_IF_ERROR(empty());
  return write(store, path_);
}

void UnfinishedStore::remove() {
  std::error_code error;
  for (const char* end : kLogs) std::filesystem::remove(path_.string() + end, error);
  std::filesystem::remove(path_, error);
}

Status UnfinishedStore::finish() {
  {
    // A file in this mode needs no others beside it.
    PLANBRO_ASSIGN_OR_RETURN(const auto connection, sqlite::Connection::open(path_, {}));
    PLANBRO_RETURN_IF_ERROR(connection->execute("PRAGMA journal_mode=DELETE"));
  }
  PLANBRO_RETURN_IF_ERROR(sync(path_, O_RDONLY));
  PLANBRO_RETURN_IF_ERROR(mustBeFree(name_));
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return isThere(name_.string());
    // Not every file system can refuse.
    std::error_code error;
    if (errno == EINVAL || errno == ENOSYS) std::filesystem::rename(path_, name_, error);
    if (error || std::filesystem::exists(path_)) return cannotBeWritten(name_);
  }
  const std::filesystem::path folder = name_.has_parent_path() ? name_.parent_path() : ".";
  return sync(folder, O_RDONLY | O_DIRECTORY);
}

Status backupSqlite(const std::filesystem::path& store, const std::filesystem::path& copy) {
  PLANBRO_ASSIGN_OR_RETURN(const auto made, UnfinishedStore::claim(copy));
  Status status = made->fill(store);
  if (status) status = made->finish();
  if (!status) made->remove();
  return status;
}

}  // namespace planbro::store
