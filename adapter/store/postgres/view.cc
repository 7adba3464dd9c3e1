#include "store/postgres/view.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "store/sql/change_log.h"
#include "store/sql/explanation.h"
#include "store/sql/history_statement.h"
#include "store/sql/search_statement.h"
#include "store/sql/whole_token.h"

namespace planbro::store::postgres {
namespace {

constexpr auto kNewest = std::numeric_limits<std::int64_t>::max();

std::string versionSql(std::string_view rest) {
  std::string sql =
      "SELECT v.type,v.id,v.version,v.last_updated,v.sequence,v.deleted,v.method,b.data,"
      "v.compartment FROM version v "
      "LEFT JOIN body b ON b.sequence=v.sequence AND b.compartment=v.compartment ";
  return sql.append(rest);
}

}  // namespace

Result<Version> View::versionOf(const Rows& rows, int row) {
  Version version;
  PLANBRO_ASSIGN_OR_RETURN(version.type, session_->names.typeName(rows.integer(row, 0)));
  version.id = rows.bytes(row, 1);
  version.version = static_cast<std::uint64_t>(rows.integer(row, 2));
  version.last_updated = {rows.integer(row, 3)};
  version.sequence = static_cast<std::uint64_t>(rows.integer(row, 4));
  version.deleted = rows.integer(row, 5) != 0;
  version.method = rows.bytes(row, 6);
  if (!version.deleted) {
    PLANBRO_ASSIGN_OR_RETURN(version.body, session_->compression.decompress(rows.bytes(row, 7)));
  }
  return version;
}

Result<Version> View::read(std::string_view type, std::string_view id, Head* head) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t number, session_->names.type(type));
  static const std::string sql =
      versionSql("WHERE v.type=? AND v.id=? ORDER BY v.version DESC LIMIT 1");
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           session_->connection->ask(sql, Parameters().add(number).add(id)));
  if (rows.count() == 0) return fail(ErrorCode::kNotFound, "There is no such resource.");
  if (head != nullptr)
    *head = {rows.integer(0, 4), static_cast<std::uint64_t>(rows.integer(0, 2)),
             static_cast<std::int32_t>(rows.integer(0, 8))};
  return versionOf(rows, 0);
}

Result<std::vector<Version>> View::readAll(std::string_view type,
                                           std::span<const std::string> ids) {
  std::vector<Version> versions;
  if (ids.empty()) return versions;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t number, session_->names.type(type));
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows,
      session_->connection->ask(
          "SELECT v.type,v.id,v.version,v.last_updated,v.sequence,v.deleted,v.method,b.data "
          "FROM unnest(?::text[]) AS asked(id) CROSS JOIN LATERAL (SELECT * FROM version "
          "WHERE type=? AND id=asked.id ORDER BY version DESC LIMIT 1) v "
          "LEFT JOIN body b ON b.sequence=v.sequence AND b.compartment=v.compartment "
          "WHERE v.deleted=0",
          Parameters().addTexts(ids).add(number)));
  for (int row = 0; row < rows.count(); ++row) {
    PLANBRO_ASSIGN_OR_RETURN(Version version, versionOf(rows, row));
    versions.push_back(std::move(version));
  }
  return versions;
}

Result<Version> View::readVersion(std::string_view type, std::string_view id,
                                  std::uint64_t version) {
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t number, session_->names.type(type));
  if (version > static_cast<std::uint64_t>(kNewest))
    return fail(ErrorCode::kNotFound, "There is no such version.");
  static const std::string sql = versionSql("WHERE v.type=? AND v.id=? AND v.version=?");
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           session_->connection->ask(sql, Parameters().add(number).add(id).add(
                                                              static_cast<std::int64_t>(version))));
  if (rows.count() == 0) return fail(ErrorCode::kNotFound, "There is no such version.");
  return versionOf(rows, 0);
}

Result<std::vector<Version>> View::history(const HistoryQuery& query) {
  std::optional<std::int64_t> type;
  if (!query.type.empty()) {
    PLANBRO_ASSIGN_OR_RETURN(type, session_->names.type(query.type));
  }
  const Fragment asked = sql::historyStatement(query, type, options_->page_count);
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows, session_->connection->ask(versionSql(asked.text), Parameters(asked.values)));
  std::vector<Version> versions;
  for (int row = 0; row < rows.count(); ++row) {
    PLANBRO_ASSIGN_OR_RETURN(Version version, versionOf(rows, row));
    versions.push_back(std::move(version));
  }
  return versions;
}

