// Packs: named sets of profiles, each for the resources it is meant for, with the rule severities
// that go with them. They stand in profiles/packs.json, which is part of the program.
//
//   {"packs": [{"name": "ip", "about": "…",
//     "profiles": [{"type": "CarePlan", "when": "FHIRPath", "profile": "canonical"}],
//     "overrides": [{"rule": "…", "profile": "…", "path": "…", "severity": "warning" | "off",
//                    "reason": "…"}]}]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/resource.h"
#include "fhirpath/program.h"
#include "validation/override.h"

namespace planbro::validation {

// Immutable; any thread.
class Pack {
 public:
  const std::string& name() const { return name_; }
  const std::string& about() const { return about_; }
  const std::vector<Override>& overrides() const { return overrides_; }
  // The canonicals of the profiles meant for this resource.
  std::vector<std::string> profilesFor(const fhir::Element& resource) const;
  // All its profiles.
  std::vector<std::string> profiles() const;

 private:
  friend Result<std::vector<Pack>> readPacks(std::string_view json);

  struct Entry {
    std::string type;
    std::string profile;
    fhirpath::ProgramPtr when;  // nullptr: always
  };
  std::string name_;
  std::string about_;
  std::vector<Entry> entries_;
  std::vector<Override> overrides_;
};

// Every pack of a packs file. An unknown member, a broken FHIRPath or an override without a reason
// is an error that names it.
Result<std::vector<Pack>> readPacks(std::string_view json);

// Those that are part of the program.
Result<std::vector<Pack>> builtinPacks();

}  // namespace planbro::validation
