// The JSON plan export as a tree: what journal_json.cc writes out and journal_csv.cc projects on
// tables.
#pragma once

#include "json/document.h"
#include "plan/journal_members.h"

namespace planbro::plan {

// {"planer": [ … ]} with the one plan; `plan` is an IndividualPlan.
json::DocumentPtr journalDocument(const json::Node& plan, Lists lists);

}  // namespace planbro::plan
