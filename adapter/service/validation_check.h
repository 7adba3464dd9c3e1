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

// How strictly profiles (those in meta.profile and of packs) are meant, by resource type.
struct ProfileEnforcement {
  Enforcement standard = Enforcement::kWarn;
  std::map<std::string, Enforcement, std::less<>> by_type;

  Enforcement forType(std::string_view type) const;
};

// Both contexts must outlive the check. `base` leaves meta.profile aside (use_meta_profile off),
// `full` applies it, and has the packs. What only `full` finds is the profiles' and is a warning
// where they are not enforced.
class ValidationCheck final : public WriteCheck {
 public:
  ValidationCheck(const validation::ValidationContext& base,
                  const validation::ValidationContext& full, ProfileEnforcement profiles)
      : base_(base), full_(full), profiles_(std::move(profiles)) {}
  Status checkResource(const fhir::Resource& resource,
                       std::vector<fhir::Issue>& issues) const override;

 private:
  void warnOfProfiles(const fhir::Resource& resource, std::vector<fhir::Issue>& found) const;

  const validation::ValidationContext& base_;
  const validation::ValidationContext& full_;
  ProfileEnforcement profiles_;
};

}  // namespace planbro::service
