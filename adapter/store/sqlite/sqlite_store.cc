#include "store/sqlite/sqlite_store.h"

#include <sys/stat.h>

#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "store/copy.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/verify.h"
#include "store/sqlite/view.h"
#include "store/sqlite/writer.h"
#include "store/view_reader.h"

namespace planbro::store {
namespace sqlite {
namespace {

class SnapshotReader final : public ViewReader<Reader, View> {
 public:
  SnapshotReader(ReaderPool& pool, std::unique_ptr<Session> session, const SqliteOptions& options)
      : ViewReader(*session, options), pool_(&pool), session_(std::move(session)) {}
  ~SnapshotReader() override {
    // A connection that cannot end its transaction is not lent again.
    if (!session_->connection->run("ROLLBACK")) session_.reset();
    pool_->giveBack(std::move(session_));
  }

  Status begin() {
    PLANBRO_RETURN_IF_ERROR(session_->connection->run("BEGIN"));
    // The snapshot is taken with the first read.
    PLANBRO_ASSIGN_OR_RETURN(last_, view_.lastSequence());
    return {};
  }

  Result<std::uint64_t> moment() override { return static_cast<std::uint64_t>(last_); }

  Result<SearchPage> search(const Query& query) override { return view_.search(query); }
  Result<std::string> explain(const Query& query) override { return view_.explain(query); }

 private:
  ReaderPool* pool_;
  std::unique_ptr<Session> session_;
  std::int64_t last_ = 0;
};

// What a name leads to, whatever that is called meanwhile.
struct FileId {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};

std::optional<FileId> fileAt(const std::filesystem::path& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Connection> writer, const SqliteOptions& options,
              const std::shared_ptr<const Dictionaries>& dictionaries)
      : options_(options),
        file_(fileAt(options.path)),
        dictionaries_(dictionaries),
        readers_(options, dictionaries),
        writer_(std::move(writer), options, dictionaries, readers_) {}

  Result<std::unique_ptr<Reader>> snapshot() override {
    PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, readers_.take());
    auto reader = std::make_unique<SnapshotReader>(readers_, std::move(session), options_);
    PLANBRO_RETURN_IF_ERROR(reader->begin());
    return reader;
  }

  Result<Version> read(std::string_view type, std::string_view id) override {
    return lookOnce([&](View& view) { return view.read(type, id); });
  }
  Result<Version> readVersion(std::string_view type, std::string_view id,
                              std::uint64_t version) override {
    return lookOnce([&](View& view) { return view.readVersion(type, id, version); });
  }

  Status transact(const std::function<Status(Transaction&)>& work) override {
    return std::move(writer_.runAll({&work, 1}).front());
  }
  std::vector<Status> transactAll(
      std::span<const std::function<Status(Transaction&)>> works) override {
    return writer_.runAll(works);
  }

  Status check() override {
    if (const auto file = fileAt(options_.path); !file || file != file_)
      return fail(ErrorCode::kUnsupported,
                  "The store's file was replaced or removed meanwhile: restart the service.");
    PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, readers_.take());
    const auto schema = session->connection->number("PRAGMA user_version");
    readers_.giveBack(std::move(session));
    if (!schema) return std::unexpected(schema.error());
    if (*schema != newestSchema())
      return fail(ErrorCode::kUnsupported, "The store's schema has been changed meanwhile.");
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, snapshot());
    return mustBeWhole(*reader);
  }

  Status verify() override {
    Connection::Options options;
    options.read_only = true;
    options.busy_wait_ms = options_.busy_wait_ms;
    PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Connection> opened,
                             Connection::open(options_.path, options));
    Session session(std::move(opened), dictionaries_);
    PLANBRO_RETURN_IF_ERROR(session.connection->execute("BEGIN"));
    PLANBRO_RETURN_IF_ERROR(verifyFile(*session.connection));
    PLANBRO_RETURN_IF_ERROR(verifyNames(*session.connection));
    PLANBRO_RETURN_IF_ERROR(verifyVersions(session));
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, snapshot());
    return mustBeWhole(*reader);
  }

 private:
  // A statement, with what is asked while it stands, is its own snapshot.
  template <typename Look>
  Result<Version> lookOnce(Look look) {
    PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, readers_.take());
    View view(*session, options_);
    Result<Version> found = look(view);
    readers_.giveBack(std::move(session));
    return found;
  }

  SqliteOptions options_;
  std::optional<FileId> file_;
  std::shared_ptr<const Dictionaries> dictionaries_;
  ReaderPool readers_;
  Writer writer_;
};

Result<std::shared_ptr<const Dictionaries>> readDictionaries(Connection& connection) {
  auto dictionaries = std::make_shared<Dictionaries>();
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           connection.prepare("SELECT data FROM dictionary ORDER BY number"));
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return dictionaries;
    PLANBRO_RETURN_IF_ERROR(dictionaries->add(statement.bytes(0)));
  }
}

// Readers go on while the writer writes. Stays with the file. Where another process looks at a file
// whose mode is to change, SQLite refuses at once instead of waiting.
Status useWriteAheadLog(Connection& connection, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    const Status done = connection.execute("PRAGMA journal_mode=WAL");
    if (done || done.error().code != ErrorCode::kUnavailable ||
        std::chrono::steady_clock::now() >= deadline)
      return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Status limitSize(Connection& connection, std::uint64_t max_bytes) {
  if (max_bytes == 0) return {};
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t page, connection.number("PRAGMA page_size"));
  const std::string sql =
      "PRAGMA max_page_count=" + std::to_string(max_bytes / static_cast<std::uint64_t>(page));
  return connection.execute(sql.c_str());
}

}  // namespace
}  // namespace sqlite

int sqliteSchemaVersion() { return sqlite::newestSchema(); }

Result<std::unique_ptr<Store>> openSqlite(const SqliteOptions& options) {
  std::error_code error;
  if (!options.existing && options.path.has_parent_path())
    std::filesystem::create_directories(options.path.parent_path(), error);
  if (error) return fail(ErrorCode::kIo, "The store's folder cannot be made: " + error.message());
  sqlite::Connection::Options opening;
  opening.create = !options.existing;
  opening.busy_wait_ms = options.busy_wait_ms;
  opening.cache_bytes = options.cache_bytes;
  PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<sqlite::Connection> connection,
                           sqlite::Connection::open(options.path, opening));
  if (options.existing) {
    PLANBRO_RETURN_IF_ERROR(sqlite::mustBeNewest(*connection));
  } else {
    PLANBRO_RETURN_IF_ERROR(sqlite::migrate(*connection));
    PLANBRO_RETURN_IF_ERROR(
        sqlite::useWriteAheadLog(*connection, std::chrono::milliseconds(options.busy_wait_ms)));
  }
  PLANBRO_RETURN_IF_ERROR(sqlite::limitSize(*connection, options.max_bytes));
  PLANBRO_ASSIGN_OR_RETURN(const std::shared_ptr<const Dictionaries> dictionaries,
                           sqlite::readDictionaries(*connection));
  return std::make_unique<sqlite::SqliteStore>(std::move(connection), options, dictionaries);
}

}  // namespace planbro::store
