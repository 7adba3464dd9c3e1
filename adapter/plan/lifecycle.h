// The life of an individuell plan as one table: from which state which event leads where, what has
// to hold for it, and what follows from it.
//
//   draft → active → on-hold → active … → completed, or revoked where the person says no
//
// Everything here is a pure function. What an event means for the store (a task to raise, a
// membership to end) is said as Effects; plan/amendment.h and the callers carry them out.
//
// Source: FHIR R4, CarePlan.status (request-status); forskrift om individuell plan ved ytelse av
// velferdstjenester; docs/plan-rules.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "plan/plan_set.h"
#include "plan/rules.h"

namespace planbro::plan {

enum class State : std::uint8_t {
  kNone,  // there is no plan yet
  kDraft,
  kActive,
  kOnHold,
  kCompleted,  // closed; kept for ever
  kRevoked,    // the person does not want it; kept for ever
  kEnteredInError,
};
// From CarePlan.status; nothing for "unknown" and what is no status.
std::optional<State> stateOf(std::string_view status);
std::string_view stateCode(State state);  // "on-hold"; "" for kNone

enum class Event : std::uint8_t {
  kBegin,            // the work on a plan begins
  kDecline,          // the person says no
  kReconsider,       // the person wants it after all
  kActivate,         // the plan is taken into use
  kWithdrawConsent,  // the consent to the plan ends
  kPause,            // for another reason
  kResume,
  kLoseCoordinator,    // the coordinator leaves and nobody follows
  kChangeCoordinator,  // one follows the other
  kJoin,               // a participant comes
  kLeave,              // a participant goes
  kReviewDue,          // the time for revision has come
  kReview,             // it has been made, with a new time for the next
  kOpenSubPlan,
  kCloseSubPlan,
  kClose,
  kCorrect,  // it was never meant to be
};
std::string_view eventName(Event event);  // "withdraw-consent"

// What has to hold for a transition; several together.
enum Guard : std::uint8_t {
  kFree = 0,
  kPlanConsent = 1,       // the consent to the plan holds (rule 1)
  kOneCoordinator = 2,    // exactly one active coordinator (rule 2)
  kOnlyActivePlan = 4,    // the person has no other active plan (rule 3)
  kSubPlansClosed = 8,    // no sub-plan is open
  kNextReviewLater = 16,  // the next review lies ahead
};

// What follows from a transition; several together.
enum Effect : std::uint8_t {
  kNothing = 0,
  kCloseSharing = 1,       // nobody but the owner reads
  kAskForCoordinator = 2,  // a task: appoint a coordinator
  kAskForReview = 4,       // a task: review the plan
  kAskForConsent = 8,      // a task for whom no consent covers; proposed until then (rule 5)
  kEndMembership = 16,     // access ends at once
  kArchive = 32,           // the plan goes to the archive
};

struct Transition {
  State from = State::kNone;
  Event event = Event::kBegin;
  State to = State::kNone;
  std::uint8_t guards = kFree;
  std::uint8_t effects = kNothing;
};

// The table. No two rows have the same `from` and `event`.
std::span<const Transition> transitions();
// nullptr: the event cannot happen in that state.
const Transition* transition(State from, Event event);

// What of a plan the guards ask.
struct Facts {
  bool plan_consent = false;
  bool one_coordinator = false;
  bool only_active_plan = false;
  bool sub_plans_closed = false;
  bool next_review_later = false;
};
Facts factsOf(const PlanSet& set, const fhir::Element& plan, const RuleOptions& options);

// The guards of `transition` that do not hold.
std::uint8_t unmet(const Transition& transition, const Facts& facts);

// Whether CarePlan.status may go from one to the other by any event: staying is always possible.
bool mayFollow(State from, State to);
// PB-3020 where the status of `after` cannot follow that of `before`, the version it replaces.
std::vector<fhir::Issue> checkChange(const fhir::Element& before, const fhir::Element& after);

}  // namespace planbro::plan
