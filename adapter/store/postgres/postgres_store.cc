#include "store/postgres/postgres_store.h"

#include <algorithm>
#include <utility>

#include "store/copy.h"
#include "store/postgres/migrations.h"
#include "store/postgres/reader_pool.h"
#include "store/postgres/session.h"
#include "store/postgres/view.h"
#include "store/postgres/writer.h"
#include "store/sql/nameless.h"
#include "store/view_reader.h"

namespace planbro::store {
namespace postgres {
namespace {

constexpr std::int64_t kVerifiedAtOnce = 500;  // versions

class SnapshotReader final : public ViewReader<Reader, View> {
 public:
  SnapshotReader(ReaderPool& pool, std::unique_ptr<Session> session, std::int64_t last,
                 const PostgresOptions& options)
      : ViewReader(*session, options), pool_(&pool), session_(std::move(session)), last_(last) {}
  ~SnapshotReader() override { pool_->giveBack(std::move(session_)); }

  Result<std::vector<Version>> readAll(std::string_view type,
                                       std::span<const std::string> ids) override {
    return view_.readAll(type, ids);
  }
  Result<std::uint64_t> moment() override { return static_cast<std::uint64_t>(last_); }
  Result<SearchPage> search(const Query& query) override { return view_.search(query, last_); }
  Result<std::string> explain(const Query& query) override { return view_.explain(query, last_); }

 private:
  ReaderPool* pool_;
  std::unique_ptr<Session> session_;
  std::int64_t last_;
};

// What tells this store from one put in its place.
Result<std::int64_t> originOf(Connection& connection) {
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           connection.ask("SELECT number FROM state WHERE name='origin'"));
  if (rows.count() == 0)
    return fail(ErrorCode::kCorrupt, "The store does not tell its origin. Restore a backup.");
  return rows.integer(0, 0);
}

Status verifyVersions(Session& session) {
  std::int64_t last = 0;
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(
        const Rows rows,
        session.connection->ask("SELECT v.sequence,v.deleted,b.data FROM version v LEFT JOIN body "
                                "b ON b.sequence=v.sequence AND b.compartment=v.compartment "
                                "WHERE v.sequence>? ORDER BY v.sequence LIMIT ?",
                                Parameters().add(last).add(kVerifiedAtOnce)));
    for (int row = 0; row < rows.count(); ++row) {
      if (rows.integer(row, 0) != ++last)
        return fail(ErrorCode::kCorrupt, "The store's change log has a gap.");
      if (rows.integer(row, 1) != 0) continue;
      if (auto body = session.compression.decompress(rows.bytes(row, 2)); !body)
        return std::unexpected(body.error());
    }
    if (rows.count() < kVerifiedAtOnce) return {};
  }
}

Status verifyNames(Connection& connection) {
  for (const char* counting : sql::kNamelessRows) {
    PLANBRO_ASSIGN_OR_RETURN(const Rows rows, connection.ask(counting));
    if (rows.integer(0, 0) > 0) return sql::nameless();
  }
  return {};
}

class PostgresStore final : public Store {
 public:
  PostgresStore(std::unique_ptr<Session> writer, std::int64_t origin,
                const PostgresOptions& options)
      : options_(options),
        origin_(origin),
        readers_(options_),
        writer_(std::move(writer), options_) {}

  Result<std::unique_ptr<Reader>> snapshot() override {
    std::int64_t last = 0;
    PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, readers_.take(last));
    return std::make_unique<SnapshotReader>(readers_, std::move(session), last, options_);
  }

  Status transact(const std::function<Status(Transaction&)>& work) override {
    return std::move(writer_.runAll({&work, 1}).front());
  }
  std::vector<Status> transactAll(
      std::span<const std::function<Status(Transaction&)>> works) override {
    return writer_.runAll(works);
  }

  Status check() override {
    std::int64_t last = 0;
    PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                             readers_.take(last, ReaderPool::Away::kTold));
    const Status same = mustBeTheSame(*session->connection);
    readers_.giveBack(std::move(session));
    PLANBRO_RETURN_IF_ERROR(same);
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, snapshot());
    return mustBeWhole(*reader);
  }

  // The change log has no gaps, every living version has a body, every body reads, every number of
  // a name has one.
  Status verify() override {
    Connection::Options reading = readingOptions(options_);
    reading.statement_ms = 0;
    PLANBRO_ASSIGN_OR_RETURN(const auto session, Session::open(options_, reading));
    session->connection->queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    PLANBRO_RETURN_IF_ERROR(verifyVersions(*session));
    PLANBRO_RETURN_IF_ERROR(verifyNames(*session->connection));
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, snapshot());
    return mustBeWhole(*reader);
  }

 private:
  Status mustBeTheSame(Connection& connection) const {
    PLANBRO_ASSIGN_OR_RETURN(const Rows schema,
                             connection.ask("SELECT number FROM state WHERE name='schema'"));
    if (schema.count() == 0 || schema.integer(0, 0) != newestSchema())
      return fail(ErrorCode::kUnsupported, "The store's schema has been changed meanwhile.");
    PLANBRO_ASSIGN_OR_RETURN(const std::int64_t origin, originOf(connection));
    if (origin == origin_) return {};
    return fail(ErrorCode::kUnsupported,
                "The store was replaced by another one meanwhile: restart the service.");
  }

  PostgresOptions options_;
  std::int64_t origin_;
  ReaderPool readers_;
  Writer writer_;
};

// It stands in statements as it is.
bool isPlainName(std::string_view name) {
  return !name.empty() && name.size() < 60 && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(
             name.begin(), name.end(),
             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace
}  // namespace postgres

int postgresSchemaVersion() { return postgres::newestSchema(); }

bool isPostgresAddress(std::string_view text) { return postgres::isAddress(text); }

Status checkPostgresAddress(const std::string& address) { return postgres::checkAddress(address); }

bool isPostgresSchema(std::string_view name) { return postgres::isPlainName(name); }

std::string shownPostgresAddress(const std::string& address) {
  return postgres::shownAddress(address);
}

Result<std::unique_ptr<Store>> openPostgres(const PostgresOptions& options) {
  if (!postgres::isPlainName(options.schema))
    return fail(ErrorCode::kInvalidArgument,
                "The store's schema is named by small letters, digits and _.");
  {
    postgres::Connection::Options migrating;
    migrating.address = options.address;
    migrating.schema = options.schema;
    PLANBRO_ASSIGN_OR_RETURN(const auto connection, postgres::Connection::open(migrating));
    PLANBRO_RETURN_IF_ERROR(options.existing ? postgres::mustBeNewest(*connection, options.schema)
                                             : postgres::migrate(*connection, options.schema));
  }
  PLANBRO_ASSIGN_OR_RETURN(auto writer,
                           postgres::Session::open(options, postgres::writingOptions(options)));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t origin, postgres::originOf(*writer->connection));
  return std::make_unique<postgres::PostgresStore>(std::move(writer), origin, options);
}

}  // namespace planbro::store
