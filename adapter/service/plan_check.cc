#include "service/plan_check.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "plan/amendment.h"
#include "plan/lifecycle.h"
#include "plan/plan_reader.h"
#include "plan/plan_set.h"
#include "plan/rules.h"

namespace planbro::service {
namespace {

using plan::PlanReader;
using plan::ResourceReader;
using plan::StoredResource;
using plan::WholePlan;

constexpr std::uint32_t kMostPlans = 1000;
constexpr std::uint32_t kPlansAtOnce = 16;

std::string_view localId(std::string_view reference, std::string_view type) {
  const auto at = reference.rfind(type);
  if (at == std::string_view::npos) return {};
  reference.remove_prefix(at + type.size());
  return reference.starts_with('/') ? reference.substr(1) : std::string_view();
}

// The CarePlans a Consent speaks of: Consent.provision.data.reference.
void plansOfConsent(const fhir::Element& consent, std::set<std::string>& ids) {
  consent.child("provision").forEachChild("data", [&](const fhir::Element& data) {
    const std::string_view id = localId(data.child("reference").textOf("reference"), "CarePlan");
    if (!id.empty()) ids.emplace(id);
  });
}

// The person's plans, which a consent that names no plan speaks of.
Status plansOfPerson(ResourceReader& view, const fhir::Element& consent,
                     std::set<std::string>& ids) {
  const std::string_view person = localId(consent.child("patient").textOf("reference"), "Patient");
  if (person.empty() || !ids.empty()) return {};
  PLANBRO_ASSIGN_OR_RETURN(const auto plans,
                           view.referring("CarePlan", "subject", "Patient", person, kMostPlans));
  for (const StoredResource* plan : plans) ids.insert(plan->version.id);
  return {};
}

// The ids of all CarePlans that what was written belongs to.
Result<std::set<std::string>> touchedPlans(ResourceReader& view,
                                           std::span<const fhir::Resource> written) {
  std::set<std::string> ids;
  for (const fhir::Resource& resource : written) {
    if (resource.type() == "CarePlan") ids.emplace(resource.id());
    if (resource.type() == "Consent") {
      std::set<std::string> named;
      plansOfConsent(resource.root(), named);
      PLANBRO_RETURN_IF_ERROR(plansOfPerson(view, resource.root(), named));
      ids.merge(named);
    }
    const std::string_view names = resource.type() == "Task"            ? "basedOn"
                                   : resource.type() == "Communication" ? "about"
                                                                        : "";
    if (!names.empty()) {
      resource.root().forEachChild(names, [&](const fhir::Element& reference) {
        const std::string_view plan = localId(reference.textOf("reference"), "CarePlan");
        if (!plan.empty()) ids.emplace(plan);
      });
    }
    const std::string_view parameter = resource.type() == "CareTeam" ? "care-team"
                                       : resource.type() == "Goal"   ? "goal"
                                                                     : "";
    if (parameter.empty()) continue;
    PLANBRO_ASSIGN_OR_RETURN(
        const auto plans,
        view.referring("CarePlan", parameter, resource.type(), resource.id(), kMostPlans));
    for (const StoredResource* plan : plans) ids.insert(plan->version.id);
  }
  return ids;
}

// Asked of the index: the bodies of a person's other plans may be many and long. What the rows
// cannot tell for sure (a partOf without a reference) is left to the bodies of the few it finds.
store::Query activePlansOf(std::string_view person, std::string_view own_id) {
  using store::IndexRow;
  using store::Predicate;
  const auto row = [](Predicate::Op op, IndexRow::Kind kind, std::string_view parameter) {
    Predicate made;
    made.op = op;
    made.row.kind = kind;
    made.row.parameter = parameter;
    return made;
  };
  store::Query query;
  query.type = "CarePlan";
  query.count = kPlansAtOnce;
  Predicate subject = row(Predicate::Op::kEquals, IndexRow::Kind::kReference, "subject");
  subject.row.system = "Patient";
  subject.row.value = person;
  Predicate active = row(Predicate::Op::kEquals, IndexRow::Kind::kToken, "status");
  active.row.value = "active";
  Predicate individual = row(Predicate::Op::kEquals, IndexRow::Kind::kToken, "category");
  individual.row.system = plan::kDocumentTypes;
  individual.row.value = plan::kIndividualPlan;
  Predicate own;
  own.op = Predicate::Op::kId;
  own.ids.emplace_back(own_id);
  Predicate other;
  other.op = Predicate::Op::kNot;
  other.children.push_back(std::move(own));
  query.where.children = {std::move(subject), std::move(active), std::move(individual),
                          row(Predicate::Op::kMissing, IndexRow::Kind::kReference, "part-of"),
                          std::move(other)};
  return query;
}

// Beside an active plan, another active individuell plan of the same person: "CarePlan/2"; "" if
// there is none.
Result<std::string> otherActivePlan(ResourceReader& view, const fhir::Element& plan,
                                    std::string_view own_id) {
  const std::string_view person = localId(plan.child("subject").textOf("reference"), "Patient");
  if (person.empty() || plan.textOf("status") != "active") return std::string();
  const auto is_other = [&](const StoredResource& one) {
    const fhir::Element root = one.resource.root();
    return one.version.id != own_id && plan::isIndividualPlan(root) &&
           root.textOf("status") == "active" && !root.child("partOf");
  };
  const StoredResource* other = nullptr;
  if (view.isFresh("Patient", person)) {
    PLANBRO_ASSIGN_OR_RETURN(const auto plans,
                             view.referring("CarePlan", "subject", "Patient", person, kMostPlans));
    const auto found = std::find_if(plans.begin(), plans.end(),
                                    [&](const StoredResource* one) { return is_other(*one); });
    if (found != plans.end()) other = *found;
  } else {
    PLANBRO_ASSIGN_OR_RETURN(other, view.first(activePlansOf(person, own_id), is_other));
  }
  return other == nullptr ? std::string() : "CarePlan/" + other->version.id;
}

// The versions that written CarePlans replace, by id.
std::map<std::string, fhir::Resource> previousPlans(ResourceReader& view,
                                                    std::span<const fhir::Resource> written) {
  std::map<std::string, fhir::Resource> found;
  for (const fhir::Resource& resource : written) {
    if (resource.type() != "CarePlan" || found.contains(std::string(resource.id())) ||
        view.isFresh("CarePlan", resource.id()))
      continue;
    if (fhir::Resource before = view.before("CarePlan", resource.id()))
      found.emplace(resource.id(), std::move(before));
  }
  return found;
}

// Whether that plan is what was written: where plans were, one of these; else any that was touched.
bool isOwn(std::string_view plan, std::span<const fhir::Resource> written) {
  bool any = false;
  for (const fhir::Resource& resource : written) {
    if (resource.type() != "CarePlan") continue;
    if (resource.id() == plan) return true;
    any = true;
  }
  return !any;
}

bool isNoError(const fhir::Issue& issue) { return issue.severity > fhir::Severity::kError; }

void keep(std::vector<fhir::Issue> found, std::vector<fhir::Issue>& issues) {
  std::move(found.begin(), found.end(), std::back_inserter(issues));
}

}  // namespace

bool PlanCheck::concerns(std::string_view type) const {
  constexpr std::string_view kParts[] = {"CarePlan", "CareTeam", "Communication",
                                         "Consent",  "Goal",     "Task"};
  return std::find(std::begin(kParts), std::end(kParts), type) != std::end(kParts);
}

Status PlanCheck::amend(LateSnapshot& snapshot, fhir::Resource& body,
                        std::vector<fhir::Issue>& issues) const {
  const std::string today = norwegianDay(clock_.now());
  if (body.type() == "Bundle") {
    plan::Amended amended = plan::amendBundle(body, today);
    if (amended.resource) body = std::move(amended.resource);
    keep(std::move(amended.issues), issues);
    return {};
  }
  if ((body.type() != "CareTeam" && body.type() != "CarePlan") || body.id().empty()) return {};
  PLANBRO_ASSIGN_OR_RETURN(store::Reader * view, snapshot.view());
  PlanReader plans(*view);
  PLANBRO_ASSIGN_OR_RETURN(const auto ids, touchedPlans(plans.resources(), std::span(&body, 1)));
  for (const std::string& id : ids) {
    PLANBRO_ASSIGN_OR_RETURN(const WholePlan whole, plans.planWith(id, body));
    if (!whole.plan) continue;
    plan::Amended amended = plan::amendResource(*whole.set, whole.plan, body.root(), today);
    if (amended.resource) body = std::move(amended.resource);
    keep(std::move(amended.issues), issues);
  }
  return {};
}

Status PlanCheck::follow(PlanReader& view, std::span<const fhir::Resource> written,
                         std::vector<fhir::Resource>& more,
                         std::vector<fhir::Issue>& issues) const {
  const std::string today = norwegianDay(clock_.now());
  PLANBRO_ASSIGN_OR_RETURN(const auto ids, touchedPlans(view.resources(), written));
  for (const std::string& id : ids) {
    PLANBRO_ASSIGN_OR_RETURN(const WholePlan* whole, view.plan(id));
    if (!whole->plan) continue;
    std::vector<fhir::Element> may_change = whole->set->ofType("CareTeam");
    const auto consents = whole->set->ofType("Consent");
    may_change.insert(may_change.end(), consents.begin(), consents.end());
    may_change.push_back(whole->plan);
    fhir::Resource team;
    for (const fhir::Element& one : may_change) {
      plan::Amended amended = plan::amendResource(*whole->set, whole->plan, one, today);
      if (!amended.resource) continue;
      keep(std::move(amended.issues), issues);
      if (amended.resource.type() == "CareTeam") team = amended.resource;
      more.push_back(std::move(amended.resource));
    }
    // Tasks for those who have just become proposed as well.
    WholePlan changed;
    if (team) {
      PLANBRO_ASSIGN_OR_RETURN(changed, view.planWith(id, team));
      whole = &changed;
    }
    auto tasks = plan::consentTasks(*whole->set, whole->plan, today);
    std::move(tasks.begin(), tasks.end(), std::back_inserter(more));
  }
  return {};
}

Status PlanCheck::checkCommit(PlanReader& view, std::span<const fhir::Resource> written,
                              std::vector<fhir::Issue>& issues) const {
  PLANBRO_ASSIGN_OR_RETURN(const auto ids, touchedPlans(view.resources(), written));
  const auto before = previousPlans(view.resources(), written);
  for (const std::string& id : ids) {
    PLANBRO_ASSIGN_OR_RETURN(const WholePlan* whole, view.plan(id));
    if (!whole->plan) continue;
    plan::RuleOptions options;
    options.today = norwegianDay(clock_.now());
    PLANBRO_ASSIGN_OR_RETURN(options.other_active_plan,
                             otherActivePlan(view.resources(), whole->plan, id));
    std::vector<fhir::Issue> found_here = plan::checkPlan(*whole->set, whole->plan, options);
    // What is to be said of the person's other plans was said when they were written.
    if (!isOwn(id, written)) std::erase_if(found_here, isNoError);
    keep(std::move(found_here), issues);
    if (const auto found = before.find(id); found != before.end())
      keep(plan::checkChange(found->second.root(), whole->plan), issues);
  }
  return {};
}

}  // namespace planbro::service
