// The plans of a store with all that belongs to them, each gathered only once until something is
// written: the checks of one commit ask for the same plan several times.
//
// One thread; what it was made with must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "fhir/element.h"
#include "fhir/resource.h"
#include "plan/plan_set.h"
#include "plan/resource_reader.h"

namespace planbro::plan {

// A plan's resources, and the plan itself among them; without a set: it is no individuell plan.
struct WholePlan {
  std::optional<PlanSet> set;
  fhir::Element plan;
};

class PlanReader {
 public:
  explicit PlanReader(store::Reader& reader) : resources_(reader) {}

  ResourceReader& resources() { return resources_; }
  const ResourceReader& resources() const { return resources_; }

  // The current CarePlan of that id. The result lives until something is written. Errors: as
  // planResources().
  Result<const WholePlan*> plan(const std::string& id);
  // The same as it would be with `changed` in the place of what is stored under its address.
  Result<WholePlan> planWith(const std::string& id, const fhir::Resource& changed);

 private:
  ResourceReader resources_;
  std::map<std::string, WholePlan> plans_;
  std::uint64_t as_of_ = 0;  // writes that plans_ knows of
};

}  // namespace planbro::plan
