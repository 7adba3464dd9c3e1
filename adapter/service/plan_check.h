// The rules of the individuell plan as a check on writes (docs/plan-rules.md).
#pragma once

#include "base/clock.h"
#include "service/write_check.h"

namespace planbro::service {

// Looks at every individuell plan that a write touches: the plan itself, or one whose care team,
// consent or goal was written. Rules see the plan as it will be after the commit.
class PlanCheck final : public WriteCheck {
 public:
  // The clock says which day it is in Norway; it must outlive the check.
  explicit PlanCheck(const Clock& clock) : clock_(clock) {}
  Status checkCommit(store::Reader& view, std::span<const fhir::Resource> written,
                     std::vector<fhir::Issue>& issues) const override;

 private:
  const Clock& clock_;
};

}  // namespace planbro::service
