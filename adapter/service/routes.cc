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
  {"GET",    "_history",                    "history-system",    Level::kSystem,   false, true,  history},
  {"GET",    "[type]",                      "search-type",       Level::kType,     false, true,  searchType},
  {"POST",   "[type]/_search",              "search-type",       Level::kType,     false, false, searchType},
  {"POST",   "[type]",                      "create",            Level::kType,     true,  true,  create},
  {"PUT",    "[type]",                      "",                  Level::kType,     true,  true,  conditionalUpdate},
  {"DELETE", "[type]",                      "",                  Level::kType,     false, true,  conditionalRemove},
  {"GET",    "[type]/_history",             "history-type",      Level::kType,     false, true,  history},
  {"POST",   "[type]/$validate",            "$validate",         Level::kType,     true,  true,  validate},
  {"GET",    "[type]/[id]",                 "read",              Level::kInstance, false, true,  read},
  {"PUT",    "[type]/[id]",                 "update",            Level::kInstance, true,  true,  update},
  {"DELETE", "[type]/[id]",                 "delete",            Level::kInstance, false, true,  remove},
  {"GET",    "[type]/[id]/_history",        "history-instance",  Level::kInstance, false, true,  history},
  {"GET",    "[type]/[id]/_history/[vid]",  "vread",             Level::kInstance, false, true,  readVersion},
});
// clang-format on

bool isPlaceholder(std::string_view part) { return part.starts_with('['); }

// Whether the path's parts have the pattern's form; fixed parts must be equal.
bool fits(std::string_view pattern, const std::vector<std::string_view>& parts) {
  const auto expected = split(pattern, '/');
  if (expected.size() != parts.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool reserved = parts[i].starts_with('_') || parts[i].starts_with('$') ||
                          (i == 0 && (parts[i] == "metadata" || parts[i].empty()));
    if (isPlaceholder(expected[i]) ? reserved : expected[i] != parts[i]) return false;
  }
  return true;
}

void assign(std::string_view pattern, const std::vector<std::string_view>& parts, Routed& routed) {
  const auto expected = split(pattern, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (expected[i] == "[type]") routed.type = parts[i];
    if (expected[i] == "[id]") routed.id = parts[i];
    if (expected[i] == "[vid]") routed.version_id = parts[i];
  }
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
  return std::nullopt;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Routed findRoute(std::string_view method, std::string_view path,
                 const fhir::Definitions& definitions) {
  const std::string_view asked = method == "HEAD" ? "GET" : method;
  const auto parts = split(path, '/');
  Routed routed;
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!fits(route.pattern, parts)) continue;
    if (route.method == asked) {
      assign(route.pattern, parts, routed);
      routed.refused = refusedNames(routed, definitions);
      if (!routed.refused.has_value()) routed.route = &route;
      return routed;
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) {
    routed.refused = refuse(404, "PB-4004", {std::string(path.substr(0, 200))});
  } else {
    routed.refused = refuse(405, "PB-4005", {std::string(method.substr(0, 20)), allowed});
    routed.refused->headers.set("Allow", allowed);
  }
  return routed;
}

bool isId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

bool isResourceType(const fhir::Definitions& definitions, std::string_view name) {
  const fhir::Type& type = definitions.type(definitions.findType(name));
  return type.kind == fhir::TypeKind::kResource && !type.abstract;
}

}  // namespace planbro::service