Result<std::vector<Change>> View::changesAfter(std::uint64_t cursor, std::uint32_t limit) {
  std::vector<Change> changes;
  PLANBRO_ASSIGN_OR_RETURN(const LogRange range, logRange());
  if (cursor < range.forgotten || cursor > range.newest) return sql::outOfLog();
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           session_->connection->ask(
                               "SELECT sequence,type,id,version,deleted,last_updated "
                               "FROM version WHERE sequence>? ORDER BY sequence LIMIT ?",
                               Parameters().add(sql::sequenceOf(cursor)).add(std::int64_t{limit})));
  for (int row = 0; row < rows.count(); ++row) {
    Change change;
    change.sequence = static_cast<std::uint64_t>(rows.integer(row, 0));
    PLANBRO_ASSIGN_OR_RETURN(change.type, session_->names.typeName(rows.integer(row, 1)));
    change.id = rows.bytes(row, 2);
    change.version = static_cast<std::uint64_t>(rows.integer(row, 3));
    change.deleted = rows.integer(row, 4) != 0;
    change.last_updated = {rows.integer(row, 5)};
    changes.push_back(std::move(change));
  }
  return changes;
}

Result<LogRange> View::logRange() {
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows,
      session_->connection->ask("SELECT number,(SELECT coalesce(max(sequence),0) FROM version) "
                                "FROM state WHERE name='log_forgotten'"));
  if (rows.count() == 0)
    return fail(ErrorCode::kCorrupt, "The change log does not tell its range.");
  return LogRange{static_cast<std::uint64_t>(rows.integer(0, 0)),
                  static_cast<std::uint64_t>(rows.integer(0, 1))};
}

Result<std::string> View::value(std::string_view name) {
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows,
      session_->connection->ask("SELECT data FROM value WHERE name=?", Parameters().add(name)));
  if (rows.count() == 0) return fail(ErrorCode::kNotFound, "There is no value of that name.");
  return std::string(rows.bytes(0, 0));
}

Result<std::vector<std::string>> View::valueNames() {
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           session_->connection->ask("SELECT name FROM value ORDER BY name"));
  std::vector<std::string> names;
  for (int row = 0; row < rows.count(); ++row) names.emplace_back(rows.bytes(row, 0));
  return names;
}

Result<std::optional<SearchPage>> View::lookUp(const Query& query, std::int64_t last) {
  const Predicate* token = sql::wholeToken(query);
  if (token == nullptr) return std::nullopt;
  SearchPage page;
  page.moment = static_cast<std::uint64_t>(last);
  Names& names = session_->names;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, names.type(query.type));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                           names.parameter(type, token->row.parameter));
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t system,
                           names.system(sql::KeptText(token->row.system).view()));
  if (parameter == sql::kUnknownName || system == sql::kUnknownName) return page;
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows,
      session_->connection->ask(
          "SELECT v.type,v.id,v.version,v.last_updated,v.sequence,v.deleted,v.method,b.data,"
          "v.replaced FROM (SELECT sequence FROM token "
          "WHERE parameter=? AND value=? AND system=? LIMIT ?) r "
          "JOIN version v ON v.sequence=r.sequence LEFT JOIN body b ON b.sequence=v.sequence "
          "AND b.compartment=v.compartment AND v.replaced=9223372036854775807 "
          "ORDER BY v.sequence",
          Parameters()
              .add(parameter)
              .add(sql::KeptText(token->row.value).view())
              .add(system)
              .add(static_cast<std::int64_t>(sql::kFewTokens) + 1)));
  if (rows.count() > static_cast<int>(sql::kFewTokens)) return std::nullopt;
  for (int row = 0; row < rows.count(); ++row) {
    if (rows.integer(row, 8) != kNewest || rows.integer(row, 5) != 0) continue;
    // There is another page: its cursor is not made here.
    if (page.matches.size() == std::min(query.count, options_->page_count)) return std::nullopt;
    PLANBRO_ASSIGN_OR_RETURN(Version version, versionOf(rows, row));
    page.matches.push_back(std::move(version));
  }
  return page;
}

