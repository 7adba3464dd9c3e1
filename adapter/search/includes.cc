#include <algorithm>

#include "search/search_request.h"

namespace planbro::search {

std::vector<std::pair<std::string, std::string>> includedBy(const Parameters& parameters,
                                                            const Include& include,
                                                            const fhir::Element& resource,
                                                            std::string_view base) {
  std::vector<std::pair<std::string, std::string>> out;
  const std::string_view type = resource.typeName();
  if (include.reverse || (type != include.source_type)) return out;
  std::vector<store::IndexRow> rows;
  for (const Parameter& parameter : parameters.of(type)) {
    if (parameter.type == ParameterType::kReference &&
        (include.parameter == "*" || include.parameter == parameter.code))
      Parameters::extract(parameter, resource, base, rows);
  }
  for (const store::IndexRow& row : rows) {
    if (row.kind != store::IndexRow::Kind::kReference || row.value.empty()) continue;
    if (!include.target_type.empty() && row.system != include.target_type) continue;
    std::pair<std::string, std::string> one(row.system, row.value);
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(std::move(one));
  }
  return out;
}

store::Query reverseIncludeQuery(const Parameters& parameters, const Include& include,
                                 std::span<const std::pair<std::string, std::string>> matches) {
  store::Query query;
  query.type = include.source_type;
  query.where.op = store::Predicate::Op::kOr;
  for (const Parameter& parameter : parameters.of(include.source_type)) {
    if (parameter.type != ParameterType::kReference ||
        (include.parameter != "*" && include.parameter != parameter.code))
      continue;
    for (const auto& [type, id] : matches) {
      if (!include.target_type.empty() && type != include.target_type) continue;
      if (!parameter.targets.empty() &&
          std::find(parameter.targets.begin(), parameter.targets.end(), type) ==
              parameter.targets.end())
        continue;
      store::Predicate one;
      one.op = store::Predicate::Op::kEquals;
      one.row.kind = store::IndexRow::Kind::kReference;
      one.row.parameter = parameter.code;
      one.row.system = type;
      one.row.value = id;
      query.where.children.push_back(std::move(one));
    }
  }
  return query;
}

}  // namespace planbro::search
