// What the builders in this folder need to know of the database they write for: its names, its
// numbers and the few words in which databases differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/query.h"
#include "store/sql/fragment.h"

namespace planbro::store::sql {

// A name that the store has never seen.
inline constexpr std::int64_t kUnknownName = -1;

// The alias of the version that a search asks about; those of chains have others.
inline constexpr std::string_view kCandidate = "v0";

// One connection inside a transaction. One thread at a time.
class Database {
 public:
  virtual ~Database() = default;

  // The integers that stand for names in the tables; 0 for the empty name, or kUnknownName.
  virtual Result<std::int64_t> typeNumber(std::string_view name) = 0;
  virtual Result<std::int64_t> systemNumber(std::string_view uri) = 0;
  virtual Result<std::int64_t> parameterNumber(std::int64_t type, std::string_view code) = 0;

  // The first `columns` columns of the first row; nothing if there is no row.
  virtual Result<std::optional<std::vector<Value>>> firstRow(const Fragment& query,
                                                             std::size_t columns) = 0;

  // The database's own plan of a statement, line by line.
  virtual Result<std::vector<std::string>> plan(const Fragment& query) = 0;

  // Names the index that a scan of the table before it shall use; empty where the database decides.
  virtual std::string indexedBy(std::string_view index) const = 0;
  // What stands behind FROM or CROSS JOIN for the version with alias `alias` that one value leads
  // to: `equal` ("sequence=d.sequence") is a column and a value of what stands before it. The same
  // equation belongs into WHERE as well.
  virtual std::string versionBy(std::string_view alias, std::string_view equal) const = 0;
  // That `part` occurs in `whole`.
  virtual std::string contains(std::string_view whole, std::string_view part) const = 0;
  // That `whole` ends with `part`, byte for byte; `part` stands in it twice.
  virtual std::string endsWith(std::string_view whole, std::string_view part) const = 0;
  // Whether the steps of a chain are written as one join instead of inside each other: SQLite's
  // parser bounds nesting, PostgreSQL takes long to plan large joins.
  virtual bool joinsChains() const = 0;
  // What ends a subquery that is to be asked for each candidate instead of being joined to them.
  virtual std::string_view keptApart() const = 0;
  // That an index row (alias `row`) belongs to the version with alias `version`.
  virtual Fragment belongsTo(std::string_view row, std::string_view version) const = 0;
  // What else is known of rows (alias r) that refer to row.value in row.system: where they stand.
  virtual Fragment whereReferencesStand(const IndexRow& row) const = 0;
};

}  // namespace planbro::store::sql
