// Observations that R4 wants to follow a vital signs profile whatever they say themselves.
//
// Source: FHIR R4, observation-vitalsigns.html: an Observation that records one of these vital
// signs follows its profile, and its code has the "magic" LOINC code beside any other.
#pragma once

#include <optional>
#include <string_view>

#include "fhir/element.h"

namespace planbro::validation {

// The canonical of the profile for an Observation that has the LOINC code, or is a vital sign by
// category with a SNOMED CT code of the same meaning; nothing for other resources.
std::optional<std::string_view> vitalSignProfileOf(const fhir::Element& resource);

}  // namespace planbro::validation
