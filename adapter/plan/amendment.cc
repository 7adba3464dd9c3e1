#include "plan/amendment.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/ids.h"
#include "json/builder.h"
#include "plan/lifecycle.h"
#include "plan/membership.h"
#include "plan/narrative_text.h"

namespace planbro::plan {
namespace {

using fhir::Element;
using json::DocumentPtr;
using json::Node;

const std::string& statusUrl() {
  static const std::string url = std::string(kExtensionBase) + "ip-participant-status";
  return url;
}

fhir::Resource bound(json::Builder&& out, const fhir::Definitions& definitions) {
  return {
      std::move(out).finish([&](json::DocumentMaker& maker) { fhir::bind(maker, definitions); }),
      definitions};
}

bool isStatus(const Node& extension) {
  const Node* url = extension.member("url");
  return url != nullptr && url->text() == statusUrl();
}

// A participant with its status set to proposed.
void writeProposed(json::Builder& out, const Node& participant, const DocumentPtr& from) {
  out.beginObject();
  out.key("extension").beginArray();
  out.beginObject();
  out.key("url").string(statusUrl());
  out.key("valueCode").string("proposed");
  out.endObject();
  if (const Node* extensions = participant.member("extension"); extensions != nullptr) {
    for (const Node& one : extensions->children()) {
      if (!isStatus(one)) out.copy(one, from);
    }
  }
  out.endArray();
  for (const Node& member : participant.children()) {
    if (member.name->text != "extension") out.key(member.name->text).copy(member, from);
  }
  out.endObject();
}

void writeTeam(json::Builder& out, const Node& team, const DocumentPtr& from,
               const std::set<std::size_t>& proposed) {
  out.beginObject();
  for (const Node& member : team.children()) {
    out.key(member.name->text);
    if (member.name->text != "participant") {
      out.copy(member, from);
      continue;
    }
    out.beginArray();
    for (std::size_t i = 0; i < member.size; ++i) {
      if (proposed.contains(i)) {
        writeProposed(out, member.children()[i], from);
      } else {
        out.copy(member.children()[i], from);
      }
    }
    out.endArray();
  }
  out.endObject();
}

void writeStatus(json::Builder& out, const Node& resource, const DocumentPtr& from,
                 std::string_view status) {
  out.beginObject();
  for (const Node& member : resource.children()) {
    out.key(member.name->text);
    if (member.name->text == "status") {
      out.string(status);
    } else {
      out.copy(member, from);
    }
  }
  if (resource.member("status") == nullptr) out.key("status").string(status);
  out.endObject();
}

// What has to change in one resource.
struct Changes {
  std::set<std::size_t> proposed;  // participants of a CareTeam
  std::string_view status;         // what it becomes; "" where it stays
};

// Collected over the plans of a set.
class Amendments {
 public:
  Amendments(const PlanSet& set, std::string_view today) : set_(set), today_(today) {}

  void look(const Element& plan) {
    const auto state = stateOf(plan.textOf("status"));
    if (state == State::kActive && !set_.consentsOf(plan, "plan").empty() &&
        !hasPlanConsent(set_, plan, today_)) {
      of(plan).status = "on-hold";
      // Nothing is shared any more; who takes part when it goes on is asked then.
      report("PB-3022", "CarePlan.status", plan, {});
      return closeSharing(plan);
    }
    if (state == State::kOnHold && hasPlanConsentEnded(set_, plan, today_))
      return closeSharing(plan);
    if (state != State::kActive && state != State::kDraft) return;
    for (const Membership& one : memberships(set_, plan, today_)) {
      if (!isToBeProposed(one)) continue;
      of(one.participant.team).proposed.insert(one.index);
      report("PB-3021", "CareTeam.participant[" + std::to_string(one.index) + "]",
             one.participant.team, {whoIs(set_, one.participant.element.child("member"))});
    }
  }

  const Changes* find(const Element& resource) const {
    for (const auto& [element, changes] : changes_) {
      if (element == resource) return &changes;
    }
    return nullptr;
  }
  bool any() const { return !changes_.empty(); }
  std::vector<fhir::Issue> issues;

  static void write(json::Builder& out, const Changes& changes, const Node& resource,
                    const DocumentPtr& from) {
    if (!changes.status.empty()) {
      writeStatus(out, resource, from, changes.status);
    } else {
      writeTeam(out, resource, from, changes.proposed);
    }
  }

