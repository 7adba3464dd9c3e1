// The form of a Bundle around its resources. Internal to service/.
//
// Of a batch or transaction nothing may be passed over: with a misspelt `ifMatch` a write would be
// done whatever is stored by now.
#pragma once

#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"

namespace planbro::service {

// What the definitions do not know in the Bundle and its entries, and what stands as a list, an
// object or a single value where another of these belongs: all of it, each with its place.
// Resources in it are left to those who take them. Any thread.
std::vector<fhir::Issue> bundleFaults(const fhir::Resource& bundle);

}  // namespace planbro::service
