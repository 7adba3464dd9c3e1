#include "plan/rules.h"

#include <algorithm>

#include "fhir/norwegian_ids.h"
#include "plan/membership.h"
#include "plan/narrative_text.h"

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

constexpr std::size_t kDay = 10;  // "2026-11-22" of a time

bool isInWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

// Whether what ends before `end` is the end of an escape such as %7C.
bool endsEscape(std::string_view text, std::size_t end) { return end >= 3 && text[end - 3] == '%'; }

// Whether a person's number stands in the text as a word of its own: not as digits within a UUID.
bool namesPerson(std::string_view text) {
  constexpr std::size_t kDigits = 11;
  std::size_t run = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      ++run;
      continue;
    }
    const std::size_t begin = i - run;
    const bool whole = run == kDigits && (i == text.size() || !isInWord(text[i])) &&
                       (begin == 0 || !isInWord(text[begin - 1]) || endsEscape(text, begin));
    if (whole && fhir::isPersonNumber(text.substr(begin, kDigits))) return true;
    run = 0;
  }
  return false;
}

class Checker {
 public:
  Checker(const PlanSet& set, const Element& plan, const RuleOptions& options)
      : set_(set),
        plan_(plan),
        options_(options),
        active_(plan.textOf("status") == "active"),
        participants_(set.participantsOf(plan)),
        memberships_(memberships(set, plan, options.today)) {}

  std::vector<Issue> run() {
    consent();
    coordinator();
    onlyPlan();
    if (active_) members();
    measures();
    addresses();
    sending();
    times();
    content();
    return std::move(issues_);
  }

 private:
  void report(std::string_view code, std::string_view expression,
              std::vector<std::string> arguments = {}) {
    reportOn(plan_, code, expression, std::move(arguments));
  }

  void reportOn(const Element& resource, std::string_view code, std::string_view expression,
                std::vector<std::string> arguments = {}) {
    fhir::Place place;
    place.expression = expression;
    place.source = set_.addressOf(resource);
    issues_.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  // Rule 1.
  void consent() {
    if (!active_) return;
    if (set_.consentsOf(plan_, "plan").empty()) return report("PB-3001", "CarePlan.status");
    if (!hasPlanConsent(set_, plan_, options_.today)) report("PB-3002", "CarePlan.status");
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

  // Rules 4 and 5.
  void members() {
    for (const Membership& one : memberships_) {
      const std::string place = "CareTeam.participant[" + std::to_string(one.index) + "]";
      const std::string name = whoIs(set_, one.participant.element.child("member"));
      if (one.standing == Standing::kWithoutConsent)
        reportOn(one.participant.team, "PB-3006", place, {name});
      // Nobody has to guess why access ended: the status should say what the period says.
      if (one.standing == Standing::kLeft &&
          one.participant.element.extensionValue(extensionUrl("ip-participant-status")).text() ==
              "active")
        reportOn(one.participant.team, "PB-3023", place + ".period", {name});
    }
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
    static const std::string kResponsible = extensionUrl("ip-responsible");
    std::vector<Element> responsible;
    std::vector<Element> performers;
    owner.forEachChild(name, [&](const Element& performer) {
      performers.push_back(performer);
      if (performer.extensionValue(kResponsible).text() == "true") responsible.push_back(performer);
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
      if (!takesPart(one, options_.today)) return false;
      if (set_.sameTarget(performer, one.element.child("member")) ||
          set_.sameTarget(performer, one.element.child("onBehalfOf")))
        return true;
      // A person or a unit named where the team names the person in the unit.
      return one.member && one.member.typeName() == "PractitionerRole" &&
             (set_.sameTarget(performer, one.member.child("practitioner")) ||
              set_.sameTarget(performer, one.member.child("organization")));
    });
  }

  // Rule 8.
  void addresses() {
    for (const PlanResource& one : set_.resources()) {
      if (one.element.value() != nullptr) look(one.element, one.element.typeName());
    }
  }

  // The depth of a document is bounded by its parser.
  void look(const Element& resource, std::string_view type) {
    std::vector<const json::Node*> open{resource.value()};
    while (!open.empty()) {
      const json::Node* node = open.back();
      open.pop_back();
      for (const json::Node& child : node->children()) {
        if (child.isContainer()) {
          open.push_back(&child);
        } else if (child.kind == json::Kind::kString && child.name != nullptr &&
                   (child.name->text == "reference" || child.name->text == "id" ||
                    child.name->text == "url") &&
                   namesPerson(child.text())) {
          reportOn(resource, "PB-3024", type);
          return;
        }
      }
    }
  }

  // Rule 9: what has been sent, by the consents of the day it was sent.
  void sending() {
    for (const Element& message : set_.ofType("Communication")) {
      const std::string_view sent = message.textOf("sent").substr(0, kDay);
      const std::string day(sent.empty() ? std::string_view(options_.today) : sent);
      bool about = false;
      message.forEachChild(
          "about", [&](const Element& one) { about = about || set_.resolve(one) == plan_; });
      std::size_t index = 0;
      message.forEachChild("recipient", [&](const Element& receiver) {
        const std::size_t here = index++;
        if (about && !isJudgedBefore(day) && !maySend(set_, plan_, receiver, day))
          reportOn(message, "PB-3025", "Communication.recipient[" + std::to_string(here) + "]",
                   {whoIs(set_, receiver)});
      });
    }
  }

  // Whether what was sent that day was judged before the consent to the plan ended: statuses bear
  // no date, versions do.
  bool isJudgedBefore(std::string_view day) const {
    if (!hasPlanConsentEnded(set_, plan_, options_.today)) return false;
    std::string_view since;
    for (const Element& consent : set_.consentsOf(plan_, "plan"))
      since = std::max(since, consent.child("meta").textOf("lastUpdated").substr(0, kDay));
    return day < since;
  }

  // Item g, as time goes by.
  void times() {
    if (!active_) return;
    const std::string_view next = nextReview(plan_);
    if (!next.empty() && next < options_.today)
      report("PB-3010", "CarePlan.extension", {std::string(next)});
    const Element period = plan_.child("period");
    const std::string_view end = period.textOf("end");
    if (!end.empty() && period.textOf("start").substr(0, 10) <= options_.today &&
        !contains(period, options_.today))
      report("PB-3026", "CarePlan.period.end", {std::string(end)});
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
  std::vector<Membership> memberships_;
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
  const bool consented = plan.textOf("status") == "active" ? hasPlanConsent(set, plan, today)
                                                           : !set.consentsOf(plan, "plan").empty();
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
      {'h', "PB-3018", consented},
      {'i', "PB-3019", hasExtension(plan, "ip-cooperation")},
  }};
  return items;
}

std::optional<Issue> refuseDeletion(const Element& resource) {
  if (!isIndividualPlan(resource)) return std::nullopt;
  fhir::Place place;
  place.expression = "CarePlan";
  return fhir::makeIssue("PB-3009", std::move(place));
}

}  // namespace planbro::plan
