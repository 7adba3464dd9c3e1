#include "plan/membership.h"

#include <algorithm>
#include <string>

#include "plan/lifecycle.h"

namespace planbro::plan {
namespace {

using fhir::Element;

// Who a consent provision speaks of, and the provision.
struct Provision {
  Element actor;   // a Reference
  Element target;  // what it names; empty if that is not here
  Element provision;
};

// The provisions of that day in consents. `deny`: the denials, else the permissions.
std::vector<Provision> provisionsOf(const PlanSet& set, const std::vector<Element>& consents,
                                    std::string_view today, bool deny) {
  std::vector<Provision> found;
  for (const Element& consent : consents) {
    const Element root = consent.child("provision");
    if (consent.textOf("status") != "active" || !contains(root.child("period"), today)) continue;
    if (!deny && root.textOf("type") == "deny") continue;
    root.forEachChild("provision", [&](const Element& provision) {
      if ((provision.textOf("type") == "deny") != deny ||
          !contains(provision.child("period"), today))
        return;
      provision.forEachChild("actor", [&](const Element& actor) {
        const Element reference = actor.child("reference");
        found.push_back({reference, set.resolve(reference), provision});
      });
    });
  }
  return found;
}

std::vector<Element> provisionsFor(const PlanSet& set, const std::vector<Provision>& all,
                                   const Participant& participant) {
  std::vector<Element> found;
  for (const Provision& one : all) {
    const bool same = one.target && participant.member
                          ? one.target == participant.member
                          : set.sameTarget(one.actor, participant.element.child("member"));
    if (same) found.push_back(one.provision);
  }
  return found;
}

bool isWholePlan(const Element& provision) {
  const std::string system = std::string(kCodeSystemBase) + "plan-content";
  return !provision.child("code") || anyHasCoding(provision, "code", system, "whole-plan");
}

// Whether a task still asks for the consent that `member` needs.
bool isAskedFor(const PlanSet& set, const Element& member) {
  const std::string system = std::string(kCodeSystemBase) + "plan-task";
  for (const Element& task : set.ofType("Task")) {
    if (!hasCoding(task.child("code"), system, "obtain-consent") ||
        !set.sameTarget(task.child("focus"), member))
      continue;
    const std::string_view status = task.textOf("status");
    if (status != "completed" && status != "entered-in-error") return true;
  }
  return false;
}

bool isParent(const Element& member) {
  constexpr std::string_view kRelations = "urn:oid:2.16.578.1.12.4.1.1.7317";
  return member && member.typeName() == "RelatedPerson" &&
         (anyHasCoding(member, "relationship", kRelations, "MOR") ||
          anyHasCoding(member, "relationship", kRelations, "FAR"));
}

bool isByParents(const Element& consent) {
  bool found = false;
  const std::string url = std::string(kExtensionBase) + "ip-consent-representation";
  consent.forEachChild("extension", [&](const Element& extension) {
    const Element coding = extension.child("value");
    found = found || (extension.textOf("url") == url &&
                      coding.textOf("system") == "urn:oid:2.16.578.1.12.4.1.1.9245" &&
                      coding.textOf("code") == "2");
  });
  return found;
}

// `consents`: those to the plan that hold that day.
bool isRepresentative(const PlanSet& set, const std::vector<Element>& consents,
                      const Participant& one) {
  for (const Element& consent : consents) {
    if (isByParents(consent) && isParent(one.member)) return true;
    bool gave = false;
    consent.forEachChild("performer", [&](const Element& performer) {
      gave = gave || set.sameTarget(performer, one.element.child("member"));
    });
    if (gave) return true;
  }
  return false;
}

// A plan that is put on hold for another reason than its consent is shared as before.
bool hasEnded(const Element& plan) {
  const auto state = stateOf(plan.textOf("status"));
  return state == State::kCompleted || state == State::kRevoked || state == State::kEnteredInError;
}

// `closed`: nothing of the plan is shared any more.
Standing standingOf(const PlanSet& set, const Element& plan, const std::vector<Element>& consents,
                    const Membership& one, bool closed, std::string_view today) {
  const Element member = one.participant.element.child("member");
  if (set.sameTarget(member, plan.child("subject"))) return Standing::kOwner;
  const Element period = one.participant.element.child("period");
  if (one.participant.status == "inactive" || !contains(period, today)) {
    const bool later = period.textOf("start").substr(0, 10) > today;
    return later && one.participant.status != "inactive" ? Standing::kNotYet : Standing::kLeft;
  }
  const std::string_view team = one.participant.team.textOf("status");
  if (team == "proposed") return Standing::kProposed;
  if (closed || (team != "active" && !team.empty()) ||
      !contains(one.participant.team.child("period"), today))
    return Standing::kSuspended;
  if (std::any_of(one.blocked.begin(), one.blocked.end(), isWholePlan)) return Standing::kBlocked;
  if (one.participant.status != "active" || isAskedFor(set, member)) return Standing::kProposed;
  if (isRepresentative(set, consents, one.participant)) return Standing::kRepresentative;
  return one.provisions.empty() ? Standing::kWithoutConsent : Standing::kMember;
}

}  // namespace

std::string_view standingName(Standing standing) {
  switch (standing) {
    case Standing::kOwner:
      return "owner";
    case Standing::kRepresentative:
      return "representative";
    case Standing::kMember:
      return "member";
    case Standing::kProposed:
      return "proposed";
    case Standing::kWithoutConsent:
      return "without-consent";
    case Standing::kBlocked:
      return "blocked";
    case Standing::kNotYet:
      return "not-yet";
    case Standing::kLeft:
      return "left";
    case Standing::kSuspended:
      return "suspended";
  }
  return {};
}

std::vector<Membership> memberships(const PlanSet& set, const Element& plan,
                                    std::string_view today) {
  std::vector<Element> consents = set.consentsOf(plan, "plan");
  std::erase_if(consents, [&](const Element& consent) { return !holds(consent, today); });
  const std::vector<Element> sharing = set.consentsOf(plan, "sharing");
  const auto permitted = provisionsOf(set, sharing, today, false);
  const auto denied = provisionsOf(set, sharing, today, true);
  const auto blocked = provisionsOf(set, set.consentsOf(plan, "blocking"), today, true);
  const bool closed = hasEnded(plan) || hasPlanConsentEnded(set, plan, today);
  std::vector<Membership> found;
  for (Participant& participant : set.participantsOf(plan)) {
    Membership& one = found.emplace_back();
    one.index = found.size() > 1 && found[found.size() - 2].participant.team == participant.team
                    ? found[found.size() - 2].index + 1
                    : 0;
    one.participant = std::move(participant);
    one.provisions = provisionsFor(set, permitted, one.participant);
    one.blocked = provisionsFor(set, blocked, one.participant);
    const auto more = provisionsFor(set, denied, one.participant);
    one.blocked.insert(one.blocked.end(), more.begin(), more.end());
    one.standing = standingOf(set, plan, consents, one, closed, today);
  }
  return found;
}

bool maySend(const PlanSet& set, const Element& plan, const Element& receiver,
             std::string_view today) {
  if (set.sameTarget(receiver, plan.child("subject"))) return true;
  const auto all = memberships(set, plan, today);
  return std::any_of(all.begin(), all.end(), [&](const Membership& one) {
    if (!one.mayRead()) return false;
    const Element& element = one.participant.element;
    if (set.sameTarget(receiver, element.child("member")) ||
        set.sameTarget(receiver, element.child("onBehalfOf")))
      return true;
    const Element& member = one.participant.member;
    return member && member.typeName() == "PractitionerRole" &&
           (set.sameTarget(receiver, member.child("practitioner")) ||
            set.sameTarget(receiver, member.child("organization")));
  });
}

bool holds(const Element& consent, std::string_view today) {
  const Element provision = consent.child("provision");
  return consent.textOf("status") == "active" && provision.textOf("type") != "deny" &&
         contains(provision.child("period"), today);
}

bool hasPlanConsent(const PlanSet& set, const Element& plan, std::string_view today) {
  const auto consents = set.consentsOf(plan, "plan");
  return std::any_of(consents.begin(), consents.end(),
                     [&](const Element& consent) { return holds(consent, today); });
}

bool hasPlanConsentEnded(const PlanSet& set, const Element& plan, std::string_view today) {
  bool ended = false;
  for (const Element& consent : set.consentsOf(plan, "plan")) {
    if (holds(consent, today)) return false;
    const std::string_view status = consent.textOf("status");
    ended = ended || (status != "draft" && status != "proposed");
  }
  return ended;
}

}  // namespace planbro::plan
