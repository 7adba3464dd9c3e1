// The rules of the individuell plan as a check on writes (docs/plan-rules.md).
#pragma once

#include "base/clock.h"
#include "service/write_check.h"

namespace planbro::service {

// Looks at every individuell plan that a write touches: the plan itself, or one whose care team,
// consent, goal, task or message was written. Rules see the plan as it will be after the commit.
//
// What a rule can put right is put right and told (plan/amendment.h): participants without consent
// become proposed, a plan whose consent has ended goes on hold and is no longer shared, tasks are
// raised.
class PlanCheck final : public WriteCheck {
 public:
  // The clock says which day it is in Norway; it must outlive the check.
  explicit PlanCheck(const Clock& clock) : clock_(clock) {}
  bool concerns(std::string_view type) const override;
  Status amend(LateSnapshot& snapshot, fhir::Resource& body,
               std::vector<fhir::Issue>& issues) const override;
  Status follow(plan::PlanReader& view, std::span<const fhir::Resource> written,
                std::vector<fhir::Resource>& more, std::vector<fhir::Issue>& issues) const override;
  Status checkCommit(plan::PlanReader& view, std::span<const fhir::Resource> written,
                     std::vector<fhir::Issue>& issues) const override;

 private:
  const Clock& clock_;
};

}  // namespace planbro::service
