#include "store/postgres/names.h"

#include <fmt/format.h>

namespace planbro::store::postgres {
namespace {
constexpr std::size_t kKept = 50000;
}  // namespace

std::string Names::keyOf(Table table, std::int64_t type, std::string_view name) {
  return fmt::format("{} {} {}", static_cast<int>(table), type, name);
}

Status Names::load() {
  ids_.clear();
  type_names_.clear();
  made_.clear();
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows,
      connection_->ask("SELECT 0,0,id,name FROM type UNION ALL (SELECT 1,0,id,uri FROM system "
                       "ORDER BY id LIMIT 10000) UNION ALL SELECT 2,type,id,code FROM parameter",
                       {}, Connection::Plan::kOnce));
  for (int row = 0; row < rows.count(); ++row) {
    const std::int64_t table = rows.integer(row, 0);
    const std::int64_t id = rows.integer(row, 2);
    const std::string_view name = rows.bytes(row, 3);
    ids_.emplace(keyOf(static_cast<Table>(table), rows.integer(row, 1), name), id);
    if (table == 0) type_names_.emplace(id, name);
  }
  return {};
}

Result<std::int64_t> Names::find(Table table, std::int64_t type, std::string_view name, bool make) {
  if (name.empty()) return 0;
  std::string key = keyOf(table, type, name);
  if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
  const bool parameter = table == Table::kParameter;
  const char* select = selecting(table);
  const char* insert = inserting(table);
  for (const char* sql : {select, insert}) {
    if (sql == insert && !make) break;
    Parameters parameters;
    if (parameter) parameters.add(type);
    parameters.add(name);
    PLANBRO_ASSIGN_OR_RETURN(const Rows rows, connection_->ask(sql, std::move(parameters)));
    if (rows.count() == 0) continue;
    const std::int64_t id = rows.integer(0, 0);
    if (ids_.size() >= kKept) ids_.clear();
    if (make) made_.push_back(key);
    ids_.emplace(std::move(key), id);
    return id;
  }
  return sql::kUnknownName;
}

Result<std::string> Names::typeName(std::int64_t id) {
  if (const auto known = type_names_.find(id); known != type_names_.end()) return known->second;
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows, connection_->ask(kTypeName, Parameters().add(id)));
  if (rows.count() == 0) return unknownType();
  return type_names_.emplace(id, rows.bytes(0, 0)).first->second;
}

void Names::forgetMade() {
  // Numbers of names taken back are not given again, so their entries in type_names_ do no harm.
  for (const std::string& key : made_) ids_.erase(key);
  made_.clear();
}

}  // namespace planbro::store::postgres
