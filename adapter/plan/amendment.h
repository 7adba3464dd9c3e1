// What the rules make of data on their way into the store, so that nobody has to refuse what a
// person or a journal rightly says:
//
// - rule 1: an active plan whose consent has been withdrawn or has run out is put on hold, and
//   sharing is closed: its care teams are suspended, its consents to share become inactive;
// - rule 5: a participant whom no consent covers is stored as proposed, without access, and a task
//   asks the coordinator for the consent.
//
// The coordinator is exempt from rule 5: whoever declines is offered one all the same. Of plans on
// hold only the sharing is closed; those closed or declined are left as they are. Pure functions;
// the same data give the same result, so that repeating an import changes nothing.
#pragma once

#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"
#include "plan/plan_set.h"

namespace planbro::plan {

struct Amended {
  fhir::Resource resource;  // empty: nothing has to change
  // PB-3021 for who was proposed, PB-3022 for a plan on hold, PB-3027 for what is closed with it.
  std::vector<fhir::Issue> issues;
};

// A Bundle that holds whole plans: its CareTeams, Consents and CarePlans as they are to be
// stored.
Amended amendBundle(const fhir::Resource& bundle, std::string_view today);

// One CareTeam, Consent or CarePlan of `set` as it is to be stored, seen from `plan`. Its places
// are those of the resource by itself.
Amended amendResource(const PlanSet& set, const fhir::Element& plan, const fhir::Element& resource,
                      std::string_view today);

// The tasks (profile ip-consent-task) that ask for a consent for each proposed participant who has
// none yet. Their ids follow from what they ask; those the set already holds, whatever became of
// them, are not made again.
std::vector<fhir::Resource> consentTasks(const PlanSet& set, const fhir::Element& plan,
                                         std::string_view today);

}  // namespace planbro::plan
