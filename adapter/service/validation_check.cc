#include "service/validation_check.h"

#include <algorithm>
#include <iterator>

#include "validation/validator.h"
#include "validation/vital_signs.h"

namespace planbro::service {
namespace {

constexpr std::string_view kUnknownExtension = "PB-1321";

bool same(const fhir::Issue& a, const fhir::Issue& b) {
  return a.code == b.code && a.place.expression == b.place.expression && a.arguments == b.arguments;
}

}  // namespace

std::vector<fhir::Issue> ValidationCheck::validated(const validation::ValidationContext& context,
                                                    const fhir::Resource& resource) const {
  std::vector<fhir::Issue> found = context.validate(resource);
  const auto is_unknown = [](const fhir::Issue& issue) { return issue.code == kUnknownExtension; };
  if (unknown_extensions_ == Enforcement::kOff) std::erase_if(found, is_unknown);
  if (unknown_extensions_ == Enforcement::kWarn) {
    for (fhir::Issue& issue : found) {
      if (is_unknown(issue)) issue.severity = std::max(issue.severity, fhir::Severity::kWarning);
    }
  }
  return found;
}

// Leaves errors to what R4 itself says; all others are the profiles', and warnings.
void ValidationCheck::warnOfProfiles(const fhir::Resource& resource,
                                     std::vector<fhir::Issue>& found) const {
  const std::vector<fhir::Issue> base = validated(base_, resource);
  for (fhir::Issue& issue : found) {
    const bool is_base = std::any_of(base.begin(), base.end(), [&](const fhir::Issue& other) {
      return other.severity <= fhir::Severity::kError && same(issue, other);
    });
    if (!is_base) issue.severity = std::max(issue.severity, fhir::Severity::kWarning);
  }
}

Enforcement ProfileEnforcement::forType(std::string_view type) const {
  const auto found = by_type.find(type);
  return found == by_type.end() ? standard : found->second;
}

Status ValidationCheck::checkResource(const fhir::Resource& resource,
                                      std::vector<fhir::Issue>& issues) const {
  const bool has_profile = static_cast<bool>(resource.root().child("meta").child("profile")) ||
                           validation::vitalSignProfileOf(resource.root()).has_value() ||
                           !full_.options().packs.empty();
  const Enforcement enforcement =
      has_profile ? profiles_.forType(resource.type()) : Enforcement::kOff;
  std::vector<fhir::Issue> found;
  if (enforcement == Enforcement::kOff) {
    found = validated(base_, resource);
  } else {
    found = validated(full_, resource);
    // Whose an error is matters only where there is one.
    if (enforcement == Enforcement::kWarn && fhir::hasErrors(found))
      warnOfProfiles(resource, found);
  }
  std::move(found.begin(), found.end(), std::back_inserter(issues));
  return {};
}

}  // namespace planbro::service
