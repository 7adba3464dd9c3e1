#include "store/postgres/migrations.h"

#include <fmt/format.h>

#include <array>

#include "store/sql/migration.h"

extern "C" {
extern const char planbro_store_postgres_0001_begin[];
extern const char planbro_store_postgres_0001_end[];
extern const char planbro_store_postgres_0002_begin[];
extern const char planbro_store_postgres_0002_end[];
extern const char planbro_store_postgres_0003_begin[];
extern const char planbro_store_postgres_0003_end[];
extern const char planbro_store_postgres_0004_begin[];
extern const char planbro_store_postgres_0004_end[];
}

namespace planbro::store::postgres {
namespace {

using sql::Migration;

// Step n leads from schema n to n + 1.
constexpr std::array kMigrations{
    Migration{planbro_store_postgres_0001_begin, planbro_store_postgres_0001_end},
    Migration{planbro_store_postgres_0002_begin, planbro_store_postgres_0002_end},
    Migration{planbro_store_postgres_0003_begin, planbro_store_postgres_0003_end},
    Migration{planbro_store_postgres_0004_begin, planbro_store_postgres_0004_end},
};

// "PLBR", so that locks of others are not ours.
constexpr std::int32_t kLocks = 0x504c4252;

// Which schema the database has; 0 if there is nothing.
Result<std::int64_t> schemaOf(Connection& connection, const std::string& schema) {
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows tables,
      connection.ask("SELECT count(*),count(*) FILTER (WHERE c.relname='state') FROM pg_class c "
                     "JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname=? "
                     "AND c.relkind IN ('r','p')",
                     Parameters().add(schema)));
  if (tables.integer(0, 0) == 0) return 0;
  if (tables.integer(0, 1) == 0)
    return fail(ErrorCode::kUnsupported,
                "The database's schema is no Planbro store: name another one.");
  PLANBRO_ASSIGN_OR_RETURN(const Rows state,
                           connection.ask("SELECT number FROM state WHERE name='schema'"));
  return sql::knownSchema(state.count() == 0 ? 0 : state.integer(0, 0), newestSchema());
}

Status applyAll(Connection& connection, const std::string& schema) {
  PLANBRO_RETURN_IF_ERROR(
      connection.execute(fmt::format("SELECT pg_advisory_xact_lock({})", writersLock(schema))));
  // Another process may have been quicker.
  PLANBRO_ASSIGN_OR_RETURN(std::int64_t number, schemaOf(connection, schema));
  if (number == 0)
    PLANBRO_RETURN_IF_ERROR(connection.execute("CREATE SCHEMA IF NOT EXISTS " + schema));
  for (; number < newestSchema(); ++number) {
    const Migration& migration = kMigrations[static_cast<std::size_t>(number)];
    PLANBRO_RETURN_IF_ERROR(connection.execute(fmt::format(
        "{}\n;UPDATE state SET number={} WHERE name='schema'", migration.text(), number + 1)));
  }
  return connection.execute("COMMIT");
}

}  // namespace

int newestSchema() { return static_cast<int>(kMigrations.size()); }

std::string writersLock(const std::string& schema) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char byte : schema) hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
  return fmt::format("{},{}", kLocks, static_cast<std::int32_t>(hash));
}

Status mustBeNewest(Connection& connection, const std::string& schema) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t number, schemaOf(connection, schema));
  if (number == 0)
    return fail(ErrorCode::kNotFound,
                fmt::format("There is no store in the database's schema {}.", schema));
  return sql::mustBeNewestSchema(number, newestSchema());
}

Status migrate(Connection& connection, const std::string& schema) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t number, schemaOf(connection, schema));
  if (number == newestSchema()) return {};
  PLANBRO_RETURN_IF_ERROR(connection.execute("BEGIN"));
  Status applied = applyAll(connection, schema);
  if (!applied && connection.usable()) (void)connection.execute("ROLLBACK");
  return applied;
}

}  // namespace planbro::store::postgres
