// Compiled maps made to know each other: after that they are immutable.
#pragma once

#include <span>
#include <vector>

#include "fhir/issue.h"
#include "mapping/program.h"

namespace planbro::mapping {

// Resolves imports, extends, dependent groups and what translate() names; `known` are linked
// already and whole, `concept_maps` are those outside the maps; both must stay where they are. Says
// for each map whether it is whole: without a fault of its own, of a missing import or of what it
// imports.
std::vector<bool> linkMaps(std::span<CompiledMap* const> maps,
                           std::span<const CompiledMap* const> known,
                           const ConceptMaps& concept_maps, std::vector<fhir::Issue>& issues);

}  // namespace planbro::mapping
