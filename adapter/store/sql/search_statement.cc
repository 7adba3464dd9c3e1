#include "store/sql/search_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "store/sql/predicate.h"

namespace planbro::store::sql {
namespace {

// FNV-1a: recognizes a cursor of another query; it keeps no secret.
class Fingerprint {
 public:
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char byte : text) mix(static_cast<unsigned char>(byte));
  }
  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
      mix(static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift));
  }
  void add(const Predicate& predicate) {
    if (predicate.visibility) return;  // the caller's of now, whatever it was on the first page
    add(static_cast<std::int64_t>(predicate.op));
    add(static_cast<std::int64_t>(predicate.row.kind));
    add(predicate.row.parameter);
    add(predicate.row.system);
    add(predicate.row.value);
    add(predicate.row.exact);
    add(predicate.row.low);
    add(predicate.row.high);
    add((predicate.any_system ? 1 : 0) + (predicate.any_value ? 2 : 0));
    add(static_cast<std::int64_t>(predicate.ids.size()));
    for (const std::string& id : predicate.ids) add(id);
    add(static_cast<std::int64_t>(predicate.children.size()));
    for (const Predicate& child : predicate.children) add(child);
  }
  std::uint32_t value() const { return static_cast<std::uint32_t>(hash_ ^ (hash_ >> 32)); }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211U; }
  std::uint64_t hash_ = 14695981039346656037U;
};

std::uint32_t fingerprintOf(const Query& query) {
  Fingerprint print;
  print.add(query.type);
  print.add(query.where);
  print.add(query.updated_from ? query.updated_from->micros : -1);
  print.add(query.updated_before ? query.updated_before->micros : -1);
  for (const Sort& sort : query.sort) {
    print.add(sort.parameter);
    print.add(static_cast<std::int64_t>(sort.kind));
    print.add(sort.descending ? 1 : 0);
  }
  return print.value();
}

template <typename Number>
bool readHex(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// What a row of that kind is sorted by.
std::string_view sortColumn(IndexRow::Kind kind, bool descending) {
  switch (kind) {
    case IndexRow::Kind::kToken:
    case IndexRow::Kind::kUri:
    case IndexRow::Kind::kString:
      return "value";
    case IndexRow::Kind::kReference:
      return "target";
    default:
      return descending ? "high" : "low";
  }
}

}  // namespace

Result<Cursor> cursorOf(const Query& query, std::int64_t last) {
  if (!query.cursor) {
    const auto newest = static_cast<std::uint64_t>(last);
    const std::uint64_t moment = query.as_of == 0 ? newest : std::min(query.as_of, newest);
    if (query.after != 0 && !query.sort.empty())
      return fail(ErrorCode::kInvalidArgument, "A sorted search goes on by its cursor.");
    return Cursor{static_cast<std::int64_t>(moment),
                  static_cast<std::int64_t>(std::min(query.after, moment))};
  }
  const std::vector<std::string_view> parts = split(*query.cursor, '-');
  Cursor cursor;
  std::uint32_t print = 0;
  if (parts.size() != 4 || parts[0] != "1" || !readHex(parts[1], cursor.moment) ||
      !readHex(parts[2], cursor.after) || !readHex(parts[3], print) || cursor.moment < 1 ||
      cursor.after < 1 || cursor.moment > last || cursor.after > cursor.moment)
    return fail(ErrorCode::kInvalidArgument, "The cursor is none that this store gave.");
  if (print != fingerprintOf(query))
    return fail(ErrorCode::kInvalidArgument, "The cursor belongs to another search.");
  return cursor;
}

std::string writeCursor(const Cursor& cursor, const Query& query) {
  return fmt::format("1-{:x}-{:x}-{:x}", cursor.moment, cursor.after, fingerprintOf(query));
}

