#include "store/postgres/transaction.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/postgres/compartment.h"

namespace planbro::store::postgres {
namespace {

constexpr std::size_t kPendingBytes = std::size_t{8} << 20;
constexpr std::size_t kPendingVersions = 2000;

std::string keyOf(std::string_view type, std::string_view id) {
  return std::string(type).append("/").append(id);
}

// Answers about the data; everything else is the failure of a statement.
bool isAnswer(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kGone ||
         code == ErrorCode::kInvalidArgument || code == ErrorCode::kCorrupt;
}

}  // namespace

template <typename T>
Result<T> PostgresTransaction::watched(Result<T> result) {
  if (!result && !isAnswer(result.error().code) && broken_)
    broken_ = std::unexpected(result.error());
  return result;
}

void PostgresTransaction::showPending(bool savepoint) {
  Connection& connection = *session_->connection;
  const bool wrote = group_->pending.size() > begun_with_;
  if (!savepoint_ && (savepoint || wrote)) {
    group_->pending.queueOn(connection, begun_with_);
    begun_with_ = 0;
    connection.queue("SAVEPOINT one");
    savepoint_ = true;
  }
  group_->pending.queueOn(connection, group_->pending.size());
  begun_with_ = 0;
}

Result<Version> PostgresTransaction::read(std::string_view type, std::string_view id) {
  if (!broken_) return std::unexpected(broken_.error());
  showPending(false);
  Head head;
  auto version = watched(view_.read(type, id, &head));
  if (version) group_->heads.insert_or_assign(keyOf(type, id), head);
  return version;
}

Result<Version> PostgresTransaction::readVersion(std::string_view type, std::string_view id,
                                                 std::uint64_t version) {
  if (!broken_) return std::unexpected(broken_.error());
  showPending(false);
  return watched(view_.readVersion(type, id, version));
}

Result<std::vector<Version>> PostgresTransaction::history(const HistoryQuery& query) {
  if (!broken_) return std::unexpected(broken_.error());
  showPending(false);
  return watched(view_.history(query));
}

Result<SearchPage> PostgresTransaction::search(const Query& query) {
  if (!broken_) return std::unexpected(broken_.error());
  // It may take too long, which must not cost the others of the group their work.
  showPending(true);
  Connection& connection = *session_->connection;
  const auto limit = [&](std::uint32_t milliseconds) {
    connection.queue("SET LOCAL statement_timeout=" + std::to_string(milliseconds));
  };
  limit(options_->search_ms);
  auto page = watched(view_.search(query, group_->changes.newest()));
  if (broken_) limit(0);
  return page;
}

Result<std::vector<Change>> PostgresTransaction::changesAfter(std::uint64_t cursor,
                                                              std::uint32_t limit) {
  if (!broken_) return std::unexpected(broken_.error());
  showPending(false);
  return watched(view_.changesAfter(cursor, limit));
}

Result<LogRange> PostgresTransaction::logRange() {
  if (!broken_) return std::unexpected(broken_.error());
  showPending(false);
  return watched(view_.logRange());
}

Result<std::string> PostgresTransaction::value(std::string_view name) {
  if (!broken_) return std::unexpected(broken_.error());
  return watched(view_.value(name));
}

Result<std::vector<std::string>> PostgresTransaction::valueNames() {
  if (!broken_) return std::unexpected(broken_.error());
  return watched(view_.valueNames());
}

Status PostgresTransaction::setValue(std::string_view name, std::string_view value) {
  if (!broken_) return broken_;
  showPending(true);
  if (value.empty()) {
    session_->connection->queue("DELETE FROM value WHERE name=?", Parameters().add(name));
  } else {
    session_->connection->queue(
        "INSERT INTO value (name,data) VALUES (?,?) "
        "ON CONFLICT (name) DO UPDATE SET data=excluded.data",
        Parameters().add(name).addBytes(value));
  }
  group_->wrote_values = true;
  return {};
}

Result<std::string> PostgresTransaction::explain(const Query& query) {
  if (!broken_) return std::unexpected(broken_.error());
  showPending(true);
  return watched(view_.explain(query, group_->changes.newest()));
}

Status PostgresTransaction::setIndex(std::string_view type, std::string_view id,
                                     std::uint64_t version, const std::vector<IndexRow>& index) {
  if (!broken_) return broken_;
  showPending(true);
  Connection& connection = *session_->connection;
  const auto type_id = watched(session_->names.type(type));
  if (!type_id) return std::unexpected(type_id.error());
  const auto rows = watched(connection.ask(
      "SELECT sequence,compartment FROM version WHERE type=? AND id=? AND version=? AND "
      "replaced=9223372036854775807 AND deleted=0",
      Parameters().add(*type_id).add(id).add(static_cast<std::int64_t>(version))));
  if (!rows) return std::unexpected(rows.error());
  if (rows->count() == 0) return fail(ErrorCode::kConflict, "The version is not the current one.");
  PendingVersion made;
  made.sequence = rows->integer(0, 0);
  made.compartment = rows->integer(0, 1);
  for (const IndexRow& row : index) {
    auto one = watched(rowOf(row, *type_id));
    if (!one) return std::unexpected(one.error());
    made.index.push_back(std::move(*one));
  }
  std::sort(made.index.begin(), made.index.end());
  made.index.erase(std::unique(made.index.begin(), made.index.end()), made.index.end());
  for (const char* table : {"token", "string", "reference", "span"}) {
    connection.queue(std::string("DELETE FROM ") + table + " WHERE sequence=? AND compartment=?",
                     Parameters().add(made.sequence).add(made.compartment));
  }
  queueIndexRows(connection, made);
  group_->wrote_values = true;
  return {};
}

Status PostgresTransaction::forgetChanges(std::uint64_t sequence) {
  if (!broken_) return broken_;
  if (sequence > static_cast<std::uint64_t>(group_->changes.newest()))
    return fail(ErrorCode::kInvalidArgument, "The change log has no such entry yet.");
  showPending(true);
  session_->connection->queue(
      "UPDATE state SET number=greatest(number,?) WHERE name='log_forgotten'",
      Parameters().add(static_cast<std::int64_t>(sequence)));
  group_->wrote_values = true;
  return {};
}

Result<Head> PostgresTransaction::headOf(const std::string& key, std::int64_t type,
                                         std::string_view id) {
  if (const auto known = group_->heads.find(key); known != group_->heads.end())
    return known->second;
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           session_->connection->ask("SELECT sequence,version,compartment FROM "
                                                     "version WHERE type=? AND id=? "
                                                     "ORDER BY version DESC LIMIT 1",
                                                     Parameters().add(type).add(id)));
  if (rows.count() == 0) return Head{};
  return Head{rows.integer(0, 0), static_cast<std::uint64_t>(rows.integer(0, 1)),
              static_cast<std::int32_t>(rows.integer(0, 2))};
}

