#include "store/sqlite/transaction.h"

namespace planbro::store::sqlite {

Status SqliteTransaction::put(const Put& put) {
  if (put.type.empty() || put.id.empty() || put.version == 0 || put.deleted != put.body.empty())
    return fail(ErrorCode::kInvalidArgument, "A version needs type, id, number and body.");
  if (!broken_) return broken_;
  written_ = true;
  Connection& connection = *session_->connection;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, session_->names.makeType(put.type));
  // Whether a first version is one, its insertion tells.
  if (put.version > 1) PLANBRO_RETURN_IF_ERROR(replace(put, type));
  {
    PLANBRO_ASSIGN_OR_RETURN(
        Statement version,
        connection.prepare(
            "INSERT INTO version (sequence,type,id,version,last_updated,deleted,method)"
            " VALUES (?,?,?,?,?,?,?)"));
    version.bind(changes_->newest() + 1).bind(type).bind(put.id);
    version.bind(static_cast<std::int64_t>(put.version)).bind(put.last_updated.micros);
    version.bind(std::int64_t{put.deleted ? 1 : 0}).bind(put.method);
    if (Status inserted = version.run(); !inserted) {
      if (inserted.error().code != ErrorCode::kConflict) broken_ = inserted;
      return inserted;
    }
  }
  changes_->add(put.type, put.id);
  broken_ = writeContent(put, type, changes_->newest());
  return broken_;
}

// The version before `put` is no longer the newest; kConflict if it is not that one.
Status SqliteTransaction::replace(const Put& put, std::int64_t type) {
  Connection& connection = *session_->connection;
  std::int64_t replaced = 0;
  {
    PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                             connection.prepare("SELECT sequence,version FROM version WHERE type=? "
                                                "AND id=? ORDER BY version DESC LIMIT 1"));
    statement.bind(type).bind(put.id);
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row || put.version != static_cast<std::uint64_t>(statement.integer(1)) + 1)
      return fail(ErrorCode::kConflict, "The resource has been changed by someone else.");
    replaced = statement.integer(0);
  }
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           connection.prepare("UPDATE version SET replaced=? WHERE sequence=?"));
  statement.bind(changes_->newest() + 1).bind(replaced);
  broken_ = statement.run();
  return broken_;
}

Status SqliteTransaction::writeContent(const Put& put, std::int64_t type, std::int64_t sequence) {
  if (put.deleted) return {};
  PLANBRO_ASSIGN_OR_RETURN(const std::string frame, session_->compression.compress(put.body));
  PLANBRO_ASSIGN_OR_RETURN(Statement body, session_->connection->prepare(
                                               "INSERT INTO body (sequence,data) VALUES (?,?)"));
  body.bind(sequence).bindBytes(frame);
  PLANBRO_RETURN_IF_ERROR(body.run());
  for (const IndexRow& row : put.index) PLANBRO_RETURN_IF_ERROR(index_.add(row, type, sequence));
  return {};
}

Status SqliteTransaction::finish() {
  if (broken_) broken_ = index_.write();
  return broken_;
}

Result<SearchPage> SqliteTransaction::search(const Query& query) {
  PLANBRO_RETURN_IF_ERROR(finish());
  return view_.search(query);
}

Result<std::string> SqliteTransaction::explain(const Query& query) {
  PLANBRO_RETURN_IF_ERROR(finish());
  return view_.explain(query);
}

Status SqliteTransaction::setIndex(std::string_view type, std::string_view id,
                                   std::uint64_t version, const std::vector<IndexRow>& index) {
  PLANBRO_RETURN_IF_ERROR(finish());
  written_ = true;
  Connection& connection = *session_->connection;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type_id, session_->names.type(type));
  std::int64_t sequence = 0;
  {
    PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                             connection.prepare("SELECT sequence,version,deleted FROM version "
                                                "WHERE type=? AND id=? ORDER BY version DESC "
                                                "LIMIT 1"));
    statement.bind(type_id).bind(id);
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row || version != static_cast<std::uint64_t>(statement.integer(1)) ||
        statement.integer(2) != 0)
      return fail(ErrorCode::kConflict, "The version is not the current one.");
    sequence = statement.integer(0);
  }
  for (const char* sql :
       {"DELETE FROM token WHERE sequence=?", "DELETE FROM string WHERE sequence=?",
        "DELETE FROM reference WHERE sequence=?", "DELETE FROM span WHERE sequence=?"}) {
    PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection.prepare(sql));
    statement.bind(sequence);
    broken_ = statement.run();
    if (!broken_) return broken_;
  }
  for (const IndexRow& row : index) {
    broken_ = index_.add(row, type_id, sequence);
    if (!broken_) return broken_;
  }
  return {};
}

Status SqliteTransaction::setValue(std::string_view name, std::string_view value) {
  if (!broken_) return broken_;
  written_ = true;
  constexpr std::string_view kSet =
      "INSERT INTO value (name,data) VALUES (?,?) "
      "ON CONFLICT (name) DO UPDATE SET data=excluded.data";
  PLANBRO_ASSIGN_OR_RETURN(
      Statement statement,
      session_->connection->prepare(value.empty() ? "DELETE FROM value WHERE name=?" : kSet));
  statement.bind(name);
  if (!value.empty()) statement.bindBytes(value);
  broken_ = statement.run();
  return broken_;
}

Status SqliteTransaction::forgetChanges(std::uint64_t sequence) {
  if (!broken_) return broken_;
  if (sequence > static_cast<std::uint64_t>(changes_->newest()))
    return fail(ErrorCode::kInvalidArgument, "The change log has no such entry yet.");
  written_ = true;
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           session_->connection->prepare(
                               "UPDATE state SET number=max(number,?) WHERE name='log_forgotten'"));
  statement.bind(static_cast<std::int64_t>(sequence));
  broken_ = statement.run();
  return broken_;
}

}  // namespace planbro::store::sqlite
