// What a validation may be told: severities, leniencies, limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "fhir/issue.h"
#include "validation/override.h"
#include "validation/packs.h"

namespace planbro::validation {

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
  // Text that looks like HTML is an error: a system that shows it unescaped would run it.
  bool no_html_in_strings = false;
  bool no_html_in_markdown = false;
  // The profiles in meta.profile are applied as well, and those of vital signs (vital_signs.h).
  bool use_profiles = true;
  // Their profiles are applied to the resources they are meant for, also in the entries of a
  // Bundle; their overrides come after those above.
  std::vector<Pack> packs;
  // For limits relative to now; nullptr: the system's. Must outlive the context.
  const Clock* clock = nullptr;
  std::size_t max_issues = kMaxIssuesPerResource;
  // Questions about one resource to the terminology server, answers kept from earlier ones aside:
  // each may take the server's whole time limit.
  std::size_t max_questions = 20;
};

}  // namespace planbro::validation
