// An individuell plan as text for people: XHTML in bokmål, nynorsk or English, in plain words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "plan/plan_set.h"

namespace planbro::plan {

// A part of the narrative, such as "Mål".
struct NarrativeSection {
  std::string_view key;  // "person", "own-words", "goals", "measures", "coordinator", "team",
                         // "review", "needs", "consent", "cooperation", "meetings", "evaluations",
                         // "sub-plans", "steps", "documents", "notes"
  std::string title;
  std::string html;                    // XHTML without the div around it; every text is escaped
  std::vector<fhir::Element> entries;  // the resources it tells of
};

// The sections that have something to tell, in reading order. `today` as in RuleOptions.
std::vector<NarrativeSection> planSections(const PlanSet& set, const fhir::Element& plan,
                                           fhir::Language language, std::string_view today);

// The plan's title; "Individuell plan", "Individual plan" if it has none.
std::string planTitle(const fhir::Element& plan, fhir::Language language);

// Who coordinates the plan that day; "" if nobody does.
std::string coordinatorName(const PlanSet& set, const fhir::Element& plan, std::string_view today);

// The whole as one `<div xmlns="http://www.w3.org/1999/xhtml">`: a FHIR narrative.
std::string planNarrative(const PlanSet& set, const fhir::Element& plan, fhir::Language language,
                          std::string_view today);

}  // namespace planbro::plan
