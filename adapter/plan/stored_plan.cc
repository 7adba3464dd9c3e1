#include "plan/stored_plan.h"

#include <algorithm>
#include <utility>

#include "plan/plan_resources.h"

namespace planbro::plan {

StoredPlan::StoredPlan(PlanSet set, fhir::Element plan, Instant newest, std::string fingerprint)
    : set_(std::move(set)),
      plan_(plan),
      newest_(newest),
      day_(norwegianDay(newest)),
      fingerprint_(std::move(fingerprint)) {}

Result<StoredPlan> StoredPlan::read(store::Reader& reader, const store::Version& plan) {
  PLANBRO_ASSIGN_OR_RETURN(const auto versions, planResources(reader, plan));
  PLANBRO_ASSIGN_OR_RETURN(PlanSet set, PlanSet::ofVersions(versions));
  std::string fingerprint;
  Instant newest;
  for (const store::Version& version : versions) {
    newest = std::max(newest, version.last_updated);
    fingerprint += " " + version.type + "/" + version.id + "/" + std::to_string(version.version);
  }
  fhir::Element care_plan;
  for (const PlanResource& one : set.resources()) {
    if (one.address == "CarePlan/" + plan.id) care_plan = one.element;
  }
  if (!care_plan) return fail(ErrorCode::kNotFound, "the plan is not there");
  return StoredPlan(std::move(set), care_plan, newest, std::move(fingerprint));
}

fhir::Element StoredPlan::owner() const { return set_.resolve(plan_.child("subject")); }

}  // namespace planbro::plan
