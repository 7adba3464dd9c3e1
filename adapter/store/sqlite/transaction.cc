#include "store/sqlite/transaction.h"

namespace planbro::store::sqlite {

Status SqliteTransaction::put(const Put& put) {
  if (put.type.empty() || put.id.empty() || put.version == 0 || put.deleted != put.body.empty())
    return fail(ErrorCode::kInvalidArgument, "A version needs type, id, number and body.");
  if (!broken_) return broken_;
  Connection& connection = *session_->connection;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, session_->names.makeType(put.type));
  std::int64_t replaced = 0;
  std::uint64_t newest = 0;
  {
    PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                             connection.prepare("SELECT sequence,version FROM version WHERE type=? "
                                                "AND id=? ORDER BY version DESC LIMIT 1"));
    statement.bind(type).bind(put.id);
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (row) {
      replaced = statement.integer(0);
      newest = static_cast<std::uint64_t>(statement.integer(1));
    }
  }
  if (put.version != newest + 1)
    return fail(ErrorCode::kConflict, "The resource has been changed by someone else.");
  if (replaced != 0) {
    PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                             connection.prepare("UPDATE version SET replaced=? WHERE sequence=?"));
    statement.bind(*last_sequence_ + 1).bind(replaced);
    broken_ = statement.run();
  }
  if (broken_) broken_ = write(put, type);
  return broken_;
}

Status SqliteTransaction::write(const Put& put, std::int64_t type) {
  Connection& connection = *session_->connection;
  const std::int64_t sequence = ++*last_sequence_;
  PLANBRO_ASSIGN_OR_RETURN(
      Statement version,
      connection.prepare(
          "INSERT INTO version (sequence,type,id,version,last_updated,deleted,method)"
          " VALUES (?,?,?,?,?,?,?)"));
  version.bind(sequence).bind(type).bind(put.id).bind(static_cast<std::int64_t>(put.version));
  version.bind(put.last_updated.micros).bind(std::int64_t{put.deleted ? 1 : 0}).bind(put.method);
  PLANBRO_RETURN_IF_ERROR(version.run());
  if (put.deleted) return {};
  PLANBRO_ASSIGN_OR_RETURN(const std::string frame, session_->compression.compress(put.body));
  PLANBRO_ASSIGN_OR_RETURN(Statement body,
                           connection.prepare("INSERT INTO body (sequence,data) VALUES (?,?)"));
  body.bind(sequence).bindBytes(frame);
  PLANBRO_RETURN_IF_ERROR(body.run());
  return writeIndex(put, type, sequence);
}

Status SqliteTransaction::writeIndex(const Put& put, std::int64_t type, std::int64_t sequence) {
  Connection& connection = *session_->connection;
  for (const IndexRow& row : put.index) {
    PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                             session_->names.makeParameter(type, row.parameter));
    const std::string_view value = keptPart(row.value);
    const std::string_view exact = keptPart(row.exact);
    switch (row.kind) {
      case IndexRow::Kind::kToken:
      case IndexRow::Kind::kUri: {
        PLANBRO_ASSIGN_OR_RETURN(const std::int64_t system,
                                 session_->names.makeSystem(keptPart(row.system)));
        PLANBRO_ASSIGN_OR_RETURN(
            Statement insert,
            connection.prepare("INSERT OR IGNORE INTO token "
                               "(sequence,parameter,value,system) VALUES (?,?,?,?)"));
        insert.bind(sequence).bind(parameter).bind(value).bind(system);
        PLANBRO_RETURN_IF_ERROR(insert.run());
        break;
      }
      case IndexRow::Kind::kString: {
        PLANBRO_ASSIGN_OR_RETURN(
            Statement insert,
            connection.prepare("INSERT OR IGNORE INTO string "
                               "(sequence,parameter,value,exact) VALUES (?,?,?,?)"));
        insert.bind(sequence).bind(parameter).bind(value).bind(exact);
        PLANBRO_RETURN_IF_ERROR(insert.run());
        break;
      }
      case IndexRow::Kind::kReference: {
        PLANBRO_ASSIGN_OR_RETURN(const std::int64_t target, session_->names.makeType(row.system));
        PLANBRO_ASSIGN_OR_RETURN(
            Statement insert,
            connection.prepare("INSERT OR IGNORE INTO reference "
                               "(sequence,parameter,target,type,exact) VALUES (?,?,?,?,?)"));
        insert.bind(sequence).bind(parameter).bind(value).bind(target).bind(exact);
        PLANBRO_RETURN_IF_ERROR(insert.run());
        break;
      }
      case IndexRow::Kind::kDate:
      case IndexRow::Kind::kNumber:
      case IndexRow::Kind::kQuantity: {
        PLANBRO_ASSIGN_OR_RETURN(const std::int64_t system,
                                 session_->names.makeSystem(keptPart(row.system)));
        PLANBRO_ASSIGN_OR_RETURN(
            Statement insert,
            connection.prepare("INSERT OR IGNORE INTO span "
                               "(sequence,parameter,low,high,system,unit) VALUES (?,?,?,?,?,?)"));
        insert.bind(sequence).bind(parameter).bind(row.low).bind(row.high).bind(system);
        insert.bind(value);
        PLANBRO_RETURN_IF_ERROR(insert.run());
        break;
      }
    }
  }
  return {};
}

Status SqliteTransaction::setValue(std::string_view name, std::string_view value) {
  if (!broken_) return broken_;
  PLANBRO_ASSIGN_OR_RETURN(
      Statement statement,
      session_->connection->prepare("INSERT INTO value (name,data) VALUES (?,?) "
                                    "ON CONFLICT (name) DO UPDATE SET data=excluded.data"));
  statement.bind(name).bindBytes(value);
  broken_ = statement.run();
  return broken_;
}

}  // namespace planbro::store::sqlite
