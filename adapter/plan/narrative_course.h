// How a plan has gone, as sections of the narrative: meetings with their minutes, evaluations,
// sub-plans, the steps of the process, documents and notes.
#pragma once

#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "plan/narrative.h"

namespace planbro::plan {

// The sections that have something to tell, in reading order. `today` as in planSections(): only
// meetings before it have a course to tell.
std::vector<NarrativeSection> courseSections(const PlanSet& set, const fhir::Element& plan,
                                             fhir::Language language, std::string_view today);

}  // namespace planbro::plan