Result<SearchPage> View::search(const Query& query, std::int64_t last) {
  PLANBRO_ASSIGN_OR_RETURN(std::optional<SearchPage> found, lookUp(query, last));
  if (found) return std::move(*found);
  session_->beginSearch(query, std::chrono::milliseconds(options_->search_ms));
  Result<SearchPage> page = searchUntil(query, last);
  session_->endSearch();
  return page;
}

Result<std::string> View::explain(const Query& query, std::int64_t last) {
  session_->beginSearch(query, std::chrono::milliseconds(options_->search_ms));
  Result<std::string> text = sql::explain(query, last, *session_);
  session_->endSearch();
  return text;
}

Result<SearchPage> View::searchUntil(const Query& query, std::int64_t last) {
  PLANBRO_ASSIGN_OR_RETURN(const sql::Cursor cursor, sql::cursorOf(query, last));
  // The type's versions alone are found without index rows.
  const bool by_type =
      query.where.op == Predicate::Op::kAnd && query.where.children.empty() && query.sort.empty();
  if (query.cursor || (query.as_of != 0 && !by_type)) {
    PLANBRO_ASSIGN_OR_RETURN(
        const Rows horizon,
        session_->connection->ask("SELECT number FROM state WHERE name='index_horizon'"));
    if (horizon.count() == 0 || cursor.moment < horizon.integer(0, 0))
      return fail(ErrorCode::kGone, "The page is too old: begin the search again.");
  }
  SearchPage page;
  page.moment = static_cast<std::uint64_t>(cursor.moment);
  PLANBRO_ASSIGN_OR_RETURN(const sql::SearchStatement search,
                           sql::SearchStatement::compile(query, cursor, last, *session_));
  const std::uint32_t wanted = std::min(query.count, options_->page_count);
  const auto reach = search.hasFewCandidates() ? Session::Reach::kFew : Session::Reach::kMany;
  const auto count = [&]() -> Status {
    PLANBRO_ASSIGN_OR_RETURN(const Fragment counting, search.counting());
    PLANBRO_ASSIGN_OR_RETURN(const Rows total, session_->search(counting, reach));
    page.total = static_cast<std::uint64_t>(total.integer(0, 0));
    return {};
  };
  // To plan a statement takes the server longer than to run it.
  const bool at_once = query.total && wanted > 0 && search.tellsTotal();
  if (query.total && !at_once) PLANBRO_RETURN_IF_ERROR(count());
  if (wanted == 0) return page;
  PLANBRO_ASSIGN_OR_RETURN(const Fragment listing, search.listing(wanted + 1, at_once));
  PLANBRO_ASSIGN_OR_RETURN(const Rows list, session_->search(listing, reach));
  if (at_once && list.count() > 0) page.total = static_cast<std::uint64_t>(list.integer(0, 1));
  if (at_once && list.count() == 0) {
    page.total = 0;
    if (cursor.after != 0) PLANBRO_RETURN_IF_ERROR(count());
  }
  std::vector<std::int64_t> sequences;
  for (int row = 0; row < list.count(); ++row) sequences.push_back(list.integer(row, 0));
  if (sequences.size() > wanted) {
    sequences.resize(wanted);
    page.next = sql::writeCursor({cursor.moment, sequences.back()}, query);
  }
  PLANBRO_ASSIGN_OR_RETURN(page.matches, versionsOf(sequences));
  return page;
}

// In their order.
Result<std::vector<Version>> View::versionsOf(const std::vector<std::int64_t>& sequences) {
  std::vector<Version> versions(sequences.size());
  if (sequences.empty()) return versions;
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < sequences.size(); ++i) places.emplace(sequences[i], i);
  static const std::string sql = versionSql("WHERE v.sequence=ANY(?::bigint[])");
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           session_->connection->ask(sql, Parameters().addNumbers(sequences)));
  if (static_cast<std::size_t>(rows.count()) != sequences.size())
    return fail(ErrorCode::kCorrupt, "A stored version is missing.");
  for (int row = 0; row < rows.count(); ++row) {
    PLANBRO_ASSIGN_OR_RETURN(versions[places[rows.integer(row, 4)]], versionOf(rows, row));
  }
  return versions;
}

}  // namespace planbro::store::postgres
