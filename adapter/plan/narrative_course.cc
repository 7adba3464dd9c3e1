#include "plan/narrative_course.h"

#include <algorithm>
#include <utility>

#include "plan/narrative_text.h"

namespace planbro::plan {
namespace {

using fhir::Element;

constexpr Phrase kMeetings{{"Meetings that were held", "Møter som er holdt", "Møte som er haldne"}};
constexpr Phrase kEvaluations{
    {"How the plan has worked", "Slik har planen fungert", "Slik har planen fungert"}};
constexpr Phrase kSubPlans{{"Plans that belong to this one", "Delplaner", "Delplanar"}};
constexpr Phrase kSteps{{"What has happened", "Dette har skjedd", "Dette har hendt"}};
constexpr Phrase kDocuments{{"Documents", "Dokumenter", "Dokument"}};
constexpr Phrase kNotes{{"Notes", "Merknader", "Merknader"}};
constexpr Phrase kAgenda{{"Agenda", "Saker", "Saker"}};
constexpr Phrase kMinutes{{"Minutes", "Referat", "Referat"}};
constexpr Phrase kPlace{{"Place", "Sted", "Stad"}};
constexpr Phrase kResponsible{{"Responsible", "Ansvarlig", "Ansvarleg"}};
constexpr Phrase kBy{{"By", "Av", "Av"}};
constexpr Phrase kGoalAttainment{{"Goals", "Måloppnåelse", "Måloppnåing"}};
constexpr Phrase kWorkingMethod{{"Working together", "Samarbeidet", "Samarbeidet"}};
constexpr Phrase kExperience{
    {"My own experience", "Slik har jeg opplevd det", "Slik har eg opplevd det"}};
constexpr Phrase kChanges{{"Changes", "Endringer", "Endringar"}};

// A step or sub-plan that its journal no longer has (docs/import.md).
bool isInError(const Element& part) { return part.textOf("status") == "entered-in-error"; }

class CourseTeller {
 public:
  CourseTeller(const PlanSet& set, const Element& plan, fhir::Language language,
               std::string_view today)
      : set_(set), plan_(plan), language_(language), today_(today) {}

  std::vector<NarrativeSection> run() {
    meetings();
    evaluations();
    subPlans();
    steps();
    documents();
    notes();
    return std::move(sections_);
  }

 private:
  // An item with what it is sorted by.
  struct Told {
    std::string_view date;
    std::string html;
    Element element;
  };

  std::string_view say(const Phrase& phrase) const { return phrase.in(language_); }

  void section(std::string_view key, const Phrase& title, std::vector<Told> told) {
    if (told.empty()) return;
    std::stable_sort(told.begin(), told.end(),
                     [](const Told& a, const Told& b) { return a.date < b.date; });
    std::vector<std::string> items;
    std::vector<Element> entries;
    for (Told& one : told) {
      items.push_back(std::move(one.html));
      if (one.element) entries.push_back(one.element);
    }
    sections_.push_back({key, std::string(say(title)), list(items), std::move(entries)});
  }

  // Whatever the plan names under `child`, of that type.
  template <typename Tell>
  void forEachNamed(std::string_view child, std::string_view type, Tell&& tell) {
    plan_.forEachChild(child, [&](const Element& one) {
      const Element target = set_.resolve(child == "activity" ? one.child("reference") : one);
      if (target && target.typeName() == type) tell(target);
    });
  }

  void meetings() {
    std::vector<Told> told;
    forEachNamed("activity", "Appointment", [&](const Element& meeting) {
      const std::string_view start = meeting.textOf("start");
      const std::string_view minutes = extensionText(meeting, "ip-meeting-minutes");
      if (minutes.empty() && (meeting.textOf("status") != "fulfilled" || start.empty() ||
                              start.substr(0, 10) >= today_))
        return;
      std::string html = "<b>" + dateTimeText(start, language_) + "</b>";
      if (const std::string_view title = meeting.textOf("description"); !title.empty())
        html += " " + escaped(title);
      meeting.forEachChild("participant", [&](const Element& participant) {
        const Element actor = participant.child("actor");
        if (actor.textOf("type") == "Location")
          html += paragraph(say(kPlace), actor.textOf("display"));
      });
      html += paragraph(say(kAgenda), agendaOf(meeting));
      html += paragraph(say(kMinutes), minutes);
      told.push_back({start, std::move(html), meeting});
    });
    section("meetings", kMeetings, std::move(told));
  }

  static std::string agendaOf(const Element& meeting) {
    const std::string url = std::string(kExtensionBase) + "ip-meeting-agenda";
    std::string agenda;
    meeting.forEachChild("extension", [&](const Element& one) {
      if (one.textOf("url") != url) return;
      if (!agenda.empty()) agenda += "; ";
      agenda += one.child("value").text();
    });
    return agenda;
  }

