// Codes of a result that an extensible binding does not have, although it has others of their
// system: most likely a slip. Codes of other systems are what extensible means.
//
// Of a CodeableConcept one code in the set is enough. Source: FHIR R4,
// terminologies.html#extensible.
#pragma once

#include <string_view>
#include <vector>

#include "json/document.h"
#include "mapping/code_bindings.h"
#include "mapping/target_tree.h"

namespace planbro::mapping {

struct ForeignCode {
  const CodeBindings::Codes* codes = nullptr;  // those of its system that may stand there
  std::string_view element;                    // "role"
  std::string_view code;
  const CompiledRule* rule = nullptr;  // that made it; nullptr: not known
  const json::Node* origin = nullptr;  // in the source; nullptr: a constant of the map
};

// Views and pointers live as long as the tree and the bindings.
std::vector<ForeignCode> foreignCodes(const TargetNode& root, const CodeBindings& bindings,
                                      const TypeTable& types);

}  // namespace planbro::mapping
