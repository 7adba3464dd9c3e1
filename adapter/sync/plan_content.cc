#include "sync/plan_content.h"

#include <algorithm>
#include <utility>

#include "plan/plan_resources.h"
#include "plan/plan_set.h"

namespace planbro::sync {
namespace {

bool isAboutPlans(const fhir::Element& consent) {
  bool found = false;
  consent.forEachChild("category", [&](const fhir::Element& category) {
    category.forEachChild("coding", [&](const fhir::Element& coding) {
      found = found || coding.textOf("system") == kConsentKinds;
    });
  });
  return found;
}

Result<Member> memberOf(store::Version version, const fhir::Definitions& definitions) {
  LocalId id{std::move(version.type), std::move(version.id)};
  auto outcome = fhir::readJson(std::move(version.body), definitions);
  if (!outcome.resource)
    return fail(ErrorCode::kCorrupt, id.text() + " in the store does not read as FHIR");
  return Member{std::move(id), std::move(outcome.resource)};
}

}  // namespace

std::optional<LocalId> ownerOf(const fhir::Element& resource) {
  for (const std::string_view name : {"subject", "patient"}) {
    auto id = localId(resource.child(name).textOf("reference"), resource.definitions());
    if (id && id->type == "Patient") return id;
  }
  return std::nullopt;
}

Result<std::optional<fhir::Resource>> readResource(store::Reader& reader, const LocalId& id,
                                                   const fhir::Definitions& definitions) {
  auto version = reader.read(id.type, id.id);
  if (!version) {
    if (version.error().code == ErrorCode::kNotFound || version.error().code == ErrorCode::kGone)
      return std::nullopt;
    return std::unexpected(std::move(version).error());
  }
  if (version->deleted) return std::nullopt;
  PLANBRO_ASSIGN_OR_RETURN(Member member, memberOf(std::move(*version), definitions));
  return std::move(member.resource);
}

Result<std::vector<Member>> resourcesOf(store::Reader& reader, std::string_view type,
                                        std::string_view parameter, const LocalId& person,
                                        const fhir::Definitions& definitions) {
  store::Query query;
  query.type = std::string(type);
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row.kind = store::IndexRow::Kind::kReference;
  query.where.row.parameter = std::string(parameter);
  query.where.row.system = person.type;
  query.where.row.value = person.id;
  query.count = 500;
  std::vector<Member> found;
  do {
    PLANBRO_ASSIGN_OR_RETURN(store::SearchPage page, reader.search(query));
    for (store::Version& version : page.matches) {
      PLANBRO_ASSIGN_OR_RETURN(Member member, memberOf(std::move(version), definitions));
      found.push_back(std::move(member));
    }
    query.cursor = std::move(page.next);
  } while (query.cursor);
  return found;
}

Result<PlanContent> collectPlan(store::Reader& reader, std::string_view plan_id,
                                const fhir::Definitions& definitions) {
  PLANBRO_ASSIGN_OR_RETURN(const store::Version plan, reader.read("CarePlan", plan_id));
  if (plan.deleted) return fail(ErrorCode::kNotFound, "the plan was deleted");
  PLANBRO_ASSIGN_OR_RETURN(auto versions, plan::planResources(reader, plan));
  PlanContent content;
  for (store::Version& version : versions) {
    PLANBRO_ASSIGN_OR_RETURN(Member member, memberOf(std::move(version), definitions));
    content.members.push_back(std::move(member));
  }
  const auto owner = ownerOf(content.plan().resource.root());
  if (!owner) return content;
  PLANBRO_ASSIGN_OR_RETURN(auto consents,
                           resourcesOf(reader, "Consent", "patient", *owner, definitions));
  for (Member& consent : consents) {
    const bool known = std::any_of(content.members.begin(), content.members.end(),
                                   [&](const Member& member) { return member.id == consent.id; });
    if (!known && isAboutPlans(consent.resource.root()))
      content.members.push_back(std::move(consent));
  }
  return content;
}

}  // namespace planbro::sync
