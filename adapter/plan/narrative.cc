#include "plan/narrative.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "plan/narrative_course.h"
#include "plan/narrative_text.h"

namespace planbro::plan {
namespace {

using fhir::Element;
using fhir::Language;

constexpr Phrase kPerson{{"Whose plan this is", "Hvem planen gjelder", "Kven planen gjeld"}};
constexpr Phrase kName{{"Name", "Navn", "Namn"}};
constexpr Phrase kNumber{{"National identity number", "Personnummer", "Personnummer"}};
constexpr Phrase kBorn{{"Born", "Født", "Fødd"}};
constexpr Phrase kCommunication{
    {"How we talk together", "Slik snakker vi sammen", "Slik snakkar vi saman"}};
constexpr Phrase kInterpreter{
    {"An interpreter is needed.", "Det trengs tolk.", "Det trengst tolk."}};
constexpr Phrase kOncePer{{"time per", "gang per", "gong per"}};
constexpr Phrase kTimesPer{{"times per", "ganger per", "gonger per"}};
constexpr Phrase kOwnWords{
    {"What is important to me", "Dette er viktig for meg", "Dette er viktig for meg"}};
constexpr Phrase kGoals{{"My goals", "Målene mine", "Måla mine"}};
constexpr Phrase kMainGoal{{"Main goal", "Hovedmål", "Hovudmål"}};
constexpr Phrase kMeasures{
    {"What is done, and by whom", "Dette gjøres, og av hvem", "Dette blir gjort, og av kven"}};
constexpr Phrase kResponsible{{"Responsible", "Ansvarlig", "Ansvarleg"}};
constexpr Phrase kHowOften{{"How often", "Hvor ofte", "Kor ofte"}};
constexpr Phrase kProgress{{"How it goes", "Slik går det", "Slik går det"}};
constexpr Phrase kCoordinatorTitle{{"My coordinator", "Koordinatoren min", "Koordinatoren min"}};
constexpr Phrase kTeam{{"Who takes part", "Disse er med", "Desse er med"}};
constexpr Phrase kContribution{{"Contributes with", "Bidrar med", "Bidreg med"}};
constexpr Phrase kProposed{{"proposed, has no access yet", "foreslått, har ikke tilgang ennå",
                            "føreslegen, har ikkje tilgang enno"}};
constexpr Phrase kNeeds{{"My needs and resources", "Behov og ressurser", "Behov og ressursar"}};
constexpr Phrase kReview{{"Period and next review", "Planperiode og neste gjennomgang",
                          "Planperiode og neste gjennomgang"}};
constexpr Phrase kPeriod{{"The plan is for", "Planen gjelder", "Planen gjeld"}};
constexpr Phrase kNextReview{{"Next review", "Neste gjennomgang", "Neste gjennomgang"}};
constexpr Phrase kMeeting{{"Meeting", "Møte", "Møte"}};
constexpr Phrase kConsent{
    {"What I have agreed to", "Dette har jeg samtykket til", "Dette har eg samtykt til"}};
constexpr Phrase kConsentPlan{{"The plan itself", "Selve planen", "Sjølve planen"}};
constexpr Phrase kSees{{"sees", "kan se", "kan sjå"}};
constexpr Phrase kUntil{{"until", "til og med", "til og med"}};
constexpr Phrase kFrom{{"from", "fra", "frå"}};
constexpr Phrase kCooperation{{"Cooperation that is needed or wished for",
                               "Samarbeid som trengs eller ønskes",
                               "Samarbeid som trengst eller er ønskt"}};
constexpr Phrase kNameless{{"no name given", "uten navn", "utan namn"}};
constexpr Phrase kPlanOf{{"Individual plan", "Individuell plan", "Individuell plan"}};

class Narrator {
 public:
  Narrator(const PlanSet& set, const Element& plan, Language language, std::string_view today)
      : set_(set),
        plan_(plan),
        language_(language),
        today_(today),
        participants_(set.participantsOf(plan)) {}

  std::vector<NarrativeSection> run() {
    person();
    ownWords();
    goals();
    measures();
    coordinator();
    team();
    review();
    needs();
    consent();
    cooperation();
    auto course = courseSections(set_, plan_, language_, today_);
    std::move(course.begin(), course.end(), std::back_inserter(sections_));
    return std::move(sections_);
  }

 private:
  std::string_view say(const Phrase& phrase) const { return phrase.in(language_); }