Status PostgresTransaction::put(const Put& put) {
  if (put.type.empty() || put.id.empty() || put.version == 0 || put.deleted != put.body.empty())
    return fail(ErrorCode::kInvalidArgument, "A version needs type, id, number and body.");
  if (!broken_) return broken_;
  const auto type = watched(session_->names.makeType(put.type));
  if (!type) return std::unexpected(type.error());
  const std::string key = keyOf(put.type, put.id);
  const auto head = watched(headOf(key, *type, put.id));
  if (!head) return std::unexpected(head.error());
  if (put.version != head->version + 1)
    return fail(ErrorCode::kConflict, "The resource has been changed by someone else.");
  auto prepared = watched(prepare(put, *type));
  if (!prepared) {
    broken_ = std::unexpected(prepared.error());
    return broken_;
  }
  if (put.deleted) prepared->compartment = head->compartment;
  prepared->replaces = head->sequence;
  group_->changes.add(put.type, put.id);
  prepared->sequence = group_->changes.newest();
  group_->heads.insert_or_assign(
      key, Head{prepared->sequence, put.version, static_cast<std::int32_t>(prepared->compartment)});
  group_->pending.add(std::move(*prepared));
  if (group_->pending.bytes() > kPendingBytes || group_->pending.size() > kPendingVersions) {
    showPending(true);
    session_->connection->dispatch();
  }
  return {};
}

Result<PendingVersion> PostgresTransaction::prepare(const Put& put, std::int64_t type) {
  PendingVersion out;
  out.type = type;
  out.id = put.id;
  out.version = static_cast<std::int64_t>(put.version);
  out.last_updated = put.last_updated.micros;
  out.deleted = put.deleted;
  out.method = put.method;
  if (put.deleted) return out;
  out.compartment = compartmentOf(put.type, put.id, put.index);
  PLANBRO_ASSIGN_OR_RETURN(out.frame, session_->compression.compress(put.body));
  out.index.reserve(put.index.size());
  for (const IndexRow& row : put.index) {
    PLANBRO_ASSIGN_OR_RETURN(PendingRow made, rowOf(row, type));
    out.index.push_back(std::move(made));
  }
  std::sort(out.index.begin(), out.index.end());
  out.index.erase(std::unique(out.index.begin(), out.index.end()), out.index.end());
  return out;
}

Result<PendingRow> PostgresTransaction::rowOf(const IndexRow& row, std::int64_t type) {
  Names& names = session_->names;
  PendingRow out;
  PLANBRO_ASSIGN_OR_RETURN(out.parameter, names.makeParameter(type, row.parameter));
  out.value = sql::KeptText(row.value).view();
  switch (row.kind) {
    case IndexRow::Kind::kString:
      out.table = PendingRow::Table::kString;
      out.exact = sql::KeptText(row.exact).view();
      return out;
    case IndexRow::Kind::kReference: {
      out.table = PendingRow::Table::kReference;
      out.exact = sql::KeptText(row.exact).view();
      PLANBRO_ASSIGN_OR_RETURN(out.system, names.makeType(row.system));
      return out;
    }
    case IndexRow::Kind::kToken:
    case IndexRow::Kind::kUri:
      break;
    case IndexRow::Kind::kDate:
    case IndexRow::Kind::kNumber:
    case IndexRow::Kind::kQuantity:
      out.table = PendingRow::Table::kSpan;
      out.low = row.low;
      out.high = row.high;
      break;
  }
  PLANBRO_ASSIGN_OR_RETURN(out.system, names.makeSystem(sql::KeptText(row.system).view()));
  return out;
}

bool PostgresTransaction::undo() {
  Connection& connection = *session_->connection;
  if (!broken_ && !savepoint_) return false;
  if (!connection.usable()) return false;
  group_->pending.cut(begun_with_);
  group_->changes.backTo(begun_after_);
  group_->heads.clear();
  session_->names.forgetMade();
  if (!savepoint_) return true;
  connection.queue("ROLLBACK TO SAVEPOINT one");
  connection.queue("RELEASE SAVEPOINT one");
  // A statement that failed was the last of its pipeline: these begin the next.
  return connection.settle().has_value();
}

void PostgresTransaction::finish() {
  if (savepoint_) session_->connection->queue("RELEASE SAVEPOINT one");
}

}  // namespace planbro::store::postgres