Result<SearchStatement> SearchStatement::compile(const Query& query, const Cursor& cursor,
                                                 std::int64_t last, Database& database) {
  SearchStatement out;
  out.cursor_ = cursor;
  PLANBRO_ASSIGN_OR_RETURN(const std::int64_t type, database.typeNumber(query.type));
  // What may be seen is decided as of now, on later pages too.
  PredicateCompiler compiler(database, cursor.moment, last);
  PredicateCompiler now(database, last, last);

  const bool all_visible = alwaysTrue(query.visible);
  PLANBRO_ASSIGN_OR_RETURN(std::optional<Fragment> shortlist,
                           compiler.shortlist(query.where, type));
  if (!shortlist && !all_visible) {
    // The candidates are versions of the page's moment.
    PLANBRO_ASSIGN_OR_RETURN(shortlist, compiler.shortlist(query.visible, type));
  }

  Fragment& sql = out.from_and_where_;
  out.few_candidates_ = shortlist.has_value();
  if (shortlist) {
    sql += " FROM (SELECT DISTINCT sequence FROM (";
    sql += *shortlist;
    sql += ") s) d CROSS JOIN " + database.versionBy("v0", "sequence=d.sequence");
    sql += " WHERE v0.sequence=d.sequence AND ";
  } else {
    // In an older moment what has been replaced since counts too.
    const bool newest = cursor.moment == last;
    sql += " FROM version v0" + database.indexedBy(newest ? "version_current" : "version_by_type") +
           " WHERE ";
    if (newest) sql += "v0.replaced=9223372036854775807 AND ";
  }
  sql += compiler.current("v0", type);
  if (query.updated_from) {
    sql += " AND v0.last_updated>=?";
    sql.add(query.updated_from->micros);
  }
  if (query.updated_before) {
    sql += " AND v0.last_updated<?";
    sql.add(query.updated_before->micros);
  }
  PLANBRO_ASSIGN_OR_RETURN(const Fragment where, compiler.condition(query.where, type));
  sql += " AND ";
  sql += where;
  if (!all_visible) {
    PLANBRO_ASSIGN_OR_RETURN(const Fragment visible, now.condition(query.visible, type));
    sql += " AND ";
    sql += visible;
    if (cursor.moment != last) {
      PLANBRO_ASSIGN_OR_RETURN(const Fragment still, now.condition(query.visible, type, 1));
      sql += " AND EXISTS(SELECT 1 FROM version v1" + database.indexedBy("version_by_id") +
             " WHERE v1.id=v0.id AND ";
      sql += now.current("v1", type);
      sql += " AND ";
      sql += still;
      sql += ")";
    }
  }

  for (const Sort& sort : query.sort) {
    Key key;
    key.descending = sort.descending;
    if (sort.parameter == "_id") {
      key.expression += "v0.id";
    } else if (sort.parameter == "_lastUpdated") {
      key.expression += "v0.last_updated";
    } else {
      PLANBRO_ASSIGN_OR_RETURN(const std::int64_t parameter,
                               database.parameterNumber(type, sort.parameter));
      key.expression +=
          fmt::format("(SELECT {}(r.{}) FROM {} r WHERE ", sort.descending ? "max" : "min",
                      sortColumn(sort.kind, sort.descending), tableOf(sort.kind));
      key.expression += database.belongsTo("r", "v0");
      key.expression += " AND r.parameter=?";
      key.expression.add(parameter);
      // A part of a string has no exact text, and is nothing to sort by.
      key.expression += sort.kind == IndexRow::Kind::kString ? " AND r.exact<>'')" : ")";
    }
    out.keys_.push_back(std::move(key));
  }
  if (cursor.after != 0 && !out.keys_.empty()) {
    Fragment keys;
    keys += "SELECT ";
    for (std::size_t i = 0; i < out.keys_.size(); ++i) {
      if (i > 0) keys += ",";
      keys += out.keys_[i].expression;
    }
    keys += " FROM version v0 WHERE v0.sequence=?";
    keys.add(cursor.after);
    PLANBRO_ASSIGN_OR_RETURN(auto row, database.firstRow(keys, out.keys_.size()));
    if (!row) return fail(ErrorCode::kCorrupt, "A stored version is missing.");
    out.after_keys_ = std::move(*row);
  }
  return out;
}

Result<Fragment> SearchStatement::counting() const {
  Fragment sql;
  sql += "SELECT count(*)";
  sql += from_and_where_;
  return sql;
}

Result<Fragment> SearchStatement::listing(std::uint32_t limit, bool with_total) const {
  Fragment sql;
  if (keys_.empty()) {
    sql += with_total ? "SELECT v0.sequence,count(*) OVER ()" : "SELECT v0.sequence";
    sql += from_and_where_;
    sql += " AND v0.sequence>? ORDER BY v0.sequence LIMIT ?";
    sql.add(cursor_.after).add(std::int64_t{limit});
    return sql;
  }
  sql += "WITH m AS MATERIALIZED (SELECT v0.sequence AS sequence";
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    sql += ",";
    sql += keys_[i].expression;
    sql += fmt::format(" AS k{}", i);
  }
  sql += from_and_where_;
  sql +=
      with_total ? ") SELECT sequence,(SELECT count(*) FROM m) FROM m" : ") SELECT sequence FROM m";
  if (!after_keys_.empty()) {
    // Behind the last one: equal in the first keys and behind in the next, missing values last.
    sql += " WHERE ";
    Fragment equal;
    equal += "TRUE";
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (!std::holds_alternative<std::nullptr_t>(after_keys_[i])) {
        sql += "(";
        sql += equal;
        sql +=
            fmt::format(" AND (k{0}{1}? OR k{0} IS NULL)) OR ", i, keys_[i].descending ? "<" : ">");
        sql.add(after_keys_[i]);
      }
      equal += fmt::format(" AND k{} IS NOT DISTINCT FROM ?", i);
      equal.add(after_keys_[i]);
    }
    sql += "(";
    sql += equal;
    sql += " AND sequence>?)";
    sql.add(cursor_.after);
  }
  sql += " ORDER BY ";
  for (std::size_t i = 0; i < keys_.size(); ++i)
    sql += fmt::format("k{0} IS NULL,k{0}{1},", i, keys_[i].descending ? " DESC" : "");
  sql += "sequence LIMIT ?";
  sql.add(std::int64_t{limit});
  return sql;
}

}  // namespace planbro::store::sql
