// Types, systems and search parameters as the small integers that the tables hold. What each store
// keeps in memory of them, and how it asks, is its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace planbro::store::sql {

// One thread at a time, for one connection. 0 stands for the empty name, kUnknownName for one that
// the store has never seen.
class Names {
 public:
  Result<std::int64_t> type(std::string_view name) { return find(Table::kType, 0, name, false); }
  Result<std::int64_t> system(std::string_view uri) { return find(Table::kSystem, 0, uri, false); }
  Result<std::int64_t> parameter(std::int64_t type, std::string_view code) {
    return find(Table::kParameter, type, code, false);
  }
  // The same, made if they are not there; only inside a writing transaction.
  Result<std::int64_t> makeType(std::string_view name) { return find(Table::kType, 0, name, true); }
  Result<std::int64_t> makeSystem(std::string_view uri) {
    return find(Table::kSystem, 0, uri, true);
  }
  Result<std::int64_t> makeParameter(std::int64_t type, std::string_view code) {
    return find(Table::kParameter, type, code, true);
  }

 protected:
  enum class Table : std::uint8_t { kType, kSystem, kParameter };
  static constexpr const char* kTypeName = "SELECT name FROM type WHERE id=?";

  ~Names() = default;

  // `type` counts for parameters alone, and stands before the name in the statements.
  virtual Result<std::int64_t> find(Table table, std::int64_t type, std::string_view name,
                                    bool make) = 0;

  static constexpr const char* selecting(Table table) {
    return table == Table::kParameter ? "SELECT id FROM parameter WHERE type=? AND code=?"
           : table == Table::kType    ? "SELECT id FROM type WHERE name=?"
                                      : "SELECT id FROM system WHERE uri=?";
  }
  static constexpr const char* inserting(Table table) {
    return table == Table::kParameter
               ? "INSERT INTO parameter (type,code) VALUES (?,?) RETURNING id"
           : table == Table::kType ? "INSERT INTO type (name) VALUES (?) RETURNING id"
                                   : "INSERT INTO system (uri) VALUES (?) RETURNING id";
  }
  static std::unexpected<Error> unknownType() {
    return fail(ErrorCode::kCorrupt, "A stored version has a type that is not known.");
  }
};

}  // namespace planbro::store::sql
