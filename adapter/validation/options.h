// What a validation may be told: severities, leniencies, limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "fhir/issue.h"

namespace planbro::validation {

// Changes the severity of one rule, or switches it off. Empty fields match everything; at least
// `rule` must be said. Always with a reason: it is shown where overrides are listed.
struct Override {
  std::string rule;     // an invariant's key ("dom-6") or an issue code ("PB-1321")
  std::string profile;  // canonical URL of the profile that carries the rule
  std::string path;     // element path without indices: "AppointmentResponse.actor"
  std::optional<fhir::Severity> severity;  // nothing: the rule is off
  std::string reason;
};

struct Options {
  std::vector<Override> overrides;
  // Of an extension nobody defines. The official validator says error.
  fhir::Severity unknown_extension = fhir::Severity::kError;
  // URLs that start so need no definition.
  std::vector<std::string> known_extension_prefixes;
  // Of a wrong check digit in a Norwegian number: imported and example data have many.
  fhir::Severity identifier_check = fhir::Severity::kWarning;
  // Whether example.org, example.com and acme.com may stand for anything.
  bool example_urls = true;
  // Best-practice rules (a resource should have a narrative) are reported as warnings.
  bool best_practice = false;
  // The profiles in meta.profile are applied as well.
  bool use_meta_profile = true;
  std::size_t max_issues = kMaxIssuesPerResource;
};

}  // namespace planbro::validation
