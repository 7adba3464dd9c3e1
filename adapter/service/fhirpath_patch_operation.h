// The operations of a FHIRPath Patch as its Parameters say them. FHIR R4, fhirpatch.html.
// Internal to service/.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/element.h"
#include "fhir/issue.h"
#include "fhir/resource.h"

namespace planbro::service {

// Borrows from the patch.
struct FhirpathOperation {
  std::string number;  // from 1, for people
  std::string_view type, path, name;
  std::optional<std::size_t> index, source, destination;
  fhir::Element value;  // the parameter part named "value"
};

// At most kMaxPatchOperations; or what is wrong with the first that cannot be understood.
std::expected<std::vector<FhirpathOperation>, fhir::Issue> readFhirpathOperations(
    const fhir::Resource& patch);

}  // namespace planbro::service
