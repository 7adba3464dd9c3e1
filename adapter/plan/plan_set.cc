#include "plan/plan_set.h"

#include <algorithm>

namespace planbro::plan {
namespace {

using fhir::Element;

void addResource(std::vector<PlanResource>& all, std::string address, const Element& element,
                 const json::DocumentPtr& document) {
  element.forEachChild("contained", [&](const Element& contained) {
    all.push_back({address + "#" + std::string(contained.textOf("id")), contained, document});
  });
  all.push_back({std::move(address), element, document});
}

std::string_view extensionText(const Element& element, std::string_view name) {
  return element.extensionValue(std::string(kExtensionBase) + std::string(name)).text();
}

bool sameIdentifier(const Element& a, const Element& b) {
  return !a.textOf("value").empty() && a.textOf("value") == b.textOf("value") &&
         a.textOf("system") == b.textOf("system");
}

// "CarePlan/1" of "https://x.no/fhir/CarePlan/1/_history/2" and of "CarePlan/1".
std::string_view typeAndId(std::string_view reference) {
  reference = reference.substr(0, reference.find("/_history/"));
  const std::size_t id = reference.rfind('/');
  if (id == std::string_view::npos || id == 0) return reference;
  const std::size_t type = reference.rfind('/', id - 1);
  return type == std::string_view::npos ? reference : reference.substr(type + 1);
}

// Whether the membership holds that day, whatever the status of the team.
bool isMember(const Participant& participant, std::string_view today) {
  return participant.status == "active" && contains(participant.team.child("period"), today) &&
         contains(participant.element.child("period"), today);
}

}  // namespace

PlanSet PlanSet::ofBundle(const fhir::Resource& bundle) {
  std::vector<PlanResource> all;
  bundle.root().forEachChild("entry", [&](const Element& entry) {
    const Element resource = entry.child("resource");
    if (!resource) return;
    std::string address(entry.textOf("fullUrl"));
    if (!address.starts_with("urn:")) {
      const std::string_view id = resource.textOf("id");
      address = id.empty() ? std::string(typeAndId(address))
                           : std::string(resource.typeName()) + "/" + std::string(id);
    }
    addResource(all, std::move(address), resource, bundle.document());
  });
  return PlanSet(std::move(all));
}

Result<PlanSet> PlanSet::ofVersions(std::span<const store::Version> versions) {
  std::vector<PlanResource> all;
  for (const store::Version& version : versions) {
    if (version.deleted) continue;
    auto read = fhir::readJson(version.body);
    if (!read.resource)
      return fail(ErrorCode::kCorrupt, "a stored " + version.type + " does not read");
    addResource(all, version.type + "/" + version.id, read.resource.root(),
                read.resource.document());
  }
  return PlanSet(std::move(all));
}

PlanSet PlanSet::ofStored(std::span<const StoredResource* const> resources) {
  std::vector<PlanResource> all;
  for (const StoredResource* one : resources) {
    addResource(all, one->version.type + "/" + one->version.id, one->resource.root(),
                one->resource.document());
  }
  return PlanSet(std::move(all));
}

std::vector<Element> PlanSet::ofType(std::string_view type) const {
  std::vector<Element> found;
  for (const PlanResource& one : resources_) {
    if (one.element.typeName() == type) found.push_back(one.element);
  }
  return found;
}

Element PlanSet::resolve(const Element& reference) const {
  const std::string_view text = reference.textOf("reference");
  if (text.starts_with('#')) {
    for (const PlanResource& one : resources_) {
      if (one.address.ends_with(text)) return one.element;
    }
    return {};
  }
  if (!text.empty()) {
    const std::string_view wanted = text.starts_with("urn:") ? text : typeAndId(text);
    for (const PlanResource& one : resources_) {
      if (one.address == wanted) return one.element;
    }
  }
  const Element identifier = reference.child("identifier");
  if (!identifier) return {};
  const std::string_view type = reference.textOf("type");
  for (const PlanResource& one : resources_) {
    if (!type.empty() && one.element.typeName() != type) continue;
    bool same = false;
    one.element.forEachChild("identifier", [&](const Element& other) {
      same = same || sameIdentifier(identifier, other);
    });
    if (same) return one.element;
  }
  return {};
}

bool PlanSet::sameTarget(const Element& a, const Element& b) const {
  const Element left = resolve(a);
  const Element right = resolve(b);
  if (left && right) return left == right;
  if (!a.textOf("reference").empty() &&
      typeAndId(a.textOf("reference")) == typeAndId(b.textOf("reference")))
    return true;
  return sameIdentifier(a.child("identifier"), b.child("identifier"));
}

std::string_view PlanSet::addressOf(const Element& resource) const {
  for (const PlanResource& one : resources_) {
    if (one.element == resource) return one.address;
  }
  return {};
}

std::vector<Element> PlanSet::plans() const {
  std::vector<Element> found;
  for (const Element& plan : ofType("CarePlan")) {
    if (isIndividualPlan(plan) && !plan.child("partOf")) found.push_back(plan);
  }
  return found;
}

std::vector<Participant> PlanSet::participantsOf(const Element& plan) const {
  std::vector<Participant> found;
  plan.forEachChild("careTeam", [&](const Element& reference) {
    const Element team = resolve(reference);
    if (!team) return;
    team.forEachChild("participant", [&](const Element& participant) {
      std::string status(extensionText(participant, "ip-participant-status"));
      if (status.empty()) status = "active";
      found.push_back({team, participant, resolve(participant.child("member")), std::move(status)});
    });
  });
  return found;
}

std::vector<Element> PlanSet::consentsOf(const Element& plan, std::string_view kind) const {
  const std::string system = std::string(kCodeSystemBase) + "consent-kind";
  std::vector<Element> named;
  plan.forEachChild("supportingInfo", [&](const Element& reference) {
    const Element target = resolve(reference);
    if (target && target.typeName() == "Consent") named.push_back(target);
  });
  std::vector<Element> found;
  for (const Element& consent : ofType("Consent")) {
    if (!anyHasCoding(consent, "category", system, kind) ||
        !sameTarget(consent.child("patient"), plan.child("subject")))
      continue;
    // A consent that names plans is for those; one that names none is for the person's one plan.
    bool names_plan = false;
    bool names_this = std::find(named.begin(), named.end(), consent) != named.end();
    consent.child("provision").forEachChild("data", [&](const Element& data) {
      const Element reference = data.child("reference");
      const Element target = resolve(reference);
      if (target ? target.typeName() != "CarePlan" : reference.textOf("type") != "CarePlan") return;
      names_plan = true;
      names_this = names_this || target == plan;
    });
    if (names_this || !names_plan) found.push_back(consent);
  }
  return found;
}

bool hasCoding(const Element& concept_, std::string_view system, std::string_view code) {
  bool found = false;
  concept_.forEachChild("coding", [&](const Element& coding) {
    found = found || (coding.textOf("system") == system && coding.textOf("code") == code);
  });
  return found;
}

bool anyHasCoding(const Element& parent, std::string_view name, std::string_view system,
                  std::string_view code) {
  bool found = false;
  parent.forEachChild(name,
                      [&](const Element& one) { found = found || hasCoding(one, system, code); });
  return found;
}

bool isIndividualPlan(const Element& care_plan) {
  return care_plan.typeName() == "CarePlan" &&
         anyHasCoding(care_plan, "category", kDocumentTypes, kIndividualPlan);
}

std::string_view nextReview(const Element& care_plan) {
  return extensionText(care_plan, "ip-next-review");
}

bool contains(const Element& period, std::string_view today) {
  if (!period) return true;
  constexpr std::size_t kDate = 10;
  const std::string_view start = period.textOf("start").substr(0, kDate);
  const std::string_view end = period.textOf("end").substr(0, kDate);
  // A partial date such as 2026-02 begins before and ends with all of its days.
  return start <= today && (end.empty() || today.substr(0, end.size()) <= end);
}

bool isCoordinator(const Participant& participant) {
  return anyHasCoding(participant.element, "role", kFunctions, kCoordinator);
}

bool takesPart(const Participant& participant, std::string_view today) {
  return participant.team.textOf("status") == "suspended" ? isMember(participant, today)
                                                          : isActive(participant, today);
}

bool coordinates(const Participant& participant, std::string_view today) {
  return isCoordinator(participant) && takesPart(participant, today);
}

bool isActive(const Participant& participant, std::string_view today) {
  const std::string_view team = participant.team.textOf("status");
  return (team == "active" || team.empty()) && isMember(participant, today);
}

}  // namespace planbro::plan
