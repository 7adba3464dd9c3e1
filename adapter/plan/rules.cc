#include "plan/rules.h"

#include <algorithm>

namespace planbro::plan {
namespace {

using fhir::Element;
using fhir::Issue;

std::string extensionUrl(std::string_view name) {
  return std::string(kExtensionBase) + std::string(name);
}

bool hasExtension(const Element& element, std::string_view name) {
  const std::string url = extensionUrl(name);
  bool found = false;
  element.forEachChild("extension", [&](const Element& extension) {
    found = found || extension.textOf("url") == url;
  });
  return found;
}

// Whether a consent holds that day, apart from whom it covers.
bool holds(const Element& consent, std::string_view today) {
  const Element provision = consent.child("provision");
  return consent.textOf("status") == "active" && provision.textOf("type") != "deny" &&
         contains(provision.child("period"), today);
}

class Checker {
 public:
  Checker(const PlanSet& set, const Element& plan, const RuleOptions& options)
      : set_(set),
        plan_(plan),
        options_(options),
        active_(plan.textOf("status") == "active"),
        participants_(set.participantsOf(plan)) {}

  std::vector<Issue> run() {
    consent();
    coordinator();
    onlyPlan();
    if (active_) uncovered();
    measures();
    content();
    return std::move(issues_);
  }

