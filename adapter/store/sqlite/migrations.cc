#include "store/sqlite/migrations.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "store/sql/migration.h"

extern "C" {
extern const char planbro_store_sqlite_0001_begin[];
extern const char planbro_store_sqlite_0001_end[];
extern const char planbro_store_sqlite_0002_begin[];
extern const char planbro_store_sqlite_0002_end[];
extern const char planbro_store_sqlite_0003_begin[];
extern const char planbro_store_sqlite_0003_end[];
extern const char planbro_store_sqlite_0004_begin[];
extern const char planbro_store_sqlite_0004_end[];
}

namespace planbro::store::sqlite {
namespace {

using sql::Migration;

// Step n leads from schema n to n + 1.
constexpr std::array kMigrations{
    Migration{planbro_store_sqlite_0001_begin, planbro_store_sqlite_0001_end},
    Migration{planbro_store_sqlite_0002_begin, planbro_store_sqlite_0002_end},
    Migration{planbro_store_sqlite_0003_begin, planbro_store_sqlite_0003_end},
    Migration{planbro_store_sqlite_0004_begin, planbro_store_sqlite_0004_end},
};

Status apply(Connection& connection, std::int64_t from) {
  const Migration& migration = kMigrations[static_cast<std::size_t>(from)];
  const std::string script = fmt::format("{}\n;PRAGMA application_id={};PRAGMA user_version={}",
                                         migration.text(), kApplicationId, from + 1);
  return connection.execute(script.c_str());
}

}  // namespace

Result<std::int64_t> schemaOf(Connection& connection) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t application,
                           connection.number("PRAGMA application_id"));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t schema, connection.number("PRAGMA user_version"));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t tables,
                           connection.number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && schema == 0 && tables == 0) return 0;
  if (application != kApplicationId)
    return fail(ErrorCode::kUnsupported, "The file is no Planbro store: name another one.");
  return sql::knownSchema(schema, newestSchema());
}

namespace {

// The same outside a transaction: at one moment, for another process may be making the schema.
Result<std::int64_t> committedSchemaOf(Connection& connection) {
  PLANBRO_RETURN_IF_ERROR(connection.execute("BEGIN"));
  auto schema = schemaOf(connection);
  const Status ended = connection.execute("COMMIT");
  if (schema.has_value() && !ended) return std::unexpected(ended.error());
  return schema;
}

}  // namespace

int newestSchema() { return static_cast<int>(kMigrations.size()); }

Status mustBeNewest(Connection& connection) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t schema, schemaOf(connection));
  if (schema == 0) return fail(ErrorCode::kCorrupt, "The store's file is empty.");
  return sql::mustBeNewestSchema(schema, newestSchema());
}

Status migrate(Connection& connection) {
  PLANBRO_ASSIGN_OR_RETURN(std::int64_t schema, committedSchemaOf(connection));
  while (schema < newestSchema()) {
    PLANBRO_RETURN_IF_ERROR(connection.execute("BEGIN IMMEDIATE"));
    // Another process may have been quicker.
    auto now = schemaOf(connection);
    Status applied = now.has_value() ? Status() : std::unexpected(now.error());
    if (applied && *now < newestSchema()) applied = apply(connection, *now);
    if (applied) applied = connection.execute("COMMIT");
    if (!applied) {
      if (connection.inTransaction()) (void)connection.execute("ROLLBACK");
      return applied;
    }
    PLANBRO_ASSIGN_OR_RETURN(schema, committedSchemaOf(connection));
  }
  return {};
}

}  // namespace planbro::store::sqlite
