#include "service/routes.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "service/interactions.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

// clang-format off
constexpr auto kRoutes = std::to_array<Route>({
  // method    pattern                        interaction          level             body   bundle run
  {"GET",    "metadata",                    "",                  Level::kSystem,   false, true,  capabilities},
  {"POST",   "",                            "transaction",       Level::kSystem,   true,  false, transaction},
  {"GET",    "",                            "search-system",     Level::kSystem,   false, true,  searchSystem},
  {"POST",   "_search",                     "search-system",     Level::kSystem,   false, false, searchSystem},
  {"GET",    "_search",                     "search-system",     Level::kSystem,   false, true,  searchSystem},
  {"GET",    "$export",                     "$export",           Level::kSystem,   false, false, exportStart},
  {"POST",   "$export",                     "$export",           Level::kSystem,   true,  false, exportStart, BodyForm::kParameters},
  {"GET",    "Patient/$export",             "$export",           Level::kType,     false, false, exportStart},
  {"POST",   "Patient/$export",             "$export",           Level::kType,     true,  false, exportStart, BodyForm::kParameters},
  {"GET",    "Group/[id]/$export",          "$export",           Level::kInstance, false, false, exportStart},
  {"POST",   "Group/[id]/$export",          "$export",           Level::kInstance, true,  false, exportStart, BodyForm::kParameters},
  {"GET",    "_export/[id]",                "",                  Level::kSystem,   false, false, exportStatus},
  {"DELETE", "_export/[id]",                "",                  Level::kSystem,   false, false, exportCancel},
  {"GET",    "_export/[id]/[type]",         "",                  Level::kSystem,   false, false, exportFile},
  {"GET",    "_async/[id]",                 "",                  Level::kSystem,   false, false, asyncStatus},
  {"DELETE", "_async/[id]",                 "",                  Level::kSystem,   false, false, asyncCancel},
  {"POST",   "$import",                     "$import",           Level::kSystem,   true,  false, bulkImport, BodyForm::kLines},
  {"GET",    "_history",                    "history-system",    Level::kSystem,   false, true,  history},
  {"GET",    ".well-known/smart-configuration", "",              Level::kSystem,   false, false, smartConfiguration},
  {"GET",    "openapi.json",                "",                  Level::kSystem,   false, false, openApi},
  {"POST",   "$convert",                    "$convert",          Level::kSystem,   true,  true,  convert},
  {"GET",    "[type]",                      "search-type",       Level::kType,     false, true,  searchType},
  {"POST",   "[type]/_search",              "search-type",       Level::kType,     false, false, searchType},
  {"GET",    "[type]/_search",              "search-type",       Level::kType,     false, true,  searchType},
  {"POST",   "[type]",                      "create",            Level::kType,     true,  true,  create},
  {"PUT",    "[type]",                      "",                  Level::kType,     true,  true,  conditionalUpdate},
  {"PATCH",  "[type]",                      "",                  Level::kType,     false, true,  patch},
  {"DELETE", "[type]",                      "",                  Level::kType,     false, true,  conditionalRemove},
  {"GET",    "[type]/_history",             "history-type",      Level::kType,     false, true,  history},
  {"POST",   "[type]/$validate",            "$validate",         Level::kType,     true,  true,  validate, BodyForm::kOptional},
  {"GET",    "[type]/[id]/$validate",       "$validate",         Level::kInstance, false, true,  validate},
  {"POST",   "[type]/[id]/$validate",       "$validate",         Level::kInstance, true,  true,  validate, BodyForm::kOptional},
  {"GET",    "Patient/[id]/[type]",         "",                  Level::kInstance, false, true,  searchType},
  {"POST",   "Patient/[id]/[type]/_search", "",                  Level::kInstance, false, false, searchType},
  {"GET",    "Patient/[id]/[type]/_search", "",                  Level::kInstance, false, true,  searchType},
  {"GET",    "Patient/[id]/$everything",    "$everything",       Level::kInstance, false, true,  patientEverything},
  {"POST",   "Patient/[id]/$everything",    "$everything",       Level::kInstance, true,  true,  patientEverything, BodyForm::kParameters},
  {"GET",    "CarePlan/[id]/$everything",   "$everything",       Level::kInstance, false, true,  planEverything},
  {"POST",   "CarePlan/[id]/$everything",   "$everything",       Level::kInstance, true,  true,  planEverything, BodyForm::kParameters},
  {"GET",    "CarePlan/[id]/$document",     "$document",         Level::kInstance, false, true,  planDocument},
  {"POST",   "CarePlan/[id]/$document",     "$document",         Level::kInstance, true,  true,  planDocument, BodyForm::kParameters},
  {"GET",    "ValueSet/$expand",             "$expand",           Level::kType,      false, true,  expand},
  {"POST",   "ValueSet/$expand",             "$expand",           Level::kType,      true,  true,  expand},
  {"GET",    "ValueSet/[id]/$expand",        "$expand",           Level::kInstance,  false, true,  expand},
  {"POST",   "ValueSet/[id]/$expand",        "$expand",           Level::kInstance,  true,  true,  expand},
  {"GET",    "ValueSet/$validate-code",      "$validate-code",    Level::kType,      false, true,  validateCodeInSet},
  {"POST",   "ValueSet/$validate-code",      "$validate-code",    Level::kType,      true,  true,  validateCodeInSet},
  {"GET",    "ValueSet/[id]/$validate-code", "$validate-code",    Level::kInstance,  false, true,  validateCodeInSet},
  {"POST",   "ValueSet/[id]/$validate-code", "$validate-code",    Level::kInstance,  true,  true,  validateCodeInSet},
  {"GET",    "CodeSystem/$lookup",           "$lookup",           Level::kType,      false, true,  lookup},
  {"POST",   "CodeSystem/$lookup",           "$lookup",           Level::kType,      true,  true,  lookup},
  {"GET",    "CodeSystem/$validate-code",    "$validate-code",    Level::kType,      false, true,  validateCodeInSystem},
  {"POST",   "CodeSystem/$validate-code",    "$validate-code",    Level::kType,      true,  true,  validateCodeInSystem},
  {"GET",    "CodeSystem/[id]/$validate-code", "$validate-code",  Level::kInstance,  false, true,  validateCodeInSystem},
  {"POST",   "CodeSystem/[id]/$validate-code", "$validate-code",  Level::kInstance,  true,  true,  validateCodeInSystem},
  {"GET",    "CodeSystem/$subsumes",         "$subsumes",         Level::kType,      false, true,  subsumes},
  {"POST",   "CodeSystem/$subsumes",         "$subsumes",         Level::kType,      true,  true,  subsumes},
  {"GET",    "CodeSystem/[id]/$subsumes",    "$subsumes",         Level::kInstance,  false, true,  subsumes},
  {"POST",   "CodeSystem/[id]/$subsumes",    "$subsumes",         Level::kInstance,  true,  true,  subsumes},
  {"GET",    "ConceptMap/$translate",        "$translate",        Level::kType,      false, true,  translate},
  {"POST",   "ConceptMap/$translate",        "$translate",        Level::kType,      true,  true,  translate},
  {"GET",    "ConceptMap/[id]/$translate",   "$translate",        Level::kInstance,  false, true,  translate},
  {"POST",   "ConceptMap/[id]/$translate",   "$translate",        Level::kInstance,  true,  true,  translate},
  {"GET",    "$meta",                       "$meta",             Level::kSystem,   false, true,  metaOfMany},
  {"POST",   "$meta",                       "$meta",             Level::kSystem,   true,  true,  metaOfMany, BodyForm::kParameters},
  {"GET",    "[type]/$meta",                "$meta",             Level::kType,     false, true,  metaOfMany},
  {"POST",   "[type]/$meta",                "$meta",             Level::kType,     true,  true,  metaOfMany, BodyForm::kParameters},
  {"POST",   "[type]/[id]/$meta-add",       "$meta-add",         Level::kInstance, true,  false, metaAdd},
  {"POST",   "[type]/[id]/$meta-delete",    "$meta-delete",      Level::kInstance, true,  false, metaDelete},
  {"GET",    "[type]/[id]/$meta",            "$meta",             Level::kInstance,  false, true,  meta},
  {"POST",   "[type]/[id]/$meta",            "$meta",             Level::kInstance,  true,  true,  meta, BodyForm::kParameters},
  {"GET",    "[type]/[id]/_history/[vid]/$meta", "$meta",         Level::kInstance,  false, true,  meta},
  {"POST",   "[type]/[id]/_history/[vid]/$meta", "$meta",         Level::kInstance,  true,  true,  meta, BodyForm::kParameters},
  {"POST",   "StructureDefinition/$snapshot", "$snapshot",        Level::kType,      true,  true,  snapshot},
  {"GET",    "StructureDefinition/$snapshot", "$snapshot",        Level::kType,      false, true,  snapshot},
  {"GET",    "StructureDefinition/[id]/$snapshot", "$snapshot",   Level::kInstance,  false, true,  snapshot},
  {"POST",   "StructureDefinition/[id]/$snapshot", "$snapshot",   Level::kInstance,  true,  true,  snapshot, BodyForm::kParameters},
  {"POST",   "StructureMap/$transform",      "$transform",        Level::kType,      true,  true,  transform},
  {"POST",   "StructureMap/[id]/$transform", "$transform",        Level::kInstance,  true,  true,  transform},
  {"GET",    "[type]/[id]",                 "read",              Level::kInstance, false, true,  read},
  {"PUT",    "[type]/[id]",                 "update",            Level::kInstance, true,  true,  update},
  {"PATCH",  "[type]/[id]",                 "patch",             Level::kInstance, false, true,  patch},
  {"DELETE", "[type]/[id]",                 "delete",            Level::kInstance, false, true,  remove},
  {"GET",    "[type]/[id]/_history",        "history-instance",  Level::kInstance, false, true,  history},
  {"GET",    "[type]/[id]/_history/[vid]",  "vread",             Level::kInstance, false, true,  readVersion},
});
// clang-format on

