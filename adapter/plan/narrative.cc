#include "plan/narrative.h"

#include <algorithm>
#include <array>
#include <utility>

namespace planbro::plan {
namespace {

using fhir::Element;
using fhir::Language;

// What stands in the narrative besides the plan's own words: English, bokmål, nynorsk.
struct Phrase {
  std::array<std::string_view, 3> texts;
  std::string_view in(Language language) const { return texts[static_cast<std::size_t>(language)]; }
};

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
constexpr Phrase kPlanOf{{"Individuell plan", "Individuell plan", "Individuell plan"}};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "<br/>";
        break;
      default:
        // XML has no way to write other control characters; in a text for people they say nothing.
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string paragraph(std::string_view label, std::string_view text) {
  if (text.empty()) return {};
  std::string out = "<p>";
  if (!label.empty()) out += "<b>" + escaped(label) + ":</b> ";
  return out + escaped(text) + "</p>";
}

std::string list(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string out = "<ul>";
  for (const std::string& item : items) out += "<li>" + item + "</li>";
  return out + "</ul>";
}

// "22.11.2026" of a date or of the day of a dateTime; partial dates as they can be.
std::string dateText(std::string_view date) {
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kMonth = 7;
  std::string out;
  if (date.size() >= kDay) out += std::string(date.substr(8, 2)) + ".";
  if (date.size() >= kMonth) out += std::string(date.substr(5, 2)) + ".";
  return out + std::string(date.substr(0, 4));
}

std::string dateTimeText(std::string_view time) {
  std::string out = dateText(time);
  constexpr std::size_t kMinutes = 16;
  if (time.size() >= kMinutes && time[10] == 'T') out += " " + std::string(time.substr(11, 5));
  return out;
}

std::string_view firstCodingDisplay(const Element& concept_) {
  std::string_view found;
  concept_.forEachChild("coding", [&](const Element& coding) {
    if (found.empty()) found = coding.textOf("display");
  });
  return found;
}

std::string_view textOfConcept(const Element& concept_) {
  const std::string_view text = concept_.textOf("text");
  return text.empty() ? firstCodingDisplay(concept_) : text;
}

class Narrator {
 public:
  Narrator(const PlanSet& set, const Element& plan, Language language, std::string_view today)
      : set_(set),
        plan_(plan),
        language_(language),
        today_(today),
        participants_(set.participantsOf(plan)) {}

  std::vector<NarrativeSection> run() {
    ownWords();
    goals();
    measures();
    coordinator();
    team();
    review();
    needs();
    consent();
    cooperation();
    return std::move(sections_);
  }

 private:
  std::string_view say(const Phrase& phrase) const { return phrase.in(language_); }

  void section(std::string_view key, const Phrase& title, std::string html,
               std::vector<Element> entries = {}) {
    if (html.empty()) return;
    sections_.push_back({key, std::string(say(title)), std::move(html), std::move(entries)});
  }

  static std::string_view extension(const Element& element, std::string_view name) {
    return element.extensionValue(std::string(kExtensionBase) + std::string(name)).text();
  }

  std::string nameOf(const Element& person) const {
    const Element name = person.child("name");
    if (!name) return {};
    if (!name.hasValue() && !name.textOf("text").empty()) return std::string(name.textOf("text"));
    if (name.hasValue()) return std::string(name.text());  // an Organization's
    std::string full;
    name.forEachChild("given",
                      [&](const Element& given) { full += std::string(given.text()) + " "; });
    full += name.textOf("family");
    while (full.ends_with(' ')) full.pop_back();
    return full;
  }

  // The name of what a Reference points to.
  std::string nameOfTarget(const Element& reference) const {
    if (const std::string_view shown = reference.textOf("display"); !shown.empty())
      return std::string(shown);
    const Element target = set_.resolve(reference);
    if (!target) return {};
    if (target.typeName() == "PractitionerRole") {
      const std::string name = nameOfTarget(target.child("practitioner"));
      return name.empty() ? nameOfTarget(target.child("organization")) : name;
    }
    return nameOf(target);
  }

  void ownWords() {
    std::string html;
    if (const std::string_view words = extension(plan_, "ip-own-words"); !words.empty())
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
      std::string text =
          escaped(goal ? textOfConcept(goal.child("description")) : reference.textOf("display"));
      if (text.empty()) return;
      if (goal) {
        entries.push_back(goal);
        if (const std::string_view words = extension(goal, "ip-own-words"); !words.empty())
          text += "<br/><q>" + escaped(words) + "</q>";
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
      std::string item = "<b>" + escaped(textOfConcept(measure.child("code"))) + "</b>";
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
    const std::string_view text = textOfConcept(scheduled.child("code"));
    return std::string(text);
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
      if (!isCoordinator(one) || !isActive(one, today_)) continue;
      std::string item = "<b>" + escaped(nameOfTarget(one.element.child("member"))) + "</b>";
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
      std::string item = "<b>" + escaped(nameOfTarget(one.element.child("member"))) + "</b>";
      std::string roles;
      one.element.forEachChild("role", [&](const Element& role) {
        const std::string_view text = textOfConcept(role);
        if (!text.empty()) roles += ", " + std::string(text);
      });
      item += escaped(roles);
      if (proposed) item += " (" + escaped(say(kProposed)) + ")";
      item += paragraph(say(kContribution), extension(one.element, "ip-contribution"));
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
    if (!start.empty()) text += std::string(say(kFrom)) + " " + dateText(start);
    if (!end.empty())
      text += (text.empty() ? "" : " ") + std::string(say(kUntil)) + " " + dateText(end);
    return text;
  }

  void review() {
    std::string html = paragraph(say(kPeriod), periodText(plan_.child("period")));
    const std::string_view next = extension(plan_, "ip-next-review");
    if (!next.empty()) html += paragraph(say(kNextReview), dateText(next));
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
      html += paragraph(say(kMeeting),
                        dateTimeText(start) + " – " + std::string(meeting.textOf("description")));
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
          need ? textOfConcept(need.child("code")) : reference.textOf("display");
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
      items.push_back(escaped(say(kConsentPlan)) + " (" + dateText(one.textOf("dateTime")) + ")");
    }
    for (const Element& one : set_.consentsOf(plan_, "sharing")) {
      if (one.textOf("status") != "active") continue;
      entries.push_back(one);
      one.child("provision").forEachChild("provision", [&](const Element& provision) {
        if (provision.textOf("type") == "deny" || !contains(provision.child("period"), today_))
          return;
        provision.forEachChild("actor", [&](const Element& actor) {
          items.push_back(mayRead(nameOfTarget(actor.child("reference")), provision));
        });
      });
    }
    section("consent", kConsent, list(items), std::move(entries));
  }

  std::string mayRead(const std::string& name, const Element& provision) const {
    std::string item = "<b>" + escaped(name) + "</b> " + escaped(say(kSees)) + ": ";
    std::string what;
    provision.forEachChild("code", [&](const Element& code) {
      const std::string_view text = textOfConcept(code);
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
      if (organization) item = "<b>" + escaped(nameOfTarget(organization)) + "</b> ";
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

std::string planNarrative(const PlanSet& set, const Element& plan, Language language,
                          std::string_view today) {
  std::string_view title = plan.textOf("title");
  if (title.empty()) title = kPlanOf.in(language);
  std::string html = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><h1>" + escaped(title) + "</h1>";
  for (const NarrativeSection& section : planSections(set, plan, language, today))
    html += "<h2>" + escaped(section.title) + "</h2>" + section.html;
  return html + "</div>";
}

}  // namespace planbro::plan
