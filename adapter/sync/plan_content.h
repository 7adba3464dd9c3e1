// A plan with everything that travels with it.
//
// What belongs to a plan: what it points to, directly or through what it points to; the consents
// of its owner about plans; its sub-plans; and what points back at the plan (messages about steps,
// tasks, meetings). Never another person's record and never another whole plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "fhir/resource.h"
#include "store/store.h"
#include "sync/references.h"

namespace planbro::sync {

// A resource as it stands in the store.
struct Member {
  LocalId id;
  fhir::Resource resource;
};

struct PlanContent {
  std::vector<Member> members;  // the plan first
  std::vector<fhir::Issue> issues;

  const Member& plan() const { return members.front(); }
};

// Whether a CarePlan is an individuell plan (code 9602 A02-2).
bool isIndividualPlan(const fhir::Element& care_plan);

// The owner of a resource of one person (subject or patient); nothing for others.
std::optional<LocalId> ownerOf(const fhir::Element& resource);

// kNotFound and kGone as the store says of the plan itself.
Result<PlanContent> collectPlan(store::Reader& reader, std::string_view plan_id,
                                const fhir::Definitions& definitions);

// The current resource; nothing when it is not there or deleted.
Result<std::optional<fhir::Resource>> readResource(store::Reader& reader, const LocalId& id,
                                                   const fhir::Definitions& definitions);

// Current resources of that type whose reference parameter (the search parameter's code) names the
// person.
Result<std::vector<Member>> resourcesOf(store::Reader& reader, std::string_view type,
                                        std::string_view parameter, const LocalId& person,
                                        const fhir::Definitions& definitions);

}  // namespace planbro::sync
