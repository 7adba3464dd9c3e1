#include "store/sqlite/view.h"

#include <algorithm>
#include <limits>

#include "store/sqlite/search_statement.h"

namespace planbro::store::sqlite {
namespace {

constexpr std::string_view kVersionColumns =
    "SELECT v.type,v.id,v.version,v.last_updated,v.sequence,v.deleted,v.method,b.data "
    "FROM version v LEFT JOIN body b ON b.sequence=v.sequence ";

std::string versionSql(std::string_view rest) {
  std::string sql(kVersionColumns);
  return sql.append(rest);
}

}  // namespace

std::string_view keptPart(std::string_view text) {
  if (text.size() <= kKeptBytes) return text;
  std::size_t end = kKeptBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

Result<Version> View::versionOf(Statement& row) {
  Version version;
  PLANBRO_ASSIGN_OR_RETURN(version.type, session_->names.typeName(row.integer(0)));
  version.id = row.text(1);
  version.version = static_cast<std::uint64_t>(row.integer(2));
  version.last_updated = {row.integer(3)};
  version.sequence = static_cast<std::uint64_t>(row.integer(4));
  version.deleted = row.integer(5) != 0;
  version.method = row.text(6);
  if (!version.deleted) {
    PLANBRO_ASSIGN_OR_RETURN(version.body, session_->compression.decompress(row.bytes(7)));
  }
  return version;
}

Result<Version> View::read(std::string_view type, std::string_view id) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type_id, session_->names.type(type));
  static const std::string sql =
      versionSql("WHERE v.type=? AND v.id=? ORDER BY v.version DESC LIMIT 1");
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, session_->connection->prepare(sql));
  statement.bind(type_id).bind(id);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "There is no such resource.");
  return versionOf(statement);
}

Result<Version> View::readVersion(std::string_view type, std::string_view id,
                                  std::uint64_t version) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type_id, session_->names.type(type));
  if (version > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return fail(ErrorCode::kNotFound, "There is no such version.");
  static const std::string sql = versionSql("WHERE v.type=? AND v.id=? AND v.version=?");
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, session_->connection->prepare(sql));
  statement.bind(type_id).bind(id).bind(static_cast<std::int64_t>(version));
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "There is no such version.");
  return versionOf(statement);
}

Result<std::vector<Version>> View::history(const HistoryQuery& query) {
  std::string where = "WHERE v.sequence<?";
  constexpr auto kNewest = std::numeric_limits<std::int64_t>::max();
  std::vector<Value> values;
  values.emplace_back(query.before_sequence == 0
                          ? kNewest
                          : static_cast<std::int64_t>(std::min<std::uint64_t>(
                                query.before_sequence, static_cast<std::uint64_t>(kNewest))));
  if (!query.type.empty()) {
    PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, session_->names.type(query.type));
    where += " AND v.type=?";
    values.emplace_back(type);
  }
  const bool instance = !query.id.empty();
  if (instance) {
    where += " AND v.id=?";
    values.emplace_back(query.id);
  }
  if (query.since) {
    where += " AND v.last_updated>=?";
    values.emplace_back(query.since->micros);
  }
  // Of one resource, versions and sequences rise together; each order suits one index.
  where += instance ? " ORDER BY v.version DESC LIMIT ?" : " ORDER BY v.sequence DESC LIMIT ?";
  values.emplace_back(std::int64_t{std::min(query.count, options_->page_count)});

  PLANBRO_ASSIGN_OR_RETURN(Statement statement, session_->connection->prepare(versionSql(where)));
  statement.bindAll(values);
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
  if (cursor > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return changes;
  PLANBRO_ASSIGN_OR_RETURN(
      Statement statement,
      session_->connection->prepare("SELECT sequence,type,id,version,deleted,last_updated "
                                    "FROM version WHERE sequence>? ORDER BY sequence LIMIT ?"));
  statement.bind(static_cast<std::int64_t>(cursor)).bind(std::int64_t{limit});
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

Result<std::string> View::value(std::string_view name) {
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           session_->connection->prepare("SELECT data FROM value WHERE name=?"));
  statement.bind(name);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kNotFound, "There is no value of that name.");
  return std::string(statement.bytes(0));
}

Result<std::int64_t> View::lastSequence() {
  return session_->connection->number("SELECT max(sequence) FROM version");
}

Result<SearchPage> View::search(const Query& query) {
  Connection& connection = *session_->connection;
  connection.setDeadline(std::chrono::steady_clock::now() +
                         std::chrono::milliseconds(options_->search_ms));
  Result<SearchPage> page = searchUntil(query);
  connection.setDeadline(std::nullopt);
  return page;
}

Result<SearchPage> View::searchUntil(const Query& query) {
  Connection& connection = *session_->connection;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t last, lastSequence());
  PLANBRO_ASSIGN_OR_RETURN(const Cursor cursor, cursorOf(query, last));
  if (query.cursor) {
    PLANBRO_ASSIGN_OR_RETURN(
        const std::int64_t horizon,
        connection.number("SELECT number FROM state WHERE name='index_horizon'"));
    if (cursor.moment < horizon)
      return fail(ErrorCode::kGone, "The page is too old: begin the search again.");
  }
  SearchPage page;
  PLANBRO_ASSIGN_OR_RETURN(SearchStatement search,
                           SearchStatement::compile(query, cursor, last, *session_));
  if (query.total) {
    PLANBRO_ASSIGN_OR_RETURN(const Fragment counting, search.counting());
    PLANBRO_ASSIGN_OR_RETURN(Statement count, connection.prepare(counting.text));
    count.bindAll(counting.values);
    PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, count.step());
    page.total = static_cast<std::uint64_t>(count.integer(0));
  }
  const std::uint32_t wanted = std::min(query.count, options_->page_count);
  if (wanted == 0) return page;

  PLANBRO_ASSIGN_OR_RETURN(const Fragment listing, search.listing(wanted + 1));
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
    page.next = writeCursor({cursor.moment, sequences.back()}, query);
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