 private:
  void report(std::string_view code, std::string_view expression,
              std::vector<std::string> arguments = {}) {
    fhir::Place place;
    place.expression = expression;
    place.source = set_.addressOf(plan_);
    issues_.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  // Rule 1.
  void consent() {
    if (!active_) return;
    const auto consents = set_.consentsOf(plan_, "plan");
    if (consents.empty()) return report("PB-3001", "CarePlan.status");
    for (const Element& one : consents) {
      if (holds(one, options_.today)) return;
    }
    report("PB-3002", "CarePlan.status");
  }

  // Rule 2.
  void coordinator() {
    if (!active_) return;
    const auto count = std::count_if(
        participants_.begin(), participants_.end(),
        [&](const auto& p) { return isCoordinator(p) && isActive(p, options_.today); });
    if (count == 0) report("PB-3003", "CarePlan.careTeam");
    if (count > 1) report("PB-3004", "CarePlan.careTeam", {std::to_string(count)});
  }

  // Rule 3.
  void onlyPlan() {
    if (!active_) return;
    if (!options_.other_active_plan.empty())
      report("PB-3005", "CarePlan.subject", {options_.other_active_plan});
    for (const Element& other : set_.plans()) {
      if (other == plan_ || other.textOf("status") != "active" ||
          !set_.sameTarget(other.child("subject"), plan_.child("subject")))
        continue;
      report("PB-3005", "CarePlan.subject", {std::string(set_.addressOf(other))});
    }
  }

  // Rule 5.
  void uncovered() {
    for (const Participant& one : uncoveredParticipants(set_, plan_, options_.today))
      report("PB-3006", "CarePlan.careTeam",
             {std::string(one.element.child("member").textOf("display"))});
  }

  // Rule 6.
  void measures() {
    std::size_t index = 0;
    plan_.forEachChild("activity", [&](const Element& activity) {
      measure(activity, "CarePlan.activity[" + std::to_string(index++) + "]");
    });
  }

  void measure(const Element& activity, const std::string& path) {
    Element owner = activity.child("detail");
    std::string_view name = "performer";
    std::string place = path + ".detail.performer";
    if (!owner) {
      owner = set_.resolve(activity.child("reference"));
      place = path + ".reference";
      const std::string_view type = owner ? owner.typeName() : std::string_view{};
      if (type == "Task") {
        name = "owner";
      } else if (type != "ServiceRequest") {
        return;  // a meeting has participants; what is not here cannot be judged
      }
    }
    const std::string_view status = owner.textOf("status");
    if (status == "cancelled" || status == "entered-in-error" || status == "completed") return;
    // Where somebody is marked as responsible, that one has to be on the team; else anybody.
    std::vector<Element> responsible;
    std::vector<Element> performers;
    owner.forEachChild(name, [&](const Element& performer) {
      performers.push_back(performer);
      if (performer.extensionValue(extensionUrl("ip-responsible")).text() == "true")
        responsible.push_back(performer);
    });
    if (performers.empty()) return report("PB-3007", place, {titleOf(owner)});
    if (responsible.empty()) responsible = performers;
    for (const Element& one : responsible) {
      if (isOnTeam(one)) return;
    }
    report("PB-3008", place, {titleOf(owner)});
  }

  static std::string titleOf(const Element& measure) {
    std::string_view text = measure.child("code").textOf("text");
    if (text.empty()) text = measure.textOf("description");
    constexpr std::size_t kEnough = 80;
    std::string title(text.substr(0, kEnough));
    while (!title.empty() && (static_cast<unsigned char>(title.back()) & 0xC0) == 0x80 &&
           title.size() < text.size())
      title.pop_back();
    return title;
  }

  bool isOnTeam(const Element& performer) const {
    return std::any_of(participants_.begin(), participants_.end(), [&](const Participant& one) {
      if (!isActive(one, options_.today)) return false;
      if (set_.sameTarget(performer, one.element.child("member")) ||
          set_.sameTarget(performer, one.element.child("onBehalfOf")))
        return true;
      // A person or a unit named where the team names the person in the unit.
      return one.member && one.member.typeName() == "PractitionerRole" &&
             (set_.sameTarget(performer, one.member.child("practitioner")) ||
              set_.sameTarget(performer, one.member.child("organization")));
    });
  }

  void content() {
    // A draft is not whole yet, and a closed plan is no longer made.
    if (!active_) return;
    for (const LegalItem& item : legalContent(set_, plan_, options_.today)) {
      if (!item.present) report(item.code, "CarePlan");
    }
  }

  const PlanSet& set_;
  const Element plan_;
  const RuleOptions& options_;
  bool active_;
  std::vector<Participant> participants_;
  std::vector<Issue> issues_;
};

}  // namespace

std::vector<Issue> checkPlan(const PlanSet& set, const Element& plan, const RuleOptions& options) {
  return Checker(set, plan, options).run();
}

std::vector<Issue> checkPlans(const PlanSet& set, const RuleOptions& options) {
  std::vector<Issue> issues;
  for (const Element& plan : set.plans()) {
    auto found = checkPlan(set, plan, options);
    issues.insert(issues.end(), found.begin(), found.end());
  }
  return issues;
}

std::array<LegalItem, 9> legalContent(const PlanSet& set, const Element& plan,
                                      std::string_view today) {
  const auto participants = set.participantsOf(plan);
  const auto anyone = [&](auto&& test) {
    return std::any_of(participants.begin(), participants.end(), test);
  };
  bool described = false;
  bool measures = false;
  plan.forEachChild("activity", [&](const Element& activity) {
    Element measure = activity.child("detail");
    if (!measure) measure = set.resolve(activity.child("reference"));
    if (!measure || measure.typeName() == "Appointment") return;
    measures = true;
    described = described || !measure.textOf("description").empty() || activity.child("progress") ||
                measure.child("note");
  });
  const Element period = plan.child("period");
  std::array<LegalItem, 9> items{{
      {'a', "PB-3011",
       plan.child("goal") && (plan.child("addresses") || plan.child("supportingInfo"))},
      {'b', "PB-3012", participants.size() > 1},
      {'c', "PB-3013",
       anyone([&](const Participant& p) { return isCoordinator(p) && isActive(p, today); })},
      {'d', "PB-3014",
       anyone([](const Participant& p) { return hasExtension(p.element, "ip-contribution"); })},
      {'e', "PB-3015", measures},
      {'f', "PB-3016", described},
      {'g', "PB-3017", !period.textOf("start").empty() && hasExtension(plan, "ip-next-review")},
      {'h', "PB-3018", !set.consentsOf(plan, "plan").empty()},
      {'i', "PB-3019", hasExtension(plan, "ip-cooperation")},
  }};
  return items;
}

std::vector<Participant> uncoveredParticipants(const PlanSet& set, const Element& plan,
                                               std::string_view today) {
  std::vector<Element> actors;
  for (const Element& consent : set.consentsOf(plan, "sharing")) {
    if (!holds(consent, today)) continue;
    consent.child("provision").forEachChild("provision", [&](const Element& provision) {
      if (provision.textOf("type") == "deny" || !contains(provision.child("period"), today)) return;
      provision.forEachChild(
          "actor", [&](const Element& actor) { actors.push_back(actor.child("reference")); });
    });
  }
  std::vector<Participant> found;
  for (Participant& one : set.participantsOf(plan)) {
    const Element member = one.element.child("member");
    if (!isActive(one, today) || set.sameTarget(member, plan.child("subject"))) continue;
    const bool covered = std::any_of(actors.begin(), actors.end(), [&](const Element& actor) {
      return set.sameTarget(actor, member);
    });
    if (!covered) found.push_back(std::move(one));
  }
  return found;
}

std::optional<Issue> refuseDeletion(const Element& resource) {
  if (!isIndividualPlan(resource)) return std::nullopt;
  fhir::Place place;
  place.expression = "CarePlan";
  return fhir::makeIssue("PB-3009", std::move(place));
}

}  // namespace planbro::plan