  void section(std::string_view key, const Phrase& title, std::string html,
               std::vector<Element> entries = {}) {
    if (html.empty()) return;
    sections_.push_back({key, std::string(say(title)), std::move(html), std::move(entries)});
  }

  std::string nameOfTarget(const Element& reference) const { return nameBehind(set_, reference); }

  // Somebody without a name is told of as such.
  std::string shownName(const Element& reference) const {
    const std::string name = nameOfTarget(reference);
    return "<b>" + escaped(name.empty() ? say(kNameless) : name) + "</b>";
  }

  void person() {
    const Element owner = set_.resolve(plan_.child("subject"));
    if (!owner) return;
    std::string html = paragraph(say(kName), nameOf(owner));
    owner.forEachChild("identifier", [&](const Element& identifier) {
      if (isNationalNumber(identifier.textOf("system")))
        html += paragraph(say(kNumber), identifier.textOf("value"));
    });
    html += paragraph(say(kBorn), dateText(owner.textOf("birthDate"), language_));
    html += paragraph(say(kCommunication), extensionText(owner, "ip-communication-needs"));
    if (owner.extensionValue("http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired")
            .text() == "true")
      html += paragraph("", say(kInterpreter));
    section("person", kPerson, std::move(html), {owner});
  }

  static bool isNationalNumber(std::string_view system) {
    constexpr std::string_view kRoot = "urn:oid:2.16.578.1.12.4.1.4.";
    return system.starts_with(kRoot) && system.size() == kRoot.size() + 1 &&
           std::string_view("123").contains(system.back());
  }

  void ownWords() {
    std::string html;
    if (const std::string_view words = extensionText(plan_, "ip-own-words"); !words.empty())
      html += "<blockquote><p>" + escaped(words) + "</p></blockquote>";
    html += paragraph("", plan_.textOf("description"));
    section("own-words", kOwnWords, std::move(html));
  }

  void goals() {
    const std::string kinds = std::string(kCodeSystemBase) + "goal-kind";
    std::string html;
    std::vector<std::string> others;
    std::vector<Element> entries;
    plan_.forEachChild("goal", [&](const Element& reference) {
      const Element goal = set_.resolve(reference);
      std::string text = escaped(goal ? textOfConcept(goal.child("description"), language_)
                                      : reference.textOf("display"));
      if (text.empty()) return;
      if (goal) {
        entries.push_back(goal);
        if (const std::string_view words = extensionText(goal, "ip-own-words"); !words.empty())
          text += "<br/><q>" + escaped(words) + "</q>";
        std::string_view due;
        goal.forEachChild("target", [&](const Element& target) {
          if (due.empty()) due = target.textOf("due");
        });
        if (!due.empty())
          text += " (" + escaped(say(kUntil)) + " " + dateText(due, language_) + ")";
        if (const auto reached = textOfConcept(goal.child("achievementStatus"), language_);
            !reached.empty())
          text += "<br/>" + escaped(reached);
        if (anyHasCoding(goal, "category", kinds, "main")) {
          html += "<p><b>" + escaped(say(kMainGoal)) + ":</b> " + text + "</p>";
          return;
        }
      }
      others.push_back(std::move(text));
    });
    section("goals", kGoals, html + list(others), std::move(entries));
  }

  void measures() {
    std::vector<std::string> items;
    std::vector<Element> entries;
    plan_.forEachChild("activity", [&](const Element& activity) {
      Element measure = activity.child("detail");
      if (!measure) {
        measure = set_.resolve(activity.child("reference"));
        if (!measure || measure.typeName() == "Appointment") return;
        entries.push_back(measure);
      }
      std::string item = "<b>" + escaped(textOfConcept(measure.child("code"), language_)) + "</b>";
      item += paragraph("", measure.textOf("description"));
      item += paragraph(say(kHowOften), scheduleOf(measure));
      item += paragraph(say(kResponsible), performersOf(measure));
      activity.forEachChild("progress", [&](const Element& progress) {
        item += paragraph(say(kProgress), progress.textOf("text"));
      });
      items.push_back(std::move(item));
    });
    section("measures", kMeasures, list(items), std::move(entries));
  }

