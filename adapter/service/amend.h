// What the checks change of a body before anything else. Internal to service/.
#pragma once

#include <optional>
#include <vector>

#include "service/call.h"

namespace planbro::service {

// Lets the checks amend `call.body`; what was changed and why goes into `issues`. The refusal if a
// check could not be made.
std::optional<Answer> amendBody(Call& call, std::vector<fhir::Issue>& issues);

}  // namespace planbro::service
