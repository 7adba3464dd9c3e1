#include "sync/coverage.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fhir/canonical_base.h"
#include "plan/plan_set.h"

namespace planbro::sync {
namespace {

constexpr std::string_view kPlanContent = PLANBRO_CANONICAL_BASE "/CodeSystem/plan-content";

bool isOfKind(const fhir::Element& consent, std::string_view kind) {
  return plan::anyHasCoding(consent, "category", kConsentKinds, kind);
}

class Assessment {
 public:
  Assessment(const PlanContent& content, const Peer& peer, std::string_view today)
      : content_(content), peer_(peer), today_(today) {
    for (const Member& member : content.members) {
      const fhir::Element root = member.resource.root();
      if (member.id.type == "Consent" && root.textOf("status") == "active" &&
          plan::contains(root.child("provision").child("period"), today_))
        consents_.push_back(root);
    }
  }

  bool hasPlanConsent() const {
    return std::any_of(consents_.begin(), consents_.end(), [&](const fhir::Element& consent) {
      const fhir::Element provision = consent.child("provision");
      return isOfKind(consent, "plan") && provision.textOf("type") != "deny" &&
             concernsPlan(provision);
    });
  }

  bool isPermitted() const {
    return std::any_of(consents_.begin(), consents_.end(), [&](const fhir::Element& consent) {
      return isOfKind(consent, "sharing") && permits(consent.child("provision"));
    });
  }

  bool isDenied() const {
    return std::any_of(consents_.begin(), consents_.end(), [&](const fhir::Element& consent) {
      bool denied = false;
      eachProvision(consent.child("provision"), [&](const fhir::Element& provision) {
        denied = denied || (provision.textOf("type") == "deny" &&
                            (!provision.child("actor") || namesPeer(provision)));
      });
      return denied;
    });
  }

 private:
  // A provision and those inside it, as far as their periods hold.
  template <typename Visit>
  void eachProvision(const fhir::Element& root, Visit&& visit) const {
    std::vector<fhir::Element> open;
    if (root) open.push_back(root);
    while (!open.empty()) {
      const fhir::Element next = open.back();
      open.pop_back();
      if (!plan::contains(next.child("period"), today_)) continue;
      visit(next);
      next.forEachChild("provision", [&](const fhir::Element& inner) { open.push_back(inner); });
    }
  }

  // Whether a provision is about this plan: it names it, or no data at all.
  bool concernsPlan(const fhir::Element& provision) const {
    bool any = false;
    bool named = false;
    provision.forEachChild("data", [&](const fhir::Element& data) {
      any = true;
      named = named || localId(data.child("reference").textOf("reference"), data.definitions()) ==
                           content_.plan().id;
    });
    return !any || named;
  }

  bool permits(const fhir::Element& root) const {
    bool permitted = false;
    if (!concernsPlan(root)) return false;
    eachProvision(root, [&](const fhir::Element& provision) {
      permitted = permitted || (provision.textOf("type") == "permit" && isWholePlan(provision) &&
                                concernsPlan(provision) && namesPeer(provision));
    });
    return permitted;
  }

  static bool isWholePlan(const fhir::Element& provision) {
    // What narrows a permission in a way not weighed here makes it too narrow.
    for (const std::string_view narrower : {"securityLabel", "class", "dataPeriod"})
      if (provision.child(narrower)) return false;
    bool any = false;
    bool whole = false;
    provision.forEachChild("code", [&](const fhir::Element& code) {
      code.forEachChild("coding", [&](const fhir::Element& coding) {
        any = true;
        whole = whole ||
                (coding.textOf("system") == kPlanContent && coding.textOf("code") == "whole-plan");
      });
    });
    return !any || whole;
  }

  bool namesPeer(const fhir::Element& provision) const {
    bool named = false;
    provision.forEachChild("actor", [&](const fhir::Element& actor) {
      named = named || isPeer(actor.child("reference"));
    });
    return named;
  }

  bool hasPeerIdentifier(const fhir::Element& holder) const {
    if (!holder) return false;
    bool found = false;
    holder.forEachChild("identifier", [&](const fhir::Element& identifier) {
      found = found || (identifier.textOf("system") == peer_.organization_system &&
                        identifier.textOf("value") == peer_.organization_value);
    });
    return found;
  }

  bool isOrganization(const fhir::Element& reference) const {
    return hasPeerIdentifier(reference) || hasPeerIdentifier(target(reference, "Organization"));
  }

  // What a reference points to, if it is of that type and travels with the plan.
  fhir::Element target(const fhir::Element& reference, std::string_view type) const {
    if (!reference) return {};
    const auto id = localId(reference.textOf("reference"), reference.definitions());
    if (!id || id->type != type) return {};
    for (const Member& member : content_.members)
      if (member.id == *id) return member.resource.root();
    return {};
  }

  // The organisation itself, or a role somebody has in it.
  bool isPeer(const fhir::Element& reference) const {
    return isOrganization(reference) ||
           isOrganization(target(reference, "PractitionerRole").child("organization"));
  }

  const PlanContent& content_;
  const Peer& peer_;
  const std::string_view today_;
  std::vector<fhir::Element> consents_;
};

}  // namespace

std::optional<fhir::Issue> whyHeldBack(const PlanContent& content, const Peer& peer,
                                       std::string_view today) {
  const auto issue = [&](std::string_view code) {
    return fhir::makeIssue(code, {}, {content.plan().id.text(), peer.name});
  };
  if (peer.organization_system.empty() || peer.organization_value.empty())
    return fhir::makeIssue("PB-5005", {}, {peer.name});
  const Assessment assessment(content, peer, today);
  if (!assessment.hasPlanConsent()) return issue("PB-5001");
  if (assessment.isDenied()) return issue("PB-5003");
  if (!assessment.isPermitted()) return issue("PB-5002");
  return std::nullopt;
}

}  // namespace planbro::sync
