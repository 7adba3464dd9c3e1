// Elements of type code: they have a system without saying it, that of the value set which their
// required binding names.
//
// Source: FHIR R4, search.html, 3.1.1.4.10 (token: the implicit system of a code).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "search/parameters.h"
#include "store/query.h"

namespace planbro::search {

// The path of the element definition ("Patient.gender", "ContactPoint.use") that an alternative of
// an expression ("Patient.gender", "Patient.telecom.use") leads to, where it is of type code; else
// empty.
std::string_view codeElement(const fhir::Definitions& definitions, std::string_view expression);

// The systems of a code element of R4 core; none where nothing is bound as required. Any thread;
// they live as long as the program.
const std::vector<std::string>& boundSystems(std::string_view element_path);

// Whether codes of mime types are among what a token searches.
bool searchesMimeTypes(const Parameter& parameter);

// What compares tokens of one system, made to find them in the parameter's code elements too: no
// system stands in their rows.
store::Predicate inCodeElements(const Parameter& parameter, store::Predicate asked);

}  // namespace planbro::search
