#include "plan/lifecycle.h"

#include <algorithm>
#include <string>

#include "plan/membership.h"

namespace planbro::plan {
namespace {

using fhir::Element;
using enum State;
using enum Event;

constexpr std::uint8_t kToUse = kPlanConsent | kOneCoordinator | kOnlyActivePlan;
constexpr std::uint8_t kAtEnd = kCloseSharing | kEndMembership | kArchive;

// clang-format off
constexpr Transition kTable[] = {
    // from       event               to               guards            effects
    {kNone,      kBegin,             kDraft,          kFree,            kNothing},
    {kNone,      kDecline,           kRevoked,        kFree,            kNothing},
    {kDraft,     kDecline,           kRevoked,        kFree,            kCloseSharing},
    {kDraft,     kActivate,          kActive,         kToUse,           kNothing},
    {kDraft,     kWithdrawConsent,   kDraft,          kFree,            kCloseSharing},
    {kDraft,     kLoseCoordinator,   kDraft,          kFree,            kAskForCoordinator | kEndMembership},
    {kDraft,     kChangeCoordinator, kDraft,          kOneCoordinator,  kEndMembership},
    {kDraft,     kJoin,              kDraft,          kFree,            kAskForConsent},
    {kDraft,     kLeave,             kDraft,          kFree,            kEndMembership},
    {kDraft,     kOpenSubPlan,       kDraft,          kFree,            kNothing},
    {kDraft,     kCloseSubPlan,      kDraft,          kFree,            kNothing},
    {kDraft,     kClose,             kCompleted,      kSubPlansClosed,  kAtEnd},
    {kDraft,     kCorrect,           kEnteredInError, kFree,            kCloseSharing},
    {kActive,    kDecline,           kRevoked,        kFree,            kAtEnd},
    {kActive,    kWithdrawConsent,   kOnHold,         kFree,            kCloseSharing},
    {kActive,    kPause,             kOnHold,         kFree,            kNothing},
    {kActive,    kLoseCoordinator,   kOnHold,         kFree,            kAskForCoordinator | kEndMembership},
    {kActive,    kChangeCoordinator, kActive,         kOneCoordinator,  kEndMembership},
    {kActive,    kJoin,              kActive,         kOneCoordinator,  kAskForConsent},
    {kActive,    kLeave,             kActive,         kOneCoordinator,  kEndMembership},
    {kActive,    kReviewDue,         kActive,         kFree,            kAskForReview},
    {kActive,    kReview,            kActive,         kNextReviewLater, kNothing},
    {kActive,    kOpenSubPlan,       kActive,         kFree,            kNothing},
    {kActive,    kCloseSubPlan,      kActive,         kFree,            kNothing},
    {kActive,    kClose,             kCompleted,      kSubPlansClosed,  kAtEnd},
    {kActive,    kCorrect,           kEnteredInError, kFree,            kCloseSharing},
    {kOnHold,    kDecline,           kRevoked,        kFree,            kAtEnd},
    {kOnHold,    kWithdrawConsent,   kOnHold,         kFree,            kCloseSharing},
    {kOnHold,    kResume,            kActive,         kToUse,           kNothing},
    {kOnHold,    kLoseCoordinator,   kOnHold,         kFree,            kAskForCoordinator | kEndMembership},
    {kOnHold,    kChangeCoordinator, kOnHold,         kOneCoordinator,  kEndMembership},
    {kOnHold,    kJoin,              kOnHold,         kFree,            kAskForConsent},
    {kOnHold,    kLeave,             kOnHold,         kFree,            kEndMembership},
    {kOnHold,    kCloseSubPlan,      kOnHold,         kFree,            kNothing},
    {kOnHold,    kClose,             kCompleted,      kSubPlansClosed,  kAtEnd},
    {kOnHold,    kCorrect,           kEnteredInError, kFree,            kCloseSharing},
    {kRevoked,   kReconsider,        kDraft,          kFree,            kNothing},
    {kRevoked,   kCorrect,           kEnteredInError, kFree,            kCloseSharing},
    {kCompleted, kCorrect,           kEnteredInError, kFree,            kCloseSharing},
};
// clang-format on

constexpr std::string_view kStateCodes[] = {"",          "draft",   "active",          "on-hold",
                                            "completed", "revoked", "entered-in-error"};

constexpr std::string_view kEventNames[] = {
    "begin", "decline",    "reconsider",       "activate",           "withdraw-consent",
    "pause", "resume",     "lose-coordinator", "change-coordinator", "join",
    "leave", "review-due", "review",           "open-sub-plan",      "close-sub-plan",
    "close", "correct"};

bool isOpen(const Element& plan) {
  const auto state = stateOf(plan.textOf("status"));
  return state == kDraft || state == kActive || state == kOnHold;
}

}  // namespace

std::optional<State> stateOf(std::string_view status) {
  if (status.empty()) return std::nullopt;
  const auto* found = std::find(std::begin(kStateCodes), std::end(kStateCodes), status);
  if (found == std::end(kStateCodes)) return std::nullopt;
  return static_cast<State>(found - std::begin(kStateCodes));
}

std::string_view stateCode(State state) { return kStateCodes[static_cast<std::size_t>(state)]; }

std::string_view eventName(Event event) { return kEventNames[static_cast<std::size_t>(event)]; }

std::span<const Transition> transitions() { return kTable; }

const Transition* transition(State from, Event event) {
  const auto* found =
      std::find_if(std::begin(kTable), std::end(kTable),
                   [&](const Transition& row) { return row.from == from && row.event == event; });
  return found == std::end(kTable) ? nullptr : found;
}

Facts factsOf(const PlanSet& set, const Element& plan, const RuleOptions& options) {
  Facts facts;
  facts.plan_consent = hasPlanConsent(set, plan, options.today);
  const auto participants = set.participantsOf(plan);
  facts.one_coordinator =
      std::count_if(participants.begin(), participants.end(), [&](const Participant& one) {
        return isCoordinator(one) && isActive(one, options.today);
      }) == 1;
  facts.only_active_plan = options.other_active_plan.empty();
  facts.sub_plans_closed = true;
  for (const Element& other : set.ofType("CarePlan")) {
    if (other == plan) continue;
    bool below = false;
    other.forEachChild("partOf", [&](const Element& reference) {
      below = below || set.resolve(reference) == plan;
    });
    if (below) {
      facts.sub_plans_closed = facts.sub_plans_closed && !isOpen(other);
    } else if (!other.child("partOf") && isIndividualPlan(other) &&
               other.textOf("status") == "active" &&
               set.sameTarget(other.child("subject"), plan.child("subject"))) {
      facts.only_active_plan = false;
    }
  }
  facts.next_review_later = nextReview(plan) > options.today;
  return facts;
}

std::uint8_t unmet(const Transition& transition, const Facts& facts) {
  std::uint8_t missing = kFree;
  const auto ask = [&](Guard guard, bool met) {
    if ((transition.guards & guard) != 0 && !met) missing |= guard;
  };
  ask(kPlanConsent, facts.plan_consent);
  ask(kOneCoordinator, facts.one_coordinator);
  ask(kOnlyActivePlan, facts.only_active_plan);
  ask(kSubPlansClosed, facts.sub_plans_closed);
  ask(kNextReviewLater, facts.next_review_later);
  return missing;
}

bool mayFollow(State from, State to) {
  return from == to || std::any_of(std::begin(kTable), std::end(kTable), [&](const auto& row) {
           return row.from == from && row.to == to;
         });
}

std::vector<fhir::Issue> checkChange(const Element& before, const Element& after) {
  const auto from = stateOf(before.textOf("status"));
  const auto to = stateOf(after.textOf("status"));
  if (!from || !to || mayFollow(*from, *to)) return {};
  fhir::Place place;
  place.expression = "CarePlan.status";
  return {fhir::makeIssue("PB-3020", std::move(place),
                          {std::string(stateCode(*from)), std::string(stateCode(*to))})};
}

}  // namespace planbro::plan
