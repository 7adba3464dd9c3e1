// A changed severity of one rule.
#pragma once

#include <optional>
#include <string>

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

}  // namespace planbro::validation
