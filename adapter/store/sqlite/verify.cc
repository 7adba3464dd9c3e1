#include "store/sqlite/verify.h"

#include <string>

#include "store/sql/nameless.h"

namespace planbro::store::sqlite {

Status verifyFile(Connection& connection) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection.prepare("PRAGMA integrity_check(1)"));
  PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, statement.step());
  if (statement.text(0) == "ok") return {};
  return fail(ErrorCode::kCorrupt,
              "The store's file is damaged: " + std::string(statement.text(0)));
}

Status verifyNames(Connection& connection) {
  for (const char* counting : sql::kNamelessRows) {
    PLANBRO_ASSIGN_OR_RETURN(const std::int64_t rows, connection.number(counting));
    if (rows > 0) return sql::nameless();
  }
  return {};
}

Status verifyVersions(Session& session) {
  PLANBRO_ASSIGN_OR_RETURN(
      Statement statement,
      session.connection->prepare("SELECT v.sequence,v.deleted,b.data FROM version v "
                                  "LEFT JOIN body b ON b.sequence=v.sequence ORDER BY 1"));
  std::int64_t expected = 1;
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return {};
    if (statement.integer(0) != expected++)
      return fail(ErrorCode::kCorrupt, "The store's change log has a gap.");
    if (statement.integer(1) != 0) continue;
    if (auto body = session.compression.decompress(statement.bytes(2)); !body)
      return std::unexpected(body.error());
  }
}

}  // namespace planbro::store::sqlite