  void evaluations() {
    const std::string system = std::string(kCodeSystemBase) + "plan-observation";
    std::vector<Told> told;
    forEachNamed("supportingInfo", "Observation", [&](const Element& evaluation) {
      if (!hasCoding(evaluation.child("code"), system, "evaluation")) return;
      const std::string_view date = evaluation.textOf("effective");
      std::string html = "<b>" + dateText(date, language_) + "</b>";
      std::string by;
      evaluation.forEachChild("performer", [&](const Element& performer) {
        if (!by.empty()) by += ", ";
        by += nameBehind(set_, performer);
      });
      html += paragraph(say(kBy), by);
      constexpr std::pair<std::string_view, const Phrase*> kParts[] = {
          {"goal-attainment", &kGoalAttainment},
          {"working-method", &kWorkingMethod},
          {"experience", &kExperience},
          {"changes", &kChanges}};
      for (const auto& [code, label] : kParts) {
        evaluation.forEachChild("component", [&](const Element& component) {
          if (hasCoding(component.child("code"), system, code))
            html += paragraph(say(*label), component.textOf("value"));
        });
      }
      told.push_back({date, std::move(html), evaluation});
    });
    section("evaluations", kEvaluations, std::move(told));
  }

  void subPlans() {
    const std::string url = std::string(kExtensionBase) + "ip-plan-section";
    std::vector<Told> told;
    for (const Element& plan : set_.ofType("CarePlan")) {
      bool ours = false;
      plan.forEachChild("partOf",
                        [&](const Element& whole) { ours = ours || set_.resolve(whole) == plan_; });
      if (!ours || isInError(plan)) continue;
      std::string html = "<b>" + escaped(plan.textOf("title")) + "</b>";
      html += paragraph(say(kResponsible), nameBehind(set_, plan.child("author")));
      html += paragraph("", plan.textOf("description"));
      plan.forEachChild("extension", [&](const Element& one) {
        if (one.textOf("url") != url) return;
        html += paragraph(one.extensionValue("title").text(), one.extensionValue("text").text());
      });
      told.push_back({"", std::move(html), plan});
    }
    section("sub-plans", kSubPlans, std::move(told));
  }

  void steps() {
    std::vector<Told> told;
    for (const Element& step : set_.ofType("Communication")) {
      bool ours = false;
      step.forEachChild("about",
                        [&](const Element& about) { ours = ours || set_.resolve(about) == plan_; });
      if (!ours || isInError(step)) continue;
      const std::string_view date = step.textOf("sent");
      std::string html = "<b>" + dateText(date, language_) + "</b> " +
                         escaped(textOfConcept(step.child("topic"), language_));
      step.forEachChild("payload", [&](const Element& payload) {
        html += paragraph("", payload.textOf("content"));
      });
      told.push_back({date, std::move(html), step});
    }
    section("steps", kSteps, std::move(told));
  }

  void documents() {
    std::vector<Told> told;
    forEachNamed("supportingInfo", "DocumentReference", [&](const Element& document) {
      const Element attachment = document.child("content").child("attachment");
      std::string_view title = attachment.textOf("title");
      if (title.empty()) title = textOfConcept(document.child("type"), language_);
      const std::string_view date = attachment.textOf("creation");
      std::string html = "<b>" + escaped(title) + "</b>";
      if (!date.empty()) html += " " + dateText(date, language_);
      told.push_back({date, std::move(html), document});
    });
    section("documents", kDocuments, std::move(told));
  }

  void notes() {
    std::vector<Told> told;
    plan_.forEachChild("note", [&](const Element& note) {
      std::string html;
      const std::string_view time = note.textOf("time");
      const Element author = note.child("author");
      std::string head = dateText(time, language_);
      const std::string name =
          author.hasValue() ? std::string(author.text()) : nameBehind(set_, author);
      if (!name.empty()) head += (head.empty() ? "" : " ") + name;
      if (!head.empty()) html += "<b>" + escaped(head) + "</b>";
      html += paragraph("", note.textOf("text"));
      told.push_back({time, std::move(html), {}});
    });
    section("notes", kNotes, std::move(told));
  }

  const PlanSet& set_;
  const Element plan_;
  const fhir::Language language_;
  const std::string_view today_;
  std::vector<NarrativeSection> sections_;
};

}  // namespace

std::vector<NarrativeSection> courseSections(const PlanSet& set, const Element& plan,
                                             fhir::Language language, std::string_view today) {
  return CourseTeller(set, plan, language, today).run();
}

}  // namespace planbro::plan
