#include "plan/plan_resources.h"

#include <algorithm>
#include <set>
#include <string>

#include "fhir/resource.h"

namespace planbro::plan {
namespace {

using fhir::Element;

class Collector {
 public:
  explicit Collector(ResourceReader& reader) : reader_(reader) {}

  Result<std::vector<const StoredResource*>> run(const StoredResource& plan) {
    person_ = plan.resource.root().child("subject").textOf("reference");
    const std::string id(plan.version.id);
    PLANBRO_RETURN_IF_ERROR(add(&plan));
    PLANBRO_RETURN_IF_ERROR(follow());
    PLANBRO_RETURN_IF_ERROR(addReferring("CarePlan", "part-of", id));
    PLANBRO_RETURN_IF_ERROR(addReferring("Consent", "data", id));
    PLANBRO_RETURN_IF_ERROR(addReferring("Task", "based-on", id));
    PLANBRO_RETURN_IF_ERROR(addSteps(id));
    PLANBRO_RETURN_IF_ERROR(follow());
    return std::move(found_);
  }

 private:
  Status add(const StoredResource* one) {
    if (one == nullptr || !seen_.insert(one->version.type + "/" + one->version.id).second)
      return {};
    if (found_.size() == kMostPlanResources)
      return fail(ErrorCode::kLimitExceeded, "the plan refers to more than " +
                                                 std::to_string(kMostPlanResources) + " resources");
    found_.push_back(one);
    return {};
  }

  // Reads what the resources from next_ on refer to.
  Status follow() {
    for (; next_ < found_.size(); ++next_) {
      const StoredResource& one = *found_[next_];
      // Who a person's doctor is, or whom a practitioner knows, is no part of the plan.
      if (one.version.type == "Patient") continue;
      std::vector<std::string_view> references;
      collect(one.resource.root(), references);
      const bool is_plan = one.version.type == "CarePlan";
      for (const std::string_view reference : references)
        PLANBRO_RETURN_IF_ERROR(addReferred(reference, is_plan));
    }
    return {};
  }

  // The depth of a document is bounded by its parser.
  static void collect(const Element& element, std::vector<std::string_view>& references) {
    element.forEachChild([&](const Element& child) {
      if (child.name() == "reference" && !child.text().empty() &&
          element.typeName() == "Reference") {
        references.emplace_back(child.text());
      } else {
        collect(child, references);
      }
    });
  }

  Status addReferred(std::string_view reference, bool from_plan) {
    const std::size_t slash = reference.find('/');
    if (slash == std::string_view::npos || reference.find('/', slash + 1) != std::string_view::npos)
      return {};  // contained, absolute or versioned: not a resource of this store
    const std::string_view type = reference.substr(0, slash);
    if (type == "Patient" && reference != person_) return {};
    if (type == "CarePlan" && !from_plan) return {};
    if (seen_.contains(reference)) return {};
    PLANBRO_ASSIGN_OR_RETURN(const StoredResource* one,
                             reader_.read(type, reference.substr(slash + 1)));
    return add(one);
  }

  Status addReferring(std::string_view type, std::string_view parameter, std::string_view plan_id) {
    PLANBRO_ASSIGN_OR_RETURN(const auto matches, reader_.referring(type, parameter, "CarePlan",
                                                                   plan_id, kMostPlanResources));
    for (const StoredResource* match : matches) PLANBRO_RETURN_IF_ERROR(add(match));
    return {};
  }

  // R4 has no search parameter for Communication.about: all of the person's are looked at, but of a
  // plan that nobody can have known before only those written with it.
  Status addSteps(const std::string& plan_id) {
    if (!person_.starts_with("Patient/")) return {};
    std::vector<const StoredResource*> steps;
    if (reader_.isFresh("CarePlan", plan_id)) {
      steps = reader_.written("Communication");
      std::erase_if(steps, [&](const StoredResource* one) {
        return one->resource.root().child("subject").textOf("reference") != person_;
      });
    } else {
      PLANBRO_ASSIGN_OR_RETURN(
          steps,
          reader_.referring("Communication", "subject", "Patient",
                            std::string_view(person_).substr(std::string_view("Patient/").size()),
                            kMostPlanResources));
    }
    for (const StoredResource* match : steps) {
      bool about = false;
      match->resource.root().forEachChild("about", [&](const Element& reference) {
        about = about || reference.textOf("reference") == "CarePlan/" + plan_id;
      });
      if (about) PLANBRO_RETURN_IF_ERROR(add(match));
    }
    return {};
  }

  ResourceReader& reader_;
  std::string person_;  // "Patient/…"
  std::vector<const StoredResource*> found_;
  std::set<std::string, std::less<>> seen_;
  std::size_t next_ = 0;
};

}  // namespace

Result<std::vector<const StoredResource*>> planResources(ResourceReader& reader,
                                                         const StoredResource& plan) {
  return Collector(reader).run(plan);
}

Result<std::vector<store::Version>> planResources(store::Reader& reader,
                                                  const store::Version& plan) {
  ResourceReader resources(reader);
  std::vector<store::Version> versions;
  PLANBRO_ASSIGN_OR_RETURN(const StoredResource* read, resources.of(plan));
  if (read == nullptr) return versions;
  PLANBRO_ASSIGN_OR_RETURN(const auto found, Collector(resources).run(*read));
  versions.reserve(found.size());
  for (const StoredResource* one : found) versions.push_back(one->version);
  return versions;
}

}  // namespace planbro::plan