  std::string scheduleOf(const Element& measure) const {
    const Element scheduled = measure.child("scheduled");
    if (!scheduled) return {};
    if (scheduled.hasValue()) return std::string(scheduled.text());
    std::string text(textOfConcept(scheduled.child("code"), language_));
    const Element repeat = scheduled.child("repeat");
    if (!repeat) return text;
    const auto add = [&](const std::string& more) {
      if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
    };
    const std::string_view times = repeat.textOf("frequency");
    const std::string_view unit = repeat.textOf("periodUnit");
    const std::string_view every = repeat.textOf("period");
    if (!times.empty() && !unit.empty() && (every.empty() || every == "1"))
      add(std::string(times) + " " + std::string(say(times == "1" ? kOncePer : kTimesPer)) + " " +
          unitName(unit));
    add(periodText(repeat.child("bounds")));
    return text;
  }

  // A unit of UCUM as R4's Timing has it.
  std::string unitName(std::string_view unit) const {
    constexpr std::pair<std::string_view, Phrase> kUnits[] = {
        {"h", {{"hour", "time", "time"}}},      {"d", {{"day", "dag", "dag"}}},
        {"wk", {{"week", "uke", "veke"}}},      {"mo", {{"month", "måned", "månad"}}},
        {"a", {{"year", "år", "år"}}},          {"min", {{"minute", "minutt", "minutt"}}},
        {"s", {{"second", "sekund", "sekund"}}}};
    for (const auto& [code, name] : kUnits) {
      if (code == unit) return std::string(say(name));
    }
    return std::string(unit);
  }

  std::string performersOf(const Element& measure) const {
    std::string names;
    for (const std::string_view child : {"performer", "owner"}) {
      measure.forEachChild(child, [&](const Element& performer) {
        const std::string name = nameOfTarget(performer);
        if (name.empty()) return;
        if (!names.empty()) names += ", ";
        names += name;
      });
    }
    return names;
  }

  void coordinator() {
    std::vector<std::string> items;
    std::vector<Element> entries;
    for (const Participant& one : participants_) {
      if (!coordinates(one, today_)) continue;
      std::string item = shownName(one.element.child("member"));
      if (one.member) {
        entries.push_back(one.member);
        item += paragraph("", nameOfTarget(one.member.child("organization")));
        one.member.forEachChild("telecom", [&](const Element& telecom) {
          item += paragraph("", telecom.textOf("value"));
        });
      }
      items.push_back(std::move(item));
    }
    section("coordinator", kCoordinatorTitle, list(items), std::move(entries));
  }

  void team() {
    std::vector<std::string> items;
    std::vector<Element> entries;
    for (const Participant& one : participants_) {
      const bool proposed = one.status == "proposed";
      if (!proposed && !isActive(one, today_)) continue;
      std::string item = shownName(one.element.child("member"));
      std::string roles;
      one.element.forEachChild("role", [&](const Element& role) {
        const std::string_view text = textOfConcept(role, language_);
        if (!text.empty()) roles += ", " + std::string(text);
      });
      item += escaped(roles);
      if (proposed) item += " (" + escaped(say(kProposed)) + ")";
      item += paragraph(say(kContribution), extensionText(one.element, "ip-contribution"));
      items.push_back(std::move(item));
      if (std::find(entries.begin(), entries.end(), one.team) == entries.end())
        entries.push_back(one.team);
    }
    section("team", kTeam, list(items), std::move(entries));
  }

  std::string periodText(const Element& period) const {
    const std::string_view start = period.textOf("start");
    const std::string_view end = period.textOf("end");
    std::string text;
    if (!start.empty()) text += std::string(say(kFrom)) + " " + dateText(start, language_);
    if (!end.empty())
      text += (text.empty() ? "" : " ") + std::string(say(kUntil)) + " " + dateText(end, language_);
    return text;
  }

  void review() {
    std::string html = paragraph(say(kPeriod), periodText(plan_.child("period")));
    const std::string_view next = extensionText(plan_, "ip-next-review");
    if (!next.empty()) html += paragraph(say(kNextReview), dateText(next, language_));
    std::vector<std::string> meetings;
    std::vector<Element> entries;
    plan_.forEachChild("activity", [&](const Element& activity) {
      const Element meeting = set_.resolve(activity.child("reference"));
      if (!meeting || meeting.typeName() != "Appointment") return;
      const std::string_view start = meeting.textOf("start");
      const std::string_view status = meeting.textOf("status");
      // Only what is to come: the past stands in the minutes.
      if (start.substr(0, 10) < today_ || status == "cancelled" || status == "entered-in-error")
        return;
      entries.push_back(meeting);
      html += paragraph(say(kMeeting), dateTimeText(start, language_) + " – " +
                                           std::string(meeting.textOf("description")));
    });
    section("review", kReview, std::move(html), std::move(entries));
  }

