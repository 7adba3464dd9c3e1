#include "service/plan_check.h"

#include <iterator>
#include <map>
#include <set>

#include "plan/plan_resources.h"
#include "plan/plan_set.h"
#include "plan/rules.h"
#include "store/query.h"

namespace planbro::service {
namespace {

store::Predicate equals(store::IndexRow::Kind kind, std::string_view parameter,
                        std::string_view system, std::string_view value) {
  store::Predicate predicate;
  predicate.op = store::Predicate::Op::kEquals;
  predicate.row.kind = kind;
  predicate.row.parameter = parameter;
  predicate.row.system = system;
  predicate.row.value = value;
  return predicate;
}

constexpr std::uint32_t kMostPlans = 1000;

// Current CarePlans whose reference parameter names that resource.
Result<std::vector<store::Version>> plansThatName(store::Reader& view, std::string_view parameter,
                                                  std::string_view type, std::string_view id) {
  store::Query query;
  query.type = "CarePlan";
  query.count = kMostPlans;
  query.where = equals(store::IndexRow::Kind::kReference, parameter, type, id);
  PLANBRO_ASSIGN_OR_RETURN(auto page, view.search(query));
  return std::move(page.matches);
}

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

// The ids of all CarePlans that what was written belongs to.
Result<std::set<std::string>> touchedPlans(store::Reader& view,
                                           std::span<const fhir::Resource> written) {
  std::set<std::string> ids;
  for (const fhir::Resource& resource : written) {
    if (resource.type() == "CarePlan") ids.emplace(resource.id());
    if (resource.type() == "Consent") plansOfConsent(resource.root(), ids);
    const std::string_view parameter = resource.type() == "CareTeam" ? "care-team"
                                       : resource.type() == "Goal"   ? "goal"
                                                                     : "";
    if (parameter.empty()) continue;
    PLANBRO_ASSIGN_OR_RETURN(const auto plans,
                             plansThatName(view, parameter, resource.type(), resource.id()));
    for (const store::Version& plan : plans) ids.insert(plan.id);
  }
  return ids;
}

// Another active individuell plan of the same person: "CarePlan/2"; "" if there is none.
Result<std::string> otherActivePlan(store::Reader& view, const fhir::Element& plan,
                                    std::string_view own_id) {
  const std::string_view person = localId(plan.child("subject").textOf("reference"), "Patient");
  if (person.empty()) return std::string();
  store::Query query;
  query.type = "CarePlan";
  query.count = kMostPlans;
  query.where.children = {equals(store::IndexRow::Kind::kReference, "subject", "Patient", person),
                          equals(store::IndexRow::Kind::kToken, "category", plan::kDocumentTypes,
                                 plan::kIndividualPlan)};
  PLANBRO_ASSIGN_OR_RETURN(const auto page, view.search(query));
  for (const store::Version& other : page.matches) {
    if (other.id == own_id) continue;
    const fhir::ReadOutcome read = fhir::readJson(other.body);
    if (!read.resource) return fail(ErrorCode::kCorrupt, "a stored CarePlan does not parse");
    const fhir::Element root = read.resource.root();
    if (root.textOf("status") == "active" && !root.child("partOf")) return "CarePlan/" + other.id;
  }
  return std::string();
}

}  // namespace

Status PlanCheck::checkCommit(store::Reader& view, std::span<const fhir::Resource> written,
                              std::vector<fhir::Issue>& issues) const {
  PLANBRO_ASSIGN_OR_RETURN(const auto ids, touchedPlans(view, written));
  for (const std::string& id : ids) {
    auto version = view.read("CarePlan", id);
    if (!version.has_value() && version.error().code == ErrorCode::kNotFound) continue;
    if (!version.has_value()) return std::unexpected(std::move(version.error()));
    if (version->deleted) continue;
    const fhir::ReadOutcome read = fhir::readJson(version->body);
    if (!read.resource || !plan::isIndividualPlan(read.resource.root())) continue;
    PLANBRO_ASSIGN_OR_RETURN(const auto resources, plan::planResources(view, *version));
    PLANBRO_ASSIGN_OR_RETURN(const plan::PlanSet set, plan::PlanSet::ofVersions(resources));
    plan::RuleOptions options;
    options.today = norwegianDay(clock_.now());
    for (const fhir::Element& plan : set.plans()) {
      if (plan.textOf("id") != id) continue;
      PLANBRO_ASSIGN_OR_RETURN(options.other_active_plan, otherActivePlan(view, plan, id));
      auto found = plan::checkPlan(set, plan, options);
      std::move(found.begin(), found.end(), std::back_inserter(issues));
    }
  }
  return {};
}

}  // namespace planbro::service
