// The names of source elements that a map reads: to tell what of a source no rule looks at.
#pragma once

#include <set>
#include <string>

#include "mapping/map_model.h"

namespace planbro::mapping {

using NameSet = std::set<std::string, std::less<>>;

// Elements of sources, and every name in a FHIRPath expression or constant: rather one too many.
void addNamesRead(const MapModel& map, NameSet& names);

}  // namespace planbro::mapping
