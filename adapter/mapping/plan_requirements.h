// What a plan must have to be stored, whichever map it came from.
//
// The transaction knows the plan by its identifier and the person by theirs: without the one it
// would hold nothing, without the other nothing in it could refer to the person.
#pragma once

#include <vector>

#include "fhir/issue.h"
#include "json/document.h"

namespace planbro::mapping {

// What an IndividualPlan lacks, all of it at that place: its identifier (PB-2303), the owner's
// number (PB-2304), both errors; the owner among the participants (PB-2305, a warning).
std::vector<fhir::Issue> missingParts(const json::Node& plan, const fhir::Place& place);

}  // namespace planbro::mapping
