// What kind of elements a search parameter's expression leads to, before any data are there.
#pragma once

#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace planbro::search {

// Of one alternative: "Patient.telecom.use", "(ConceptMap.source as uri)", "A.b.where(c = 'd').e";
// several where an element has a choice of types. Empty where it calls other functions.
std::vector<const fhir::Member*> searchedMembers(const fhir::Definitions& definitions,
                                                 std::string_view expression);

}  // namespace planbro::search
