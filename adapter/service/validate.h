// $validate of what could be read although something is wrong with its text. Internal to service/.
#pragma once

#include <vector>

#include "fhir/issue.h"
#include "service/call.h"

namespace planbro::service {

// As validate() answers (interactions.h), with `faults`, which reading has told of, in front. What
// both tell of is told once.
Answer validateFaulty(const Call& call, std::vector<fhir::Issue> faults);

}  // namespace planbro::service
