// Which entries of a transaction are about one resource by a condition: what one writes meets the
// condition of another. Internal to service/. FHIR R4, http.html, section 3.1.0.11.2.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "service/bundle_entry.h"

namespace planbro::service {

// By entry with a conditional create, update or patch: the others that create, update or patch a
// resource of that type which meets the condition, or have the same condition; in the bundle's
// order. Conditions by one identifier are compared with what the entries bring, all others with
// each other alone. It depends on the bundle only.
using ConditionsMet = std::vector<std::vector<std::size_t>>;
ConditionsMet conditionsMet(std::span<const BundleEntry> entries);

}  // namespace planbro::service