 private:
  void closeSharing(const Element& plan) {
    plan.forEachChild("careTeam", [&](const Element& reference) {
      const Element team = set_.resolve(reference);
      if (team && team.typeName() == "CareTeam") close(team, "suspended");
    });
    for (const Element& consent : set_.consentsOf(plan, "sharing")) {
      if (!namesOtherPlan(consent, plan)) close(consent, "inactive");
    }
  }

  void close(const Element& resource, std::string_view status) {
    const std::string_view now = resource.textOf("status");
    if (now != "active" && !(now.empty() && resource.typeName() == "CareTeam")) return;
    of(resource).status = status;
    report("PB-3027", std::string(resource.typeName()) + ".status", resource,
           {std::string(resource.typeName())});
  }

  // What a consent says of another plan does not end with this one.
  bool namesOtherPlan(const Element& consent, const Element& plan) const {
    bool found = false;
    consent.child("provision").forEachChild("data", [&](const Element& data) {
      const Element reference = data.child("reference");
      const Element target = set_.resolve(reference);
      const std::string_view type = target ? target.typeName() : reference.textOf("type");
      found = found || (!(target == plan) && (type == "CarePlan" || type.empty()));
    });
    return found;
  }

  static bool isToBeProposed(const Membership& one) {
    if (isCoordinator(one.participant)) return false;
    // With an open task it counts as proposed already, whatever the team says.
    const bool asked = one.standing == Standing::kProposed && one.provisions.empty() &&
                       one.participant.status == "active" &&
                       one.participant.team.textOf("status") == "active";
    return asked || one.standing == Standing::kWithoutConsent;
  }

  Changes& of(const Element& resource) {
    for (auto& [element, changes] : changes_) {
      if (element == resource) return changes;
    }
    return changes_.emplace_back(resource, Changes{}).second;
  }

  void report(std::string_view code, std::string expression, const Element& resource,
              std::vector<std::string> arguments) {
    fhir::Place place;
    place.expression = std::move(expression);
    place.source = set_.addressOf(resource);
    issues.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  const PlanSet& set_;
  const std::string today_;
  std::vector<std::pair<Element, Changes>> changes_;
};

void writeReference(json::Builder& out, std::string_view name, const Element& reference,
                    const DocumentPtr& from) {
  if (reference.value() != nullptr) out.key(name).copy(*reference.value(), from);
}

// "IP-1/obtain-consent/nav-veileder": what is asked for once in a plan.
std::string taskKey(const Element& plan, const Element& member) {
  const std::string_view own = plan.child("identifier").textOf("value");
  std::string_view key = member.child("identifier").textOf("value");
  if (key.size() > own.size() && key.starts_with(own) && key[own.size()] == '/')
    key.remove_prefix(own.size() + 1);
  if (key.empty()) key = member.textOf("reference");
  return std::string(own) + "/obtain-consent/" + std::string(key);
}

bool hasTask(const PlanSet& set, const std::string& system, const std::string& key) {
  for (const Element& task : set.ofType("Task")) {
    bool same = false;
    task.forEachChild("identifier", [&](const Element& identifier) {
      same = same || (identifier.textOf("system") == system && identifier.textOf("value") == key);
    });
    if (same) return true;
  }
  return false;
}

class TaskWriter {
 public:
  TaskWriter(const PlanSet& set, const Element& plan, std::string_view today)
      : set_(set), plan_(plan) {
    for (const PlanResource& one : set.resources()) {
      if (one.element == plan) plan_document_ = one.document;
    }
    for (const Participant& one : set.participantsOf(plan)) {
      if (coordinates(one, today)) coordinator_ = one;
    }
  }

  fhir::Resource write(const Membership& one, const std::string& system, const std::string& key) {
    const Element member = one.participant.element.child("member");
    json::Builder out(&plan_.definitions().names());
    out.beginObject();
    out.key("resourceType").string("Task");
    out.key("id").string(nameUuid("Task|" + system + "|" + key));
    out.key("meta").beginObject();
    out.key("profile").beginArray();
    out.string(std::string(kExtensionBase) + "ip-consent-task");
    out.endArray();
    out.endObject();
    out.key("identifier").beginArray();
    out.beginObject();
    if (!system.empty()) out.key("system").string(system);
    out.key("value").string(key);
    out.endObject();
    out.endArray();
    out.key("basedOn").beginArray();
    planReference(out);
    out.endArray();
    out.key("status").string("requested");
    out.key("intent").string("order");
    code(out);
    out.key("description").string(whoIs(set_, member) + std::string(description()));
    writeReference(out, "focus", member, documentOf(one.participant.team));
    writeReference(out, "for", plan_.child("subject"), plan_document_);
    if (coordinator_.element)
      writeReference(out, "owner", coordinator_.element.child("member"),
                     documentOf(coordinator_.team));
    out.endObject();
    return bound(std::move(out), plan_.definitions());
  }

