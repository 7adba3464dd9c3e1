#include "plan/lifecycle.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "json/writer.h"
#include "plan/membership.h"
#include "plan/plan_bundle.h"

namespace planbro::plan {
namespace {

const RuleOptions kToday{.today = "2026-11-22", .other_active_plan = ""};

TEST(Lifecycle, NoStateAndEventStandTwiceInTheTable) {
  std::set<std::pair<State, Event>> seen;
  for (const Transition& row : transitions())
    EXPECT_TRUE(seen.emplace(row.from, row.event).second) << eventName(row.event);
}

TEST(Lifecycle, EveryEventCanHappenSomewhereAndEveryStateCanBeReached) {
  std::set<Event> events;
  std::set<State> reached{State::kNone};
  for (const Transition& row : transitions()) {
    events.insert(row.event);
    reached.insert(row.to);
  }
  EXPECT_EQ(events.size(), static_cast<std::size_t>(Event::kCorrect) + 1);
  EXPECT_EQ(reached.size(), static_cast<std::size_t>(State::kEnteredInError) + 1);
}

TEST(Lifecycle, APlanComesIntoUseOnlyUnderConsentWithOneCoordinatorAndAsTheOnlyOne) {
  for (const Transition& row : transitions()) {
    if (row.to != State::kActive || row.from == State::kActive) continue;
    EXPECT_EQ(row.guards, kPlanConsent | kOneCoordinator | kOnlyActivePlan) << eventName(row.event);
  }
}

TEST(Lifecycle, WhatIsClosedStaysClosed) {
  for (const State to : {State::kDraft, State::kActive, State::kOnHold, State::kRevoked})
    EXPECT_FALSE(mayFollow(State::kCompleted, to));
  EXPECT_FALSE(mayFollow(State::kEnteredInError, State::kActive));
  EXPECT_TRUE(mayFollow(State::kRevoked, State::kDraft));  // the person has thought it over
}

TEST(Lifecycle, AChangeOfStatusThatNoEventMakesIsFound) {
  const auto before = planBundle({.plan_status = "completed"});
  const auto after = planBundle();
  const auto plan = [](const fhir::Resource& bundle) {
    return PlanSet::ofBundle(bundle).plans().front();
  };
  const auto issues = checkChange(plan(before), plan(after));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-3020");
  EXPECT_TRUE(checkChange(plan(after), plan(before)).empty());
}

TEST(Lifecycle, FactsAreReadFromTheResources) {
  const auto facts = [](const PlanParts& parts) {
    const auto bundle = planBundle(parts);
    const auto set = PlanSet::ofBundle(bundle);
    return factsOf(set, set.plans().front(), kToday);
  };
  const Facts whole = facts({});
  EXPECT_TRUE(whole.plan_consent && whole.one_coordinator && whole.only_active_plan &&
              whole.sub_plans_closed && whole.next_review_later);
  EXPECT_FALSE(facts({.consent_status = "inactive"}).plan_consent);
  PlanParts parts;
  parts.more_entries =
      R"(,{"resource":{"resourceType":"CarePlan","id":"sub","status":"active","intent":"plan","partOf":[{"reference":"CarePlan/p"}],"subject":{"reference":"Patient/1"}}})";
  EXPECT_FALSE(facts(parts).sub_plans_closed);
}

// A plan in a small world: what events do to it, apart from the table.
struct World {
  State state = State::kNone;
  bool consent = false;
  int coordinators = 0;
  bool second_covered = false;
  bool second_there = false;
  bool sub_plan_open = false;

