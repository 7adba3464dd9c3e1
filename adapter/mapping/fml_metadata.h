// What a map says of itself in lines that begin with ///.
// Source: the grammar of the FHIR Mapping Language 2.0 (metadataDeclaration).
#pragma once

#include <string_view>

#include "mapping/map_model.h"

namespace planbro::mapping {

// `line` is what stands behind ///: "url = 'http://…'". Names that a map has no place for, and
// values that are none of their element, are read over.
void readFmlMetadata(std::string_view line, MapModel& map);

}  // namespace planbro::mapping
