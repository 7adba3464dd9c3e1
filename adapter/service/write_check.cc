#include "service/write_check.h"

#include <algorithm>

namespace planbro::service {

Result<store::Reader*> LateSnapshot::view() {
  if (opened_ == nullptr) {
    PLANBRO_ASSIGN_OR_RETURN(opened_, store_.snapshot());
  }
  return opened_.get();
}

Status WriteCheck::amend(LateSnapshot&, fhir::Resource&, std::vector<fhir::Issue>&) const {
  return {};
}

Status WriteCheck::follow(plan::PlanReader&, std::span<const fhir::Resource>,
                          std::vector<fhir::Resource>&, std::vector<fhir::Issue>&) const {
  return {};
}

Status WriteCheck::checkResource(const fhir::Resource&, std::vector<fhir::Issue>&) const {
  return {};
}

Status WriteCheck::checkCommit(plan::PlanReader&, std::span<const fhir::Resource>,
                               std::vector<fhir::Issue>&) const {
  return {};
}

void weaken(std::vector<fhir::Issue>& issues) {
  for (fhir::Issue& issue : issues)
    issue.severity = std::max(issue.severity, fhir::Severity::kWarning);
}

bool ConfiguredCheck::isOn() const {
  return standard != Enforcement::kOff ||
         std::any_of(by_type.begin(), by_type.end(),
                     [](const auto& one) { return one.second != Enforcement::kOff; });
}

Enforcement ConfiguredCheck::forType(std::string_view type) const {
  const auto found = by_type.find(type);
  return found == by_type.end() ? standard : found->second;
}

}  // namespace planbro::service
