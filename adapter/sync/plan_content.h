// A plan with everything that travels with it: plan/plan_resources.h, and the owner's consents
// about plans.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/canonical_base.h"
#include "fhir/resource.h"
#include "store/store.h"
#include "sync/references.h"

namespace planbro::sync {

// Consent.category of consents about plans: "plan", "sharing", "blocking".
inline constexpr std::string_view kConsentKinds = PLANBRO_CANONICAL_BASE "/CodeSystem/consent-kind";

// A resource as it stands in the store.
struct Member {
  LocalId id;
  fhir::Resource resource;
};

struct PlanContent {
  std::vector<Member> members;  // the plan first

  const Member& plan() const { return members.front(); }
};

// The person a resource is about (subject or patient); nothing for resources of nobody.
std::optional<LocalId> ownerOf(const fhir::Element& resource);

// kNotFound when there is no such plan (any more).
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