bool isPlaceholder(std::string_view part) { return part.starts_with('['); }

using Parts = std::vector<std::string_view>;

// The parts of a route's pattern, taken apart only once.
const Parts& partsOf(const Route& route) {
  static const std::vector<Parts> all = [] {
    std::vector<Parts> made;
    for (const Route& one : kRoutes) made.push_back(split(one.pattern, '/'));
    return made;
  }();
  return all[static_cast<std::size_t>(&route - kRoutes.data())];
}

// Whether the path's parts have the route's form; fixed parts must be equal.
bool fits(const Parts& expected, const Parts& parts) {
  if (expected.size() != parts.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool reserved = parts[i].starts_with('_') || parts[i].starts_with('$') ||
                          (i == 0 && (parts[i] == "metadata" || parts[i].empty()));
    if (isPlaceholder(expected[i]) ? reserved : expected[i] != parts[i]) return false;
  }
  return true;
}

void assign(const Route& route, const Parts& parts, Routed& routed) {
  const Parts& expected = partsOf(route);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool one_type = i == 0 && onlyTypeOf(route.pattern).has_value();
    if (expected[i] == "[type]" || one_type) routed.type = parts[i];
    if (expected[i] == "[id]") routed.id = parts[i];
    if (expected[i] == "[vid]") routed.version_id = parts[i];
  }
}

