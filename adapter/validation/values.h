// Comparing data with the fixed and pattern values of a profile.
#pragma once

#include "json/document.h"

namespace planbro::validation {

// fixed[x]: the same value, with nothing more and nothing less. Member order does not count;
// numbers are compared as written.
bool equalsFixed(const json::Node& value, const json::Node& fixed);

// pattern[x]: everything the pattern has is there; for every item of a list in the pattern some
// item of the data matches it.
// Source: FHIR R4, elementdefinition.html, ElementDefinition.pattern[x].
bool matchesPattern(const json::Node& value, const json::Node& pattern);

}  // namespace planbro::validation
