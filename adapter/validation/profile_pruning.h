// Leaves of a profile's rules what they ask beyond its base type: the rules of the type always run,
// so nothing is checked twice and a profile costs what it adds.
#pragma once

#include "validation/profile.h"
#include "validation/profiles.h"

namespace planbro::validation {

// Sets what is to be checked (`checks_…`, checked_children) on `root`, the rule of the whole
// resource or data type, and everything below it. Every rule has its slices and children already.
void pruneToBase(ElementRule& root, fhir::TypeId type, const Profiles& profiles);

}  // namespace planbro::validation
