// Types, systems and search parameters as the small integers that the tables hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "store/sqlite/connection.h"

namespace planbro::store::sqlite {

// One thread at a time, for one connection. 0 stands for the empty name, kUnknown for one that the
// store has never seen.
class Names {
 public:
  static constexpr std::int64_t kUnknown = -1;

  explicit Names(Connection& connection) : connection_(&connection) {}

  Result<std::int64_t> type(std::string_view name);
  Result<std::int64_t> system(std::string_view uri);
  Result<std::int64_t> parameter(std::int64_t type, std::string_view code);
  // The same, made if they are not there; only inside a writing transaction.
  Result<std::int64_t> makeType(std::string_view name);
  Result<std::int64_t> makeSystem(std::string_view uri);
  Result<std::int64_t> makeParameter(std::int64_t type, std::string_view code);

  Result<std::string> typeName(std::int64_t id);

  // Forgets what it knows: needed after a rollback, which may have taken made names back.
  void clear();

 private:
  enum class Table : std::uint8_t { kType, kSystem, kParameter };
  Result<std::int64_t> find(Table table, std::int64_t type, std::string_view name, bool make);

  Connection* connection_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::unordered_map<std::int64_t, std::string> type_names_;
};

}  // namespace planbro::store::sqlite