 private:
  DocumentPtr documentOf(const Element& resource) const {
    for (const PlanResource& one : set_.resources()) {
      if (one.element == resource) return one.document;
    }
    return plan_document_;
  }

  // Behind the participant's name, in the language of the plan.
  std::string_view description() const {
    const std::string_view language = plan_.textOf("language");
    switch (language.empty() ? fhir::Language::kBokmal : fhir::languageOf(language)) {
      case fhir::Language::kBokmal:
        return " er foreslått som deltaker og har ingen tilgang før planeieren har samtykket.";
      case fhir::Language::kNynorsk:
        return " er føreslegen som deltakar og har ingen tilgang før planeigaren har samtykt.";
      case fhir::Language::kEnglish:
        break;
    }
    return " is proposed as a participant and has no access until the plan owner has consented.";
  }

  void planReference(json::Builder& out) {
    out.beginObject();
    out.key("reference").string(set_.addressOf(plan_));
    out.key("type").string("CarePlan");
    out.endObject();
  }

  static void code(json::Builder& out) {
    out.key("code").beginObject();
    out.key("coding").beginArray();
    out.beginObject();
    out.key("system").string(std::string(kCodeSystemBase) + "plan-task");
    out.key("code").string("obtain-consent");
    out.key("display").string("Innhente samtykke for ny deltaker");
    out.endObject();
    out.endArray();
    out.endObject();
  }

  const PlanSet& set_;
  const Element plan_;
  DocumentPtr plan_document_;
  Participant coordinator_;
};

}  // namespace

Amended amendBundle(const fhir::Resource& bundle, std::string_view today) {
  const PlanSet set = PlanSet::ofBundle(bundle);
  Amendments amendments(set, today);
  for (const Element& plan : set.plans()) amendments.look(plan);
  if (!amendments.any()) return {};
  const DocumentPtr& from = bundle.document();
  json::Builder out(&bundle.definitions().names());
  out.beginObject();
  for (const Node& member : from->root().children()) {
    out.key(member.name->text);
    if (member.name->text != "entry") {
      out.copy(member, from);
      continue;
    }
    out.beginArray();
    for (const Node& entry : member.children()) {
      const Node* resource = entry.member("resource");
      const Changes* changes =
          resource == nullptr ? nullptr
                              : amendments.find(Element(resource, nullptr, &bundle.definitions()));
      if (changes == nullptr) {
        out.copy(entry, from);
        continue;
      }
      out.beginObject();
      for (const Node& part : entry.children()) {
        out.key(part.name->text);
        if (&part == resource) {
          Amendments::write(out, *changes, part, from);
        } else {
          out.copy(part, from);
        }
      }
      out.endObject();
    }
    out.endArray();
  }
  out.endObject();
  return {bound(std::move(out), bundle.definitions()), std::move(amendments.issues)};
}

Amended amendResource(const PlanSet& set, const Element& plan, const Element& resource,
                      std::string_view today) {
  Amendments amendments(set, today);
  amendments.look(plan);
  const Changes* changes = amendments.find(resource);
  if (changes == nullptr) return {};
  const std::string_view address = set.addressOf(resource);
  std::erase_if(amendments.issues,
                [&](const fhir::Issue& issue) { return issue.place.source != address; });
  for (const PlanResource& one : set.resources()) {
    if (!(one.element == resource)) continue;
    json::Builder out(&resource.definitions().names());
    Amendments::write(out, *changes, *resource.value(), one.document);
    return {bound(std::move(out), resource.definitions()), std::move(amendments.issues)};
  }
  return {};
}

std::vector<fhir::Resource> consentTasks(const PlanSet& set, const Element& plan,
                                         std::string_view today) {
  const auto state = stateOf(plan.textOf("status"));
  if (state != State::kActive && state != State::kDraft && state != State::kOnHold) return {};
  std::vector<fhir::Resource> tasks;
  TaskWriter writer(set, plan, today);
  const std::string system(plan.child("identifier").textOf("system"));
  for (const Membership& one : memberships(set, plan, today)) {
    if (one.standing != Standing::kProposed || one.participant.status != "proposed" ||
        !one.provisions.empty())
      continue;
    const std::string key = taskKey(plan, one.participant.element.child("member"));
    if (!hasTask(set, system, key)) tasks.push_back(writer.write(one, system, key));
  }
  return tasks;
}

}  // namespace planbro::plan
