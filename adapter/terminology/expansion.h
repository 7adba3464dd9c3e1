// A value set's codes for a reader: filtered, in a language, page by page.
//
// Source: FHIR R4, valueset-operation-expand.html.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "terminology/value_set.h"

namespace planbro::terminology {

struct ExpansionRequest {
  std::string_view filter;    // every word of it begins a word of the name or the code
  std::string_view language;  // BCP 47; empty: the names as they stand
  std::uint32_t offset = 0;
  std::optional<std::uint32_t> count;  // none: all, if they are not too many
  bool active_only = false;
  bool selectable_only = false;  // without abstract ones
  std::uint32_t limit = 10'000;  // most codes given without `count`
};

struct Expansion {
  std::size_t total = 0;  // codes that pass, before offset and count
  std::vector<Member> members;
};

// The members, names already in the language asked for; or why they cannot be given. The set must
// outlive the answer.
std::expected<Expansion, std::vector<fhir::Issue>> expand(const ValueSet& set,
                                                          const ExpansionRequest& request);

// Why a set cannot be expanded, as issues.
std::vector<fhir::Issue> gapIssues(const ValueSet& set);

}  // namespace planbro::terminology
