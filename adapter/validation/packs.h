// Packs: named sets of profiles, each for the resources it is meant for, with the packages they
// stand in and the rule severities that go with them. Those of profiles/packs.json are part of the
// program; an installation may add files of its own.
//
//   {"packs": [{"name": "ip", "about": "…",
//     "packages": [{"name": "hl7.fhir.no.basis", "version": "2.2.2"}],
//     "profiles": [{"type": "CarePlan", "when": "FHIRPath", "profile": "canonical"}],
//     "overrides": [{"rule": "…", "profile": "…", "path": "…", "severity": "warning" | "off",
//                    "reason": "…"}]}]}
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "fhirpath/program.h"
#include "validation/override.h"

namespace planbro::validation {

// Immutable; any thread.
class Pack {
 public:
  const std::string& name() const { return name_; }
  const std::string& about() const { return about_; }
  struct Package {
    std::string name, version;
    friend bool operator==(const Package&, const Package&) = default;
  };
  // The FHIR packages its profiles stand in, which come from elsewhere.
  const std::vector<Package>& packages() const { return packages_; }
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
  std::vector<Package> packages_;
  std::vector<Override> overrides_;
};

// Every pack of a packs file. An unknown member, a broken FHIRPath or an override without a reason
// is an error that names it.
Result<std::vector<Pack>> readPacks(std::string_view json);

// Those that are part of the program.
Result<std::vector<Pack>> builtinPacks();

// Those of the program and of `files`; one of the same name comes in the place of an earlier one.
Result<std::vector<Pack>> allPacks(std::span<const std::filesystem::path> files);

// The ones of these names, in that order. kInvalidArgument for a name there is not, with those that
// are; kNotFound if a package of theirs is not in `registry`, with how to get it.
Result<std::vector<Pack>> choosePacks(const std::vector<Pack>& all,
                                      std::span<const std::string> names,
                                      const fhir::Registry& registry);

}  // namespace planbro::validation
