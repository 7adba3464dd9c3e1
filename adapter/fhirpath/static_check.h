// What can be seen to be wrong in a program before any data are there. Internal to fhirpath/.
// Source: FHIRPath 2.0, section 8 (type safety and strict evaluation).
#pragma once

#include <optional>
#include <string_view>

#include "fhirpath/code.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {

// `root_type`: a type or an element path; empty if unknown.
std::optional<CompileError> staticError(const Program& program, std::string_view root_type);

}  // namespace planbro::fhirpath
