// StructureMap resources as maps.
// Source: FHIR R4, structuremap.html.
#pragma once

#include "base/error.h"
#include "json/document.h"
#include "mapping/map_model.h"

namespace planbro::mapping {

// kInvalidArgument: it is no map; the message says what is wrong.
Result<MapModel> readStructureMap(const json::Node& resource);

}  // namespace planbro::mapping
