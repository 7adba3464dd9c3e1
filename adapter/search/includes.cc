#include <algorithm>
#include <map>

#include "search/reference_text.h"
#include "search/search_request.h"

namespace planbro::search {
namespace {

using Op = store::Predicate::Op;

bool isAsked(const Parameter& parameter, const Include& include) {
  return parameter.type == ParameterType::kReference &&
         (include.parameter == "*" || include.parameter == parameter.code);
}

bool mayReferTo(const Parameter& parameter, std::string_view type) {
  const std::vector<std::string>& targets = parameter.targets;
  return targets.empty() || std::find(targets.begin(), targets.end(), type) != targets.end();
}

// Canonical or not: a type without `url` has none.
bool isNamed(const Parameters& parameters, std::string_view type) {
  return parameters.find(type, "url") != nullptr;
}

// By canonical between resources of `other` and the candidate, where the others have those ids.
store::Predicate byCanonical(Op op, const Parameter& parameter, std::string_view other,
                             std::vector<std::string> ids) {
  store::Predicate out;
  out.op = op;
  out.row.kind = store::IndexRow::Kind::kReference;
  out.row.parameter = parameter.code;
  out.row.system = other;
  store::Predicate& those = out.children.emplace_back();
  those.op = Op::kId;
  those.ids = std::move(ids);
  return out;
}

// The matches that the parameter may name, by type.
void addNamed(const Parameters& parameters, const Parameter& parameter, const Include& include,
              std::span<const std::pair<std::string, std::string>> matches,
              std::vector<store::Predicate>& any) {
  std::map<std::string_view, std::vector<std::string>> ids;
  for (const auto& [type, id] : matches) {
    const bool wanted = include.target_type.empty() || type == include.target_type;
    if (wanted && mayReferTo(parameter, type) && isNamed(parameters, type)) ids[type].push_back(id);
  }
  for (auto& [type, those] : ids)
    any.push_back(byCanonical(Op::kCanonicalTo, parameter, type, std::move(those)));
}

}  // namespace

std::vector<Included> followedBy(const Parameters& parameters, const Include& include,
                                 const fhir::Element& resource, std::string_view base) {
  std::vector<Included> out;
  const std::string_view type = resource.typeName();
  if (include.reverse || (type != include.source_type)) return out;
  std::vector<store::IndexRow> rows;
  for (const Parameter& parameter : parameters.of(type)) {
    if (isAsked(parameter, include)) Parameters::extract(parameter, resource, base, rows);
  }
  for (const store::IndexRow& row : rows) {
    if (row.kind != store::IndexRow::Kind::kReference || row.value.empty()) continue;
    if (!include.target_type.empty() && row.system != include.target_type) continue;
    Included one{row.system, row.value, std::string(readReference(row.exact, {}).version)};
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(std::move(one));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> includedBy(const Parameters& parameters,
                                                            const Include& include,
                                                            const fhir::Element& resource,
                                                            std::string_view base) {
  std::vector<std::pair<std::string, std::string>> out;
  for (Included& followed : followedBy(parameters, include, resource, base)) {
    std::pair<std::string, std::string> one(std::move(followed.type), std::move(followed.id));
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(std::move(one));
  }
  return out;
}

std::vector<store::Query> canonicalIncludeQueries(const Parameters& parameters,
                                                  const Include& include,
                                                  std::span<const std::string> ids) {
  std::map<std::string_view, std::vector<const Parameter*>> by_type;
  for (const Parameter& parameter : parameters.of(include.source_type)) {
    if (!parameter.canonical || !isAsked(parameter, include)) continue;
    for (const std::string_view type : parameters.types()) {
      const bool wanted = include.target_type.empty() || type == include.target_type;
      if (!wanted || !mayReferTo(parameter, type) || !isNamed(parameters, type)) continue;
      by_type[type].push_back(&parameter);
    }
  }
  constexpr std::size_t kIdsOfAQuery = 64;
  std::vector<store::Query> queries;
  for (std::size_t i = 0; i < ids.size(); i += kIdsOfAQuery) {
    const auto some = ids.subspan(i, std::min(kIdsOfAQuery, ids.size() - i));
    for (const auto& [type, naming] : by_type) {
      store::Query& query = queries.emplace_back();
      query.type = type;
      query.where.op = Op::kOr;
      for (const Parameter* parameter : naming) {
        query.where.children.push_back(
            byCanonical(Op::kCanonicalBy, *parameter, include.source_type,
                        std::vector<std::string>(some.begin(), some.end())));
      }
    }
  }
  return queries;
}

store::Query reverseIncludeQuery(const Parameters& parameters, const Include& include,
                                 std::span<const std::pair<std::string, std::string>> matches) {
  store::Query query;
  query.type = include.source_type;
  query.where.op = Op::kOr;
  for (const Parameter& parameter : parameters.of(include.source_type)) {
    if (!isAsked(parameter, include)) continue;
    if (parameter.canonical) {
      addNamed(parameters, parameter, include, matches, query.where.children);
      continue;
    }
    for (const auto& [type, id] : matches) {
      if (!include.target_type.empty() && type != include.target_type) continue;
      if (!mayReferTo(parameter, type)) continue;
      store::Predicate one;
      one.op = Op::kEquals;
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
