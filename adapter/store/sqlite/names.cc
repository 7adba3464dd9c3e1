#include "store/sqlite/names.h"

namespace planbro::store::sqlite {
namespace {
constexpr std::size_t kKept = 20000;  // of one table; of parameters, of one type
}  // namespace

TextMap<std::int64_t>& Names::known(Table table, std::int64_t type) {
  switch (table) {
    case Table::kType:
      return types_;
    case Table::kSystem:
      return systems_;
    case Table::kParameter:
      break;
  }
  return parameters_[type];
}

Result<std::int64_t> Names::find(Table table, std::int64_t type, std::string_view name, bool make) {
  if (name.empty()) return 0;
  TextMap<std::int64_t>& ids = known(table, type);
  if (const auto found = ids.find(name); found != ids.end()) return found->second;
  const bool parameter = table == Table::kParameter;
  const char* select = selecting(table);
  const char* insert = inserting(table);
  for (const char* sql : {select, insert}) {
    if (sql == insert && !make) break;
    PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection_->prepare(sql));
    if (parameter) statement.bind(type);
    statement.bind(name);
    PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
    if (!row) continue;
    const std::int64_t id = statement.integer(0);
    // An INSERT … RETURNING is done only when it has been stepped to its end.
    PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const bool more, statement.step());
    if (ids.size() >= kKept) ids.clear();
    ids.emplace(name, id);
    return id;
  }
  return sql::kUnknownName;
}

Result<std::string> Names::typeName(std::int64_t id) {
  if (const auto known = type_names_.find(id); known != type_names_.end()) return known->second;
  PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection_->prepare(kTypeName));
  statement.bind(id);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return unknownType();
  return type_names_.emplace(id, statement.text(0)).first->second;
}

void Names::clear() {
  types_.clear();
  systems_.clear();
  parameters_.clear();
  type_names_.clear();
}

}  // namespace planbro::store::sqlite
