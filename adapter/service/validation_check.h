// Validation as a check on writes: the base specification always, profiles as strictly as set.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/write_check.h"

namespace planbro::validation {
class ValidationContext;
}

namespace planbro::service {

// How strictly profiles (those in meta.profile, of packs, and R4's of vital signs) are meant, by
// resource type.
struct ProfileEnforcement {
  Enforcement standard = Enforcement::kWarn;
  std::map<std::string, Enforcement, std::less<>> by_type;

  Enforcement forType(std::string_view type) const;
};

// Both contexts must outlive the check. `base` leaves profiles aside (use_profiles off), `full`
// applies them, and has the packs. What only `full` finds is the profiles' and is a warning where
// they are not enforced. Extensions that nothing here defines are treated as `unknown_extensions`
// says, but for modifier extensions, which change the meaning of what they stand on. Source: FHIR
// R4, extensibility.html, 2.5.1.0: no resource is to be rejected for having extensions.
class ValidationCheck final : public WriteCheck {
 public:
  ValidationCheck(const validation::ValidationContext& base,
                  const validation::ValidationContext& full, ProfileEnforcement profiles,
                  Enforcement unknown_extensions = Enforcement::kWarn)
      : base_(base),
        full_(full),
        profiles_(std::move(profiles)),
        unknown_extensions_(unknown_extensions) {}
  bool concerns(std::string_view /*type*/) const override { return false; }
  Status checkResource(const fhir::Resource& resource,
                       std::vector<fhir::Issue>& issues) const override;

 private:
  std::vector<fhir::Issue> validated(const validation::ValidationContext& context,
                                     const fhir::Resource& resource) const;
  void warnOfProfiles(const fhir::Resource& resource, std::vector<fhir::Issue>& found) const;

  const validation::ValidationContext& base_;
  const validation::ValidationContext& full_;
  ProfileEnforcement profiles_;
  Enforcement unknown_extensions_;
};

}  // namespace planbro::service
