// What the terminology operations know: the code systems that are loaded whole, and how value sets
// are expanded. FHIR R4, terminologycapabilities.html; docs/api/capabilities.md.
#pragma once

#include <string>

#include "service/context.h"

namespace planbro::service {

// Compact JSON. Looks through every code system that is loaded. Needs parts.registry.
std::string makeTerminologyCapabilities(const Context& context);

}  // namespace planbro::service
