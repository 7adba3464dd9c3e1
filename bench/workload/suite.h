// What a workload does, as data: the mix, the templates of what is created, and the searches.
//
// The form is that of the public comparison of FHIR servers whose files stand beside this
// repository (../shared/suites/rest/mockhealth); bench/workload/plans holds a list of our own in
// the same form. FOLDER/cases.json has the searches (kind "query", inSearchWorkload true),
// FOLDER/workloads/crud.json the mix (verbMix, typeMix), crud-templates.json the templates by type,
// with {{patient_id}}, {{now}}, {{hour_ago}}, {{unique}} and {{gender}} in them.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace planbro::bench {

enum class Verb : std::uint8_t { kCreate, kRead, kUpdate, kDelete, kSearch };
inline constexpr std::size_t kVerbs = 5;
std::string_view nameOf(Verb verb);

struct Query {
  std::string name;
  std::string path;                                         // "Patient"; may hold {{variables}}
  std::vector<std::pair<std::string, std::string>> params;  // in order; values may as well
  std::vector<std::pair<std::string, std::string>> pools;   // of each variable, "patient_id"
};

struct Suite {
  std::array<unsigned, kVerbs> verbs{};                        // weights; of kSearch 0
  std::vector<std::pair<std::string, unsigned>> types;         // weights
  std::vector<std::pair<std::string, std::string>> templates;  // JSON by type
  std::vector<Query> queries;
};

Result<Suite> readSuite(const std::string& folder);

}  // namespace planbro::bench
