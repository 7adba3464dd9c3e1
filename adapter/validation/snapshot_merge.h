// Merging a differential into the tree of its base: the work behind validation/snapshot.h.
#pragma once

#include <memory>
#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"
#include "validation/element_tree.h"
#include "validation/snapshot.h"

namespace planbro::validation {

// The tree borrows from `definition`, `base` and what `source` gives. nullptr if the base has no
// elements. Elements that do not fit become issues and are left out.
std::unique_ptr<Branch> mergeDifferential(const fhir::Resource& definition,
                                          const fhir::Resource& base, SnapshotSource& source,
                                          std::vector<fhir::Issue>& issues);

}  // namespace planbro::validation
