// Resources inside others: of Parameters, of a Bundle's entries. Internal to service/.
#pragma once

#include "fhir/element.h"
#include "fhir/resource.h"

namespace planbro::service {

// `inner`, a resource that has a value inside `from`, as one of its own.
fhir::Resource innerResource(const fhir::Element& inner, const fhir::Resource& from);

}  // namespace planbro::service
