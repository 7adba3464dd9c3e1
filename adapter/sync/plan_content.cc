#include "sync/plan_content.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/limits.h"
#include "fhir/canonical_base.h"

namespace planbro::sync {
namespace {

constexpr std::string_view kDocumentTypes = "urn:oid:2.16.578.1.12.4.1.1.9602";
constexpr std::string_view kIndividualPlan = "A02-2";
constexpr std::string_view kConsentKind = PLANBRO_CANONICAL_BASE "/CodeSystem/consent-kind";

bool hasCoding(const fhir::Element& resource, std::string_view element, std::string_view system,
               std::string_view code) {
  bool found = false;
  resource.forEachChild(element, [&](const fhir::Element& concept_value) {
    concept_value.forEachChild("coding", [&](const fhir::Element& coding) {
      found = found || (coding.textOf("system") == system &&
                        (code.empty() || coding.textOf("code") == code));
    });
  });
  return found;
}

// What points at a plan or its owner, and by which search parameter it is found.
struct Companion {
  std::string_view type;
  std::string_view parameter;
};
constexpr std::array<Companion, 6> kCompanions = {{{"Consent", "patient"},
                                                   {"CarePlan", "subject"},
                                                   {"Communication", "subject"},
                                                   {"Task", "patient"},
                                                   {"Appointment", "patient"},
                                                   {"ServiceRequest", "subject"}}};

class Collector {
 public:
  Collector(store::Reader& reader, const fhir::Definitions& definitions)
      : reader_(reader), definitions_(definitions) {}

  Result<PlanContent> collect(LocalId plan_id) {
    PLANBRO_ASSIGN_OR_RETURN(auto plan, readResource(reader_, plan_id, definitions_));
    if (!plan) return fail(ErrorCode::kNotFound, "there is no " + plan_id.text());
    owner_ = ownerOf(plan->root());
    add(std::move(plan_id), std::move(*plan));
    PLANBRO_RETURN_IF_ERROR(follow());
    if (owner_) {
      for (const Companion& companion : kCompanions)
        PLANBRO_RETURN_IF_ERROR(addCompanions(companion));
      PLANBRO_RETURN_IF_ERROR(follow());
    }
    return std::move(content_);
  }

 private:
  void add(LocalId id, fhir::Resource resource) {
    seen_.insert(id);
    content_.members.push_back({std::move(id), std::move(resource)});
  }

  bool mayTravel(const LocalId& id, const fhir::Resource& resource) const {
    if (id.type == "Patient") return owner_ && id == *owner_;
    if (id.type == "CarePlan") return false;  // sub-plans come as companions
    const auto owner = ownerOf(resource.root());
    return !owner || !owner_ || *owner == *owner_;
  }

  // Takes in what the members from followed_ on point to, until nothing new turns up.
  Status follow() {
    for (; followed_ < content_.members.size(); ++followed_) {
      for (LocalId& id : localReferences(content_.members[followed_].resource.root())) {
        if (seen_.contains(id)) continue;
        if (content_.members.size() > kMaxTransactionEntries) return {};
        PLANBRO_ASSIGN_OR_RETURN(auto resource, readResource(reader_, id, definitions_));
        if (resource && mayTravel(id, *resource)) {
          add(std::move(id), std::move(*resource));
        } else if (id.type != "CarePlan" && outside_.insert(id).second) {
          content_.issues.push_back(
              fhir::makeIssue("PB-5006", {}, {content_.members[followed_].id.text(), id.text()}));
        }
      }
    }
    return {};
  }

  Status addCompanions(const Companion& companion) {
    PLANBRO_ASSIGN_OR_RETURN(auto found, resourcesOf(reader_, companion.type, companion.parameter,
                                                     *owner_, definitions_));
    for (Member& member : found) {
      if (!seen_.contains(member.id) && belongsToPlan(companion, member))
        add(std::move(member.id), std::move(member.resource));
    }
    return {};
  }

  bool belongsToPlan(const Companion& companion, const Member& member) const {
    const fhir::Element root = member.resource.root();
    if (companion.type == "Consent") return hasCoding(root, "category", kConsentKind, {});
    const LocalId& plan = content_.plan().id;
    if (companion.type == "CarePlan") {
      bool part = false;
      root.forEachChild("partOf", [&](const fhir::Element& parent) {
        part = part || localId(parent.textOf("reference"), definitions_) == plan;
      });
      return part;
    }
    const auto references = localReferences(root);
    return std::find(references.begin(), references.end(), plan) != references.end();
  }

  store::Reader& reader_;
  const fhir::Definitions& definitions_;
  PlanContent content_;
  std::optional<LocalId> owner_;
  std::set<LocalId> seen_;
  std::set<LocalId> outside_;
  std::size_t followed_ = 0;
};

}  // namespace

bool isIndividualPlan(const fhir::Element& care_plan) {
  return hasCoding(care_plan, "category", kDocumentTypes, kIndividualPlan);
}

std::optional<LocalId> ownerOf(const fhir::Element& resource) {
  for (const std::string_view name : {"subject", "patient"}) {
    const auto id = localId(resource.child(name).textOf("reference"), resource.definitions());
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
  auto outcome = fhir::readJson(std::move(version->body), definitions);
  if (!outcome.resource)
    return fail(ErrorCode::kCorrupt, id.text() + " in the store does not read as FHIR");
  return std::move(outcome.resource);
}

Result<std::vector<Member>> resourcesOf(store::Reader& reader, std::string_view type,
                                        std::string_view parameter, const LocalId& person,
                                        const fhir::Definitions& definitions) {
  store::Query query;
  query.type = std::string(type);
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row = {.kind = store::IndexRow::Kind::kReference,
                     .parameter = std::string(parameter),
                     .system = person.type,
                     .value = person.id};
  query.count = 500;
  std::vector<Member> found;
  do {
    PLANBRO_ASSIGN_OR_RETURN(store::SearchPage page, reader.search(query));
    for (store::Version& version : page.matches) {
      LocalId id{version.type, version.id};
      auto outcome = fhir::readJson(std::move(version.body), definitions);
      if (!outcome.resource)
        return fail(ErrorCode::kCorrupt, id.text() + " in the store does not read as FHIR");
      found.push_back({std::move(id), std::move(outcome.resource)});
    }
    query.cursor = std::move(page.next);
  } while (query.cursor);
  return found;
}

Result<PlanContent> collectPlan(store::Reader& reader, std::string_view plan_id,
                                const fhir::Definitions& definitions) {
  return Collector(reader, definitions).collect({"CarePlan", std::string(plan_id)});
}

}  // namespace planbro::sync
