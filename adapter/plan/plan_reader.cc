#include "plan/plan_reader.h"

#include <utility>
#include <vector>

#include "plan/plan_resources.h"

namespace planbro::plan {
namespace {

WholePlan wholeOf(PlanSet set, const std::string& id) {
  WholePlan whole;
  whole.set.emplace(std::move(set));
  for (const fhir::Element& plan : whole.set->plans()) {
    if (plan.textOf("id") == id) whole.plan = plan;
  }
  return whole;
}

}  // namespace

Result<const WholePlan*> PlanReader::plan(const std::string& id) {
  if (as_of_ != resources_.writes()) plans_.clear();
  as_of_ = resources_.writes();
  if (const auto known = plans_.find(id); known != plans_.end()) return &known->second;
  PLANBRO_ASSIGN_OR_RETURN(WholePlan whole, planWith(id, {}));
  return &plans_.emplace(id, std::move(whole)).first->second;
}

Result<WholePlan> PlanReader::planWith(const std::string& id, const fhir::Resource& changed) {
  PLANBRO_ASSIGN_OR_RETURN(const StoredResource* own, resources_.read("CarePlan", id));
  if (own == nullptr || !isIndividualPlan(own->resource.root())) return WholePlan();
  PLANBRO_ASSIGN_OR_RETURN(const auto stored, planResources(resources_, *own));
  PlanSet set = PlanSet::ofStored(stored);
  if (!changed) return wholeOf(std::move(set), id);
  const std::string address = std::string(changed.type()) + "/" + std::string(changed.id());
  std::vector<PlanResource> resources(set.resources().begin(), set.resources().end());
  std::erase_if(resources, [&](const PlanResource& one) { return one.address == address; });
  resources.push_back({address, changed.root(), changed.document()});
  return wholeOf(PlanSet(std::move(resources)), id);
}

}  // namespace planbro::plan
