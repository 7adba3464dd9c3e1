// Which entries of a transaction are about one resource by a condition: what one writes meets the
// condition of another. Internal to service/. FHIR R4, http.html, section 3.1.0.11.2.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fhir/resource.h"
#include "service/bundle_entry.h"
#include "service/call.h"

namespace planbro::service {

// By entry with a conditional create, update or patch: the others that create, update or patch a
// resource of that type which meets the condition, or have the same condition; in the bundle's
// order. What only other resources could tell (chains, _lastUpdated) is not asked of them. It
// depends on the bundle, and where conditions name value sets of the store on these. `call` is that
// of the bundle.
using ConditionsMet = std::vector<std::vector<std::size_t>>;
ConditionsMet conditionsMet(const Call& call, std::span<const BundleEntry> entries);

// "system|value" of every identifier of that resource.
void forEachIdentifier(const fhir::Resource& resource,
                       const std::function<void(std::string token)>& visit);

}  // namespace planbro::service