// 400 where the operation that is asked for is offered, but elsewhere: Group/$export needs an id.
std::optional<Answer> refusedLevel(const Parts& parts) {
  const std::string_view name = parts.back();
  if (!name.starts_with('$')) return std::nullopt;
  std::string places;
  for (const Route& route : kRoutes) {
    const bool for_this_type =
        onlyTypeOf(route.pattern).value_or(parts.front()) == parts.front() && parts.size() > 1;
    if (route.interaction != name || !for_this_type) continue;
    if (!places.empty()) places += ", ";
    places += route.method;
    places += ' ';
    places += route.pattern;
  }
  if (places.empty()) return std::nullopt;
  return refuse(400, "PB-4054", {std::string(name), places});
}

std::optional<Answer> refusedNames(const Routed& routed, const fhir::Definitions& definitions) {
  if (!routed.type.empty() && !isResourceType(definitions, routed.type)) {
    std::vector<std::string_view> names;
    for (const fhir::Type& type : definitions.types()) {
      if (type.kind == fhir::TypeKind::kResource && !type.abstract) names.push_back(type.name);
    }
    const auto nearest = nearestName(routed.type, names);
    return refuse(404, "PB-4003", {routed.type, nearest ? std::string(*nearest) : "-"});
  }
  if (!routed.id.empty() && !isId(routed.id)) return refuse(400, "PB-4010", {routed.id});
  if (!routed.version_id.empty() && !isId(routed.version_id))
    return refuse(400, "PB-4010", {routed.version_id});
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> onlyTypeOf(std::string_view pattern) {
  const std::string_view first = pattern.substr(0, pattern.find('/'));
  if (first.empty() || first.front() < 'A' || first.front() > 'Z') return std::nullopt;
  return first;
}

std::span<const Route> routes() { return kRoutes; }

Routed findRoute(std::string_view method, std::string_view path,
                 const fhir::Definitions& definitions) {
  const std::string_view asked = method == "HEAD" ? "GET" : method;
  const auto parts = split(path, '/');
  Routed routed;
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!fits(partsOf(route), parts)) continue;
    if (route.method == asked) {
      assign(route, parts, routed);
      routed.refused = refusedNames(routed, definitions);
      if (!routed.refused.has_value()) routed.route = &route;
      return routed;
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) {
    routed.refused = refusedLevel(parts);
    if (!routed.refused.has_value())
      routed.refused = refuse(404, "PB-4004", {std::string(path.substr(0, 200))});
  } else {
    routed.refused = refuse(405, "PB-4005", {std::string(method.substr(0, 20)), allowed});
    routed.refused->headers.set("Allow", allowed);
  }
  return routed;
}

bool isId(std::string_view text) {
  // Clients take these two for steps of a path: nobody could ask for them.
  if (text.empty() || text.size() > 64 || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

bool isResourceType(const fhir::Definitions& definitions, std::string_view name) {
  const fhir::Type& type = definitions.type(definitions.findType(name));
  return type.kind == fhir::TypeKind::kResource && !type.abstract;
}

}  // namespace planbro::service
