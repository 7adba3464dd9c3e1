// The capability statement, made once from the route table, the search parameters and the profiles
// in use. FHIR R4, capabilitystatement.html; docs/api/capabilities.md.
#pragma once

#include <string>

#include "service/context.h"

namespace planbro::service {

// Compact JSON.
std::string makeCapabilityStatement(const Context& context);

}  // namespace planbro::service