  PlanParts parts() const {
    PlanParts parts;
    parts.plan_status = state == State::kNone ? "draft" : std::string(stateCode(state));
    parts.consent_status = consent ? "active" : "inactive";
    parts.sharing_actors = R"({"reference":"PractitionerRole/k"})";
    if (second_covered) parts.sharing_actors += R"(,{"reference":"PractitionerRole/f"})";
    if (!second_there) parts.second_extra = R"(,"period":{"end":"2026-01-31"})";
    if (coordinators == 2)
      parts.second_role =
          R"({"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"8"}]})";
    parts.performer = R"([{"reference":"Patient/1"}])";
    if (sub_plan_open)
      parts.more_entries =
          R"(,{"resource":{"resourceType":"CarePlan","id":"sub","status":"active","intent":"plan","partOf":[{"reference":"CarePlan/p"}],"subject":{"reference":"Patient/1"}}})";
    return parts;
  }

  fhir::Resource bundle() const {
    fhir::Resource made = planBundle(parts());
    if (coordinators > 0) return made;
    std::string text = json::write(*made.document());
    const std::string role = R"("code":"8"}]}],"member":{"reference":"PractitionerRole/k")";
    text.replace(text.find(role), 10, R"("code":"9")");
    return fhir::readJson(text).resource;
  }
};

// What happens to the world when somebody does it; the table then says what becomes of the plan.
void happen(Event event, World& world) {
  switch (event) {
    case Event::kDecline:
    case Event::kWithdrawConsent:
      world.consent = false;
      break;
    case Event::kLoseCoordinator:
      world.coordinators = 0;
      break;
    case Event::kChangeCoordinator:
      world.coordinators = 1;
      break;
    case Event::kJoin:
      world.second_there = true;
      break;
    case Event::kLeave:
      world.second_there = false;
      break;
    case Event::kOpenSubPlan:
      world.sub_plan_open = true;
      break;
    case Event::kCloseSubPlan:
      world.sub_plan_open = false;
      break;
    default:
      break;
  }
}

TEST(Lifecycle, WhateverHappensAnActivePlanKeepsTheRules) {
  const bool held = rc::check([] {
    World world;
    world.consent = *rc::gen::arbitrary<bool>();
    world.coordinators = *rc::gen::inRange(0, 3);
    const auto events = *rc::gen::container<std::vector<int>>(
        rc::gen::inRange(0, static_cast<int>(Event::kCorrect) + 1));
    for (const int number : events) {
      // Between the events consents come and go without anybody's asking.
      if (world.state != State::kActive && *rc::gen::inRange(0, 3) == 0) {
        world.consent = *rc::gen::arbitrary<bool>();
        world.coordinators = *rc::gen::inRange(0, 3);
        world.second_covered = *rc::gen::arbitrary<bool>();
      }
      const auto event = static_cast<Event>(number);
      const Transition* row = transition(world.state, event);
      if (row == nullptr) continue;
      World next = world;
      happen(event, next);
      const auto made = next.bundle();
      const auto set = PlanSet::ofBundle(made);
      const auto plan = set.plans().front();
      if (unmet(*row, factsOf(set, plan, kToday)) != 0) continue;
      next.state = row->to;
      RC_ASSERT(mayFollow(world.state, next.state));
      world = next;

      const auto after = world.bundle();
      const auto whole = PlanSet::ofBundle(after);
      const auto now = whole.plans().front();
      for (const fhir::Issue& issue : checkPlan(whole, now, kToday))
        RC_ASSERT(issue.severity != fhir::Severity::kError);
      // Nobody reads without a consent; nobody who has left reads.
      for (const Membership& one : memberships(whole, now, "2026-11-22")) {
        if (one.participant.element.child("member").textOf("reference") == "PractitionerRole/f")
          RC_ASSERT(one.mayRead() ==
                    (world.second_there && world.second_covered && world.consent &&
                     world.state != State::kCompleted && world.state != State::kRevoked &&
                     world.state != State::kEnteredInError));
      }
      // A closed plan never opens again.
      if (world.state == State::kCompleted || world.state == State::kEnteredInError)
        RC_ASSERT(transition(world.state, Event::kActivate) == nullptr &&
                  transition(world.state, Event::kResume) == nullptr);
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace planbro::plan
