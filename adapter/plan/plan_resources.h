// Which resources make up one plan: what sync sends and the document shows.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "plan/resource_reader.h"
#include "store/store.h"

namespace planbro::plan {

inline constexpr std::size_t kMostPlanResources = 2000;

// The plan itself first; then what it refers to inside the store, and what these refer to, breadth
// first (person, care team and its members, goals, needs, consents, meetings); then what refers to
// the plan: sub-plans (partOf), process steps (Communication.about), consents
// (Consent.provision.data) and tasks (Task.basedOn), each with what it refers to. Another person's
// Patient resource, or another plan of the same person that is no sub-plan, is never part of it.
// Deleted and missing targets are passed over. kLimitExceeded past kMostPlanResources.
Result<std::vector<store::Version>> planResources(store::Reader& reader,
                                                  const store::Version& plan);
// The same, as `reader` holds them.
Result<std::vector<const StoredResource*>> planResources(ResourceReader& reader,
                                                         const StoredResource& plan);

}  // namespace planbro::plan