  void needs() {
    std::vector<std::string> items;
    std::vector<Element> entries;
    const std::string observations = std::string(kCodeSystemBase) + "plan-observation";
    plan_.forEachChild("addresses", [&](const Element& reference) {
      const Element need = set_.resolve(reference);
      const std::string_view text =
          need ? textOfConcept(need.child("code"), language_) : reference.textOf("display");
      if (need) entries.push_back(need);
      if (!text.empty()) items.push_back(escaped(text));
    });
    plan_.forEachChild("supportingInfo", [&](const Element& reference) {
      const Element found = set_.resolve(reference);
      if (!found || found.typeName() != "Observation" ||
          hasCoding(found.child("code"), observations, "evaluation"))
        return;
      const std::string_view text = found.textOf("value");
      if (text.empty()) return;
      entries.push_back(found);
      items.push_back(escaped(text));
    });
    section("needs", kNeeds, list(items), std::move(entries));
  }

  void consent() {
    std::vector<std::string> items;
    std::vector<Element> entries;
    for (const Element& one : set_.consentsOf(plan_, "plan")) {
      if (one.textOf("status") != "active") continue;
      entries.push_back(one);
      items.push_back(escaped(say(kConsentPlan)) + " (" +
                      dateText(one.textOf("dateTime"), language_) + ")");
    }
    for (const Element& one : set_.consentsOf(plan_, "sharing")) {
      if (one.textOf("status") != "active") continue;
      entries.push_back(one);
      one.child("provision").forEachChild("provision", [&](const Element& provision) {
        if (provision.textOf("type") == "deny" || !contains(provision.child("period"), today_))
          return;
        provision.forEachChild("actor", [&](const Element& actor) {
          items.push_back(mayRead(actor.child("reference"), provision));
        });
      });
    }
    section("consent", kConsent, list(items), std::move(entries));
  }

  std::string mayRead(const Element& who, const Element& provision) const {
    std::string item = shownName(who) + " " + escaped(say(kSees)) + ": ";
    std::string what;
    provision.forEachChild("code", [&](const Element& code) {
      const std::string_view text = textOfConcept(code, language_);
      if (text.empty()) return;
      if (!what.empty()) what += ", ";
      what += text;
    });
    item += escaped(what);
    const std::string period = periodText(provision.child("period"));
    return period.empty() ? item : item + " (" + escaped(period) + ")";
  }

  void cooperation() {
    const std::string url = std::string(kExtensionBase) + "ip-cooperation";
    std::vector<std::string> items;
    plan_.forEachChild("extension", [&](const Element& one) {
      if (one.textOf("url") != url) return;
      const Element organization = one.extensionValue("organization");
      std::string item;
      if (organization) item = shownName(organization) + " ";
      item += escaped(one.extensionValue("text").text());
      items.push_back(std::move(item));
    });
    section("cooperation", kCooperation, list(items));
  }

  const PlanSet& set_;
  const Element plan_;
  const Language language_;
  const std::string_view today_;
  const std::vector<Participant> participants_;
  std::vector<NarrativeSection> sections_;
};

}  // namespace

std::vector<NarrativeSection> planSections(const PlanSet& set, const Element& plan,
                                           Language language, std::string_view today) {
  return Narrator(set, plan, language, today).run();
}

std::string planTitle(const Element& plan, Language language) {
  const std::string_view title = plan.textOf("title");
  return std::string(title.empty() ? kPlanOf.in(language) : title);
}

std::string coordinatorName(const PlanSet& set, const Element& plan, std::string_view today) {
  for (const Participant& one : set.participantsOf(plan)) {
    if (coordinates(one, today)) return nameBehind(set, one.element.child("member"));
  }
  return {};
}

std::string planNarrative(const PlanSet& set, const Element& plan, Language language,
                          std::string_view today) {
  std::string html = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><h1>" +
                     escaped(planTitle(plan, language)) + "</h1>";
  for (const NarrativeSection& section : planSections(set, plan, language, today))
    html += "<h2>" + escaped(section.title) + "</h2>" + section.html;
  return html + "</div>";
}

}  // namespace planbro::plan
