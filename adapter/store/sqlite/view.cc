#include "store/sqlite/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "store/sql/change_log.h"
#include "store/sql/explanation.h"
#include "store/sql/history_statement.h"
#include "store/sql/search_statement.h"

namespace planbro::store::sqlite {
namespace {

constexpr std::string_view kVersionColumns =
    "SELECT v.type,v.id,v.version,v.last_updated,v.sequence,v.deleted,v.method,b.data "
    "FROM version v LEFT JOIN body b ON b.sequence=v.sequence ";

std::string versionSql(std::string_view rest) {
  std::string sql(kVersionColumns);
  return sql.append(rest);
}

// The same without the body, which may be kept already.
std::string headSql(std::string_view rest) {
  std::string sql =
      "SELECT v.type,v.id,v.version,v.last_updated,v.sequence,v.deleted,v.method FROM version v ";
  return sql.append(rest);
}

}  // namespace

Result<std::optional<std::vector<Value>>> Session::firstRow(const sql::Fragment& query,
                                                            std::size_t columns) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection->prepare(query.text));
  statement.bindAll(query.values);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return std::nullopt;
  std::vector<Value> values;
  for (std::size_t i = 0; i < columns; ++i) values.push_back(statement.value(static_cast<int>(i)));
  return values;
}

Result<std::vector<std::string>> Session::plan(const sql::Fragment& query) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           connection->prepare("EXPLAIN QUERY PLAN " + query.text));
  statement.bindAll(query.values);
  std::vector<std::string> lines;
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return lines;
    constexpr int kDetail = 3;
    lines.emplace_back(statement.text(kDetail));
  }
}

std::string Session::indexedBy(std::string_view index) const {
  return fmt::format(" INDEXED BY {}", index);
}

std::string Session::versionBy(std::string_view alias, std::string_view /*equal*/) const {
  return fmt::format("version {}", alias);
}

std::string Session::contains(std::string_view whole, std::string_view part) const {
  return fmt::format("instr({},{})>0", whole, part);
}

std::string Session::endsWith(std::string_view whole, std::string_view part) const {
  return fmt::format("substr({0},-length({1}))={1}", whole, part);
}

sql::Fragment Session::belongsTo(std::string_view row, std::string_view version) const {
  return {fmt::format("{}.sequence={}.sequence", row, version), {}};
}

Result<Version> View::headOf(Statement& row) {
  Version version;
  PLANBRO_ASSIGN_OR_RETURN(version.type, session_->names.typeName(row.integer(0)));
  version.id = row.text(1);
  version.version = static_cast<std::uint64_t>(row.integer(2));
  version.last_updated = {row.integer(3)};
  version.sequence = static_cast<std::uint64_t>(row.integer(4));
  version.deleted = row.integer(5) != 0;
  version.method = row.text(6);
  return version;
}

Result<Version> View::versionOf(Statement& row) {
  PLANBRO_ASSIGN_OR_RETURN(Version version, headOf(row));
  if (!version.deleted) {
    PLANBRO_ASSIGN_OR_RETURN(version.body, session_->compression.decompress(row.bytes(7)));
  }
  return version;
}

Result<Version> View::one(Statement& row) {
  PLANBRO_ASSIGN_OR_RETURN(Version version, headOf(row));
  if (version.deleted) return version;
  const auto sequence = static_cast<std::int64_t>(version.sequence);
  BodyCache* const bodies = session_->bodies;
  if (const auto kept = bodies == nullptr ? nullptr : bodies->find(sequence); kept != nullptr) {
    version.body = *kept;
    return version;
  }
  PLANBRO_ASSIGN_OR_RETURN(version.body, bodyOf(sequence));
  if (bodies != nullptr) bodies->offer(sequence, version.body);
  return version;
}

Result<std::string> View::bodyOf(std::int64_t sequence) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           session_->connection->prepare("SELECT data FROM body WHERE sequence=?"));
  statement.bind(sequence);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  return session_->compression.decompress(row ? statement.bytes(0) : std::string_view());
}

Result<std::optional<Version>> View::current(std::int64_t sequence) {
  static const std::string sql =
      versionSql("WHERE v.sequence=? AND v.replaced=9223372036854775807 AND v.deleted=0");
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, session_->connection->prepare(sql));
  statement.bind(sequence);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return std::nullopt;
  return versionOf(statement);
}

Result<Version> View::read(std::string_view type, std::string_view id) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type_id, session_->names.type(type));
  static const std::string sql =
      headSql("WHERE v.type=? AND v.id=? ORDER BY v.version DESC LIMIT 1");
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, session_->connection->prepare(sql));
  statement.bind(type_id).bind(id);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "There is no such resource.");
  return one(statement);
}

Result<Version> View::readVersion(std::string_view type, std::string_view id,
                                  std::uint64_t version) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type_id, session_->names.type(type));
  if (version > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return fail(ErrorCode::kNotFound, "There is no such version.");
  static const std::string sql = headSql("WHERE v.type=? AND v.id=? AND v.version=?");
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, session_->connection->prepare(sql));
  statement.bind(type_id).bind(id).bind(static_cast<std::int64_t>(version));
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "There is no such version.");
  return one(statement);
}

Result<std::vector<Version>> View::history(const HistoryQuery& query) {
  std::optional<std::int64_t> type;
  if (!query.type.empty()) {
    PLANBRO_ASSIGN_OR_RETURN(type, session_->names.type(query.type));
  }
  const sql::Fragment asked = sql::historyStatement(query, type, options_->page_count);
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           session_->connection->prepare(versionSql(asked.text)));
  statement.bindAll(asked.values);
  std::vector<Version> versions;
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return versions;
    PLANBRO_ASSIGN_OR_RETURN(Version version, versionOf(statement));
    versions.push_back(std::move(version));
  }
}

