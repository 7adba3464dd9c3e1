#include "store/sqlite/connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>

namespace planbro::store::sqlite {
namespace {

constexpr std::size_t kCachedStatements = 200;
constexpr int kOperationsBetweenLooks = 10000;

// Texts name the failure, never a value of the data.
Error errorOf(int code) {
  const std::string_view detail = sqlite3_errstr(code);
  if (code == SQLITE_CONSTRAINT_UNIQUE)
    return {ErrorCode::kConflict, "The resource has been changed by someone else."};
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kIo,
              "The store's disk or size limit is full: free space and try again. Nothing of this "
              "write was kept."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnavailable, "The store is busy with another process: try again."};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::kCorrupt,
              fmt::format("The store's file is damaged: {}. Restore it from a backup.", detail)};
    case SQLITE_INTERRUPT:
      return {ErrorCode::kLimitExceeded, "The search took too long: narrow it."};
    case SQLITE_TOOBIG:
      return {ErrorCode::kLimitExceeded, "A value is too large for the store."};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOLFS:
    case SQLITE_PROTOCOL:
      return {ErrorCode::kIo, fmt::format("The store's file cannot be read or written: {}. Look at "
                                          "the disk, its quota and the permissions.",
                                          detail)};
    default:
      return {ErrorCode::kInternal, fmt::format("The store failed: {} ({}).", detail, code)};
  }
}

constexpr std::string_view kTooDeep = "parser stack overflow";

// SQLite counts its memory under one lock for all threads, for figures that nobody asks for.
void leaveMemoryUncounted() {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)done;  // refused where somebody else in this process uses SQLite already
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      statement_(other.statement_),
      kept_(other.kept_),
      bound_(other.bound_),
      bind_failure_(other.bind_failure_) {
  other.statement_ = nullptr;
}

Statement::~Statement() {
  if (statement_ != nullptr) Connection::giveBack(statement_, kept_);
}

Statement& Statement::bind(std::int64_t number) {
  if (const int code = sqlite3_bind_int64(statement_, ++bound_, number); code != SQLITE_OK)
    bind_failure_ = code;
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would bind NULL instead of the empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (const int code =
          sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
      code != SQLITE_OK)
    bind_failure_ = code;
  return *this;
}

Statement& Statement::bindBytes(std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  if (const int code = sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_STATIC);
      code != SQLITE_OK)
    bind_failure_ = code;
  return *this;
}

Statement& Statement::bindValue(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return bind(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return bind(std::string_view(*text));
  ++bound_;  // unbound parameters are NULL
  return *this;
}

Statement& Statement::bindAll(const std::vector<Value>& values) {
  for (const Value& value : values) bindValue(value);
  return *this;
}

Result<bool> Statement::step() {
  if (bind_failure_ != SQLITE_OK) return connection_->failure(bind_failure_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_->failure(code);
}

Status Statement::run() {
  PLANBRO_ASSIGN_OR_RETURN(const bool row, step());
  if (row) return fail(ErrorCode::kInternal, "A statement gave rows that nobody asked for.");
  return {};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Value Statement::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_TEXT:
      return std::string(text(column));
    default:
      return nullptr;
  }
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path,
                                                     const Options& options) {
  leaveMemoryUncounted();
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (options.create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  if (code != SQLITE_OK) {
    sqlite3_close_v2(database);
    return std::unexpected(errorOf(code));
  }
  std::unique_ptr<Connection> connection(new Connection(database, options.busy_wait_ms));
  sqlite3_busy_timeout(database, static_cast<int>(options.busy_wait_ms));
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // synchronous is a setting of each connection, page_size one of a file still empty.
  PLANBRO_RETURN_IF_ERROR(connection->execute(
      fmt::format("PRAGMA page_size={}; PRAGMA synchronous=FULL; PRAGMA cell_size_check=1;"
                  "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-{}; PRAGMA query_only={}",
                  kPageBytes, options.cache_bytes / 1024, options.read_only ? 1 : 0)
          .c_str()));
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.statement);
  sqlite3_close_v2(database_);
}

std::unexpected<Error> Connection::failure(int code) const {
  // The extended code tells more than the one sqlite3_step() gives.
  const int extended = sqlite3_extended_errcode(database_);
  return std::unexpected(errorOf((extended & 0xff) == (code & 0xff) ? extended : code));
}

Status Connection::execute(const char* script) {
  if (const int code = sqlite3_exec(database_, script, nullptr, nullptr, nullptr);
      code != SQLITE_OK)
    return failure(code);
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end() && !found->second.lent) {
    KeptStatement& kept = found->second;
    kept.lent = true;
    kept.used = ++uses_;
    return Statement(*this, kept.statement, &kept);
  }
  if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail(ErrorCode::kLimitExceeded, "The query is too large.");
  const bool keep = found == statements_.end();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
  // No code of its own tells that a statement nests too deep.
  if (code == SQLITE_ERROR && sqlite3_errmsg(database_) == kTooDeep)
    return fail(ErrorCode::kLimitExceeded, "The query is too large.");
  if (code != SQLITE_OK) return failure(code);
  if (!keep) return Statement(*this, statement, nullptr);
  if (statements_.size() >= kCachedStatements) forgetOldest();
  KeptStatement& kept = statements_[std::string(sql)];
  kept = {statement, ++uses_, true};
  return Statement(*this, statement, &kept);
}

Status Connection::run(std::string_view sql) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, prepare(sql));
  return statement.run();
}

Result<std::int64_t> Connection::number(std::string_view sql) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, prepare(sql));
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

void Connection::giveBack(sqlite3_stmt* statement, KeptStatement* kept) {
  if (kept == nullptr) {
    sqlite3_finalize(statement);
    return;
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  kept->lent = false;
}

void Connection::forgetOldest() {
  auto oldest = statements_.end();
  for (auto it = statements_.begin(); it != statements_.end(); ++it) {
    if (!it->second.lent && (oldest == statements_.end() || it->second.used < oldest->second.used))
      oldest = it;
  }
  if (oldest == statements_.end()) return;
  sqlite3_finalize(oldest->second.statement);
  statements_.erase(oldest);
}

bool Connection::inTransaction() const { return sqlite3_get_autocommit(database_) == 0; }

void Connection::foldLogByHand() {
  // Takes the place of the hook that folds automatically.
  sqlite3_wal_hook(
      database_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->log_pages_ = static_cast<std::size_t>(pages);
        return SQLITE_OK;
      },
      this);
}

Status Connection::foldLog(std::chrono::milliseconds wait) {
  const bool waits = wait.count() > 0;
  if (waits) sqlite3_busy_timeout(database_, static_cast<int>(wait.count()));
  int pages = 0;
  int folded = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      database_, nullptr, waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &pages,
      &folded);
  if (waits) sqlite3_busy_timeout(database_, static_cast<int>(busy_wait_ms_));
  if (code == SQLITE_BUSY) return {};  // a reader stays: as much as could be is folded
  if (code != SQLITE_OK) return failure(code);
  if (folded == pages) log_pages_ = 0;
  return {};
}

void Connection::setDeadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
  deadline_ = deadline;
  if (!deadline) {
    sqlite3_progress_handler(database_, 0, nullptr, nullptr);
    return;
  }
  sqlite3_progress_handler(
      database_, kOperationsBetweenLooks,
      [](void* self) {
        return std::chrono::steady_clock::now() > *static_cast<Connection*>(self)->deadline_ ? 1
                                                                                             : 0;
      },
      this);
}

}  // namespace planbro::store::sqlite
