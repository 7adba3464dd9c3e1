// What codes of the built-in code systems (profiles/ip/) are called in the language of who reads.
//
// Immutable; any thread.
#pragma once

#include <string_view>

#include "fhir/element.h"
#include "fhir/issue.h"

namespace planbro::plan {

// "nb", "nn", "en".
std::string_view tagOf(fhir::Language language);

// The name of a Coding: its designation in that language, else the display it brings along, else
// the plain name. "" if it has none.
std::string_view codeName(const fhir::Element& coding, fhir::Language language);

}  // namespace planbro::plan
