#include "service/validation_check.h"

#include <algorithm>
#include <iterator>

#include "validation/validator.h"

namespace planbro::service {
namespace {

bool same(const fhir::Issue& a, const fhir::Issue& b) {
  return a.code == b.code && a.place.expression == b.place.expression && a.arguments == b.arguments;
}

}  // namespace

Enforcement ProfileEnforcement::forType(std::string_view type) const {
  const auto found = by_type.find(type);
  return found == by_type.end() ? standard : found->second;
}

Status ValidationCheck::checkResource(const fhir::Resource& resource,
                                      std::vector<fhir::Issue>& issues) const {
  const bool claims_profile = static_cast<bool>(resource.root().child("meta").child("profile"));
  const Enforcement enforcement = claims_profile || !full_.options().packs.empty()
                                      ? profiles_.forType(resource.type())
                                      : Enforcement::kOff;
  std::vector<fhir::Issue> found;
  if (enforcement != Enforcement::kEnforce) found = base_.validate(resource);
  if (enforcement != Enforcement::kOff) {
    std::vector<fhir::Issue> all = full_.validate(resource);
    for (fhir::Issue& issue : all) {
      const bool is_base = std::any_of(
          found.begin(), found.end(), [&](const fhir::Issue& other) { return same(issue, other); });
      if (is_base) continue;
      if (enforcement == Enforcement::kWarn)
        issue.severity = std::max(issue.severity, fhir::Severity::kWarning);
      found.push_back(std::move(issue));
    }
  }
  std::move(found.begin(), found.end(), std::back_inserter(issues));
  return {};
}

}  // namespace planbro::service
