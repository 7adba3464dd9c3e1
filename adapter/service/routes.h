// The one table of what the service answers: it routes requests and feeds the capability statement.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "service/call.h"

namespace planbro::service {

enum class Level : std::uint8_t { kSystem, kType, kInstance };

// What a body may be where a route has one.
enum class BodyForm : std::uint8_t {
  kResource,
  kLines,       // NDJSON, too
  kOptional,    // may be missing
  kParameters,  // may be missing; Parameters, which mean the same as those of the query
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // "[type]/[id]/_history", "Patient/[id]/$everything"
  // Code of the capability statement's interaction; "$name" for an operation; "" for what it names
  // otherwise (conditional update and delete, capabilities).
  std::string_view interaction;
  Level level = Level::kSystem;
  bool body = false;    // a resource stands in the request's body
  bool bundle = false;  // may stand in a bundle's entry
  Answer (*run)(const Call&) = nullptr;
  BodyForm form = BodyForm::kResource;

  bool needsBody() const {
    return body && form != BodyForm::kOptional && form != BodyForm::kParameters;
  }
};

std::span<const Route> routes();

// The one type a pattern is for: of "Patient/[id]/$everything"; nothing where it is for all or
// none.
std::optional<std::string_view> onlyTypeOf(std::string_view pattern);

// Where a path leads, or why nowhere.
struct Routed {
  const Route* route = nullptr;
  std::string type, id, version_id;
  std::optional<Answer> refused;  // 404 or 405, if route is nullptr
};

// `path` is below the service's own, decoded (decodePath), without a slash at either end:
// "Patient/1".
// HEAD is routed as GET. `with_criteria` tells whether there is a query: PUT and DELETE at type
// level are conditional.
Routed findRoute(std::string_view method, std::string_view path,
                 const fhir::Definitions& definitions);

// A logical id as FHIR allows it: [A-Za-z0-9\-\.]{1,64}.
bool isId(std::string_view text);
// A concrete resource type of R4.
bool isResourceType(const fhir::Definitions& definitions, std::string_view name);

}  // namespace planbro::service
