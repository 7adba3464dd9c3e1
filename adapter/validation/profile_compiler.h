// From a StructureDefinition with snapshot to the rules of validation/profile.h.
#pragma once

#include <memory>
#include <string_view>

#include "validation/profile.h"
#include "validation/profiles.h"
#include "validation/snapshot.h"

namespace planbro::validation {

// nullptr if `snapshot` defines no type or profile that can be applied to data. What is wrong with
// single elements stands in problems().
std::unique_ptr<const CompiledProfile> compileProfile(const Snapshot& snapshot,
                                                      const Profiles& profiles);

}  // namespace planbro::validation
