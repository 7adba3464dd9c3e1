#include "store/sqlite/names.h"

#include <fmt/format.h>

namespace planbro::store::sqlite {
namespace {
constexpr std::size_t kKept = 20000;
}  // namespace

Result<std::int64_t> Names::find(Table table, std::int64_t type, std::string_view name, bool make) {
  if (name.empty()) return 0;
  const std::string key = fmt::format("{} {} {}", static_cast<int>(table), type, name);
  if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
  const bool parameter = table == Table::kParameter;
  const char* select = parameter               ? "SELECT id FROM parameter WHERE type=? AND code=?"
                       : table == Table::kType ? "SELECT id FROM type WHERE name=?"
                                               : "SELECT id FROM system WHERE uri=?";
  const char* insert = parameter ? "INSERT INTO parameter (type, code) VALUES (?,?) RETURNING id"
                       : table == Table::kType ? "INSERT INTO type (name) VALUES (?) RETURNING id"
                                               : "INSERT INTO system (uri) VALUES (?) RETURNING id";
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
    if (ids_.size() >= kKept) ids_.clear();
    ids_.emplace(key, id);
    return id;
  }
  return kUnknown;
}

Result<std::int64_t> Names::type(std::string_view name) {
  return find(Table::kType, 0, name, false);
}
Result<std::int64_t> Names::system(std::string_view uri) {
  return find(Table::kSystem, 0, uri, false);
}
Result<std::int64_t> Names::parameter(std::int64_t type, std::string_view code) {
  return find(Table::kParameter, type, code, false);
}
Result<std::int64_t> Names::makeType(std::string_view name) {
  return find(Table::kType, 0, name, true);
}
Result<std::int64_t> Names::makeSystem(std::string_view uri) {
  return find(Table::kSystem, 0, uri, true);
}
Result<std::int64_t> Names::makeParameter(std::int64_t type, std::string_view code) {
  return find(Table::kParameter, type, code, true);
}

Result<std::string> Names::typeName(std::int64_t id) {
  if (const auto known = type_names_.find(id); known != type_names_.end()) return known->second;
  PLANBRO_ASSIGN_OR_RETURN(Statement statement,
                           connection_->prepare("SELECT name FROM type WHERE id=?"));
  statement.bind(id);
  PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kCorrupt, "A stored version has a type that is not known.");
  return type_names_.emplace(id, statement.text(0)).first->second;
}

void Names::clear() {
  ids_.clear();
  type_names_.clear();
}

}  // namespace planbro::store::sqlite