Result<std::vector<Change>> View::changesAfter(std::uint64_t cursor, std::uint32_t limit) {
  std::vector<Change> changes;
  PLANBRO_ASSIGN_OR_RETURN(const LogRange range, logRange());
  if (cursor < range.forgotten || cursor > range.newest) return sql::outOfLog();
  PLANBRO_ASSIGN_OR_RETURN(
      Statement statement,
      session_->connection->prepare("SELECT sequence,type,id,version,deleted,last_updated "
                                    "FROM version WHERE sequence>? ORDER BY sequence LIMIT ?"));
  statement.bind(sql::sequenceOf(cursor)).bind(std::int64_t{limit});
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return changes;
    Change change;
    change.sequence = static_cast<std::uint64_t>(statement.integer(0));
    PLANBRO_ASSIGN_OR_RETURN(change.type, session_->names.typeName(statement.integer(1)));
    change.id = statement.text(2);
    change.version = static_cast<std::uint64_t>(statement.integer(3));
    change.deleted = statement.integer(4) != 0;
    change.last_updated = {statement.integer(5)};
    changes.push_back(std::move(change));
  }
}

Result<LogRange> View::logRange() {
  PLANBRO_ASSIGN_OR_RETURN(
      const std::int64_t forgotten,
      session_->connection->number("SELECT number FROM state WHERE name='log_forgotten'"));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t newest, lastSequence());
  return LogRange{static_cast<std::uint64_t>(forgotten), static_cast<std::uint64_t>(newest)};
}

Result<std::string> View::value(std::string_view name) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           session_->connection->prepare("SELECT data FROM value WHERE name=?"));
  statement.bind(name);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "There is no value of that name.");
  return std::string(statement.bytes(0));
}

Result<std::vector<std::string>> View::valueNames() {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           session_->connection->prepare("SELECT name FROM value ORDER BY name"));
  std::vector<std::string> names;
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return names;
    names.emplace_back(statement.text(0));
  }
}

Result<std::int64_t> View::lastSequence() {
  return session_->connection->number("SELECT max(sequence) FROM version");
}

Result<SearchPage> View::search(const Query& query) {
  PLANBRO_ASSIGN_OR_RETURN(std::optional<SearchPage> found, lookUp(query));
  if (found.has_value()) return std::move(*found);
  Connection& connection = *session_->connection;
  connection.setDeadline(std::chrono::steady_clock::now() +
                         std::chrono::milliseconds(options_->search_ms));
  Result<SearchPage> page = searchUntil(query);
  connection.setDeadline(std::nullopt);
  return page;
}

Result<std::string> View::explain(const Query& query) {
  Connection& connection = *session_->connection;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t last, lastSequence());
  connection.setDeadline(std::chrono::steady_clock::now() +
                         std::chrono::milliseconds(options_->search_ms));
  Result<std::string> text = sql::explain(query, last, *session_);
  connection.setDeadline(std::nullopt);
  return text;
}

Result<SearchPage> View::searchUntil(const Query& query) {
  Connection& connection = *session_->connection;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t last, lastSequence());
  PLANBRO_ASSIGN_OR_RETURN(const sql::Cursor cursor, sql::cursorOf(query, last));
  // The type's versions alone are found without index rows.
  const bool by_type =
      query.where.op == Predicate::Op::kAnd && query.where.children.empty() && query.sort.empty();
  if (query.cursor || (query.as_of != 0 && !by_type)) {
    PLANBRO_ASSIGN_OR_RETURN(
        const std::int64_t horizon,
        connection.number("SELECT number FROM state WHERE name='index_horizon'"));
    if (cursor.moment < horizon)
      return fail(ErrorCode::kGone, "The page is too old: begin the search again.");
  }
  SearchPage page;
  page.moment = static_cast<std::uint64_t>(cursor.moment);
  PLANBRO_ASSIGN_OR_RETURN(const sql::SearchStatement search,
                           sql::SearchStatement::compile(query, cursor, last, *session_));
  if (query.total) {
    PLANBRO_ASSIGN_OR_RETURN(const sql::Fragment counting, search.counting());
    PLANBRO_ASSIGN_OR_RETURN(Statement count, connection.prepare(counting.text));
    count.bindAll(counting.values);
    PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, count.step());
    page.total = static_cast<std::uint64_t>(count.integer(0));
  }
  const std::uint32_t wanted = std::min(query.count, options_->page_count);
  if (wanted == 0) return page;

  PLANBRO_ASSIGN_OR_RETURN(const sql::Fragment listing, search.listing(wanted + 1));
  std::vector<std::int64_t> sequences;
  {
    PLANBRO_ASSIGN_OR_RETURN(Statement list, connection.prepare(listing.text));
    list.bindAll(listing.values);
    while (true) {
      PLANBRO_ASSIGN_OR_RETURN(const bool row, list.step());
      if (!row) break;
      sequences.push_back(list.integer(0));
    }
  }
  if (sequences.size() > wanted) {
    sequences.resize(wanted);
    page.next = sql::writeCursor({cursor.moment, sequences.back()}, query);
  }
  static const std::string sql = versionSql("WHERE v.sequence=?");
  for (const std::int64_t sequence : sequences) {
    PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection.prepare(sql));
    statement.bind(sequence);
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) return fail(ErrorCode::kCorrupt, "A stored version is missing.");
    PLANBRO_ASSIGN_OR_RETURN(Version version, versionOf(statement));
    page.matches.push_back(std::move(version));
  }
  return page;
}

}  // namespace planbro::store::sqlite
