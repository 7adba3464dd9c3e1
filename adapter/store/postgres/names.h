// The numbers of names as a connection has learnt them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "store/postgres/connection.h"
#include "store/sql/database.h"
#include "store/sql/names.h"

namespace planbro::store::postgres {

class Names final : public sql::Names {
 public:
  explicit Names(Connection& connection) : connection_(&connection) {}

  // All that are there, at once: single ones cost a round trip each.
  Status load();

  Result<std::string> typeName(std::int64_t id);

  // Forgets what was made since the last keep(): after a rollback.
  void forgetMade();
  // What was made is committed.
  void keep() { made_.clear(); }

 private:
  Result<std::int64_t> find(Table table, std::int64_t type, std::string_view name,
                            bool make) override;
  static std::string keyOf(Table table, std::int64_t type, std::string_view name);

  Connection* connection_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::unordered_map<std::int64_t, std::string> type_names_;
  std::vector<std::string> made_;  // keys of ids_
};

}  // namespace planbro::store::postgres
