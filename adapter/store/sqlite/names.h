// The numbers of names as a connection has learnt them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "store/sql/database.h"
#include "store/sql/names.h"
#include "store/sqlite/connection.h"

namespace planbro::store::sqlite {

class Names final : public sql::Names {
 public:
  explicit Names(Connection& connection) : connection_(&connection) {}

  Result<std::string> typeName(std::int64_t id);

  // Forgets what it knows: needed after a rollback, which may have taken made names back.
  void clear();

 private:
  Result<std::int64_t> find(Table table, std::int64_t type, std::string_view name,
                            bool make) override;

  Connection* connection_;
  TextMap<std::int64_t>& known(Table table, std::int64_t type);
  TextMap<std::int64_t> types_, systems_;
  std::unordered_map<std::int64_t, TextMap<std::int64_t>> parameters_;  // by type
  std::unordered_map<std::int64_t, std::string> type_names_;
};

}  // namespace planbro::store::sqlite
