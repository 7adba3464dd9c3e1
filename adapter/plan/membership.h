// Who stands how towards a plan on one day: computed from memberships, tasks and consents, never
// taken from one of them alone. It fails closed: whoever is not surely a member does not read.
//
// Source: docs/plan-rules.md, rules 4, 5 and 9.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "plan/plan_set.h"

namespace planbro::plan {

enum class Standing : std::uint8_t {
  kOwner,           // the person whose plan it is
  kRepresentative,  // consents for the person: gave the consent to the plan, or shares the parental
                    // responsibility with who gave it (9245#2)
  kMember,          // takes part, and a consent provision of the day covers it
  kProposed,        // said to be proposed, or a task still asks for the consent
  kWithoutConsent,  // takes part, but no provision covers it (any more)
  kBlocked,         // the person has blocked the whole plan for it
  kNotYet,          // the membership begins later
  kLeft,            // the membership has ended
  kSuspended,       // the team is not active, the plan has ended, or its consent has
};
std::string_view standingName(Standing standing);  // "without-consent"

struct Membership {
  Participant participant;
  Standing standing = Standing::kWithoutConsent;
  std::size_t index = 0;  // of the participant in its care team
  // Consent.provision.provision of the sharing consents that cover it that day: what, for which
  // purpose. Empty for the owner, who sees all.
  std::vector<fhir::Element> provisions;
  // Those of blocking consents, which go before: parts of the plan it may not see.
  std::vector<fhir::Element> blocked;

  // Rule 4, as far as the plan's resources decide it; the caller's token must allow it as well.
  bool mayRead() const {
    return standing == Standing::kOwner || standing == Standing::kRepresentative ||
           standing == Standing::kMember;
  }
};

// Everybody who stands on the plan's care teams, in their order.
std::vector<Membership> memberships(const PlanSet& set, const fhir::Element& plan,
                                    std::string_view today);

// Rule 9: whether something of the plan may be sent to `receiver` (a Reference to a person, role,
// organisation or team) that day: to the owner, to who may read, and to the organisation that one
// of these acts for.
bool maySend(const PlanSet& set, const fhir::Element& plan, const fhir::Element& receiver,
             std::string_view today);

// Whether a consent holds that day, apart from whom it covers: active, no denial as a whole, its
// period includes the day.
bool holds(const fhir::Element& consent, std::string_view today);
// Whether the plan stands under a consent to it that day (rule 1).
bool hasPlanConsent(const PlanSet& set, const fhir::Element& plan, std::string_view today);
// Whether the person has consented and the consent has been withdrawn, refused or has run out:
// nobody but the owner reads (rule 1). A consent not given yet is none of these.
bool hasPlanConsentEnded(const PlanSet& set, const fhir::Element& plan, std::string_view today);

}  // namespace planbro::plan
