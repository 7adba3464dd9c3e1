// Maps as StructureMap resources: the way a map written as text travels in a FHIR package.
//
// What readStructureMap() makes of the result runs like the original. R4 has no place for a literal
// that is handed to a group, nor for an expression as a parameter: each becomes a variable of its
// own. Names that are no id become one (written_names.h). What the map says of itself (url,
// version, name, title, status, experimental, date, publisher, description, purpose, copyright)
// stays as it is; a map without a status is a draft. Maps contained in it stay inside; those that
// it does not import yet it imports by "#id", as something of a resource has to refer to what the
// resource contains (dom-3). Source: FHIR R4, structuremap.html.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/document.h"
#include "mapping/map_model.h"

namespace planbro::mapping {

struct StructureMapOptions {
  std::string_view id;                // of the resource
  std::string_view publisher;         // where the map says none; may be empty
  std::string_view version;           // where the map says none
  std::string_view concept_map_base;  // URLs of the concept maps begin with it
};

struct WrittenMap {
  json::DocumentPtr map;
  // Those inside the map, each as a resource of its own: contained they would break dom-3, as
  // nothing of a StructureMap refers to them. One that has a URL of its own keeps it.
  std::vector<json::DocumentPtr> concept_maps;
};

// kInvalidArgument: the map uses what R4's StructureMap cannot say (constants,
// a default that is no literal); the message names it.
Result<WrittenMap> writeStructureMap(const MapModel& map, const StructureMapOptions& options);

}  // namespace planbro::mapping
