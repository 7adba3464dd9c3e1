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
  explicit Collector(store::Reader& reader) : reader_(reader) {}

  Result<std::vector<store::Version>> run(const store::Version& plan) {
    PLANBRO_RETURN_IF_ERROR(add(plan));
    person_ = subjectOf(plan);
    PLANBRO_RETURN_IF_ERROR(follow());
    PLANBRO_RETURN_IF_ERROR(addReferring("CarePlan", "part-of", "CarePlan", plan.id));
    PLANBRO_RETURN_IF_ERROR(addReferring("Consent", "data", "CarePlan", plan.id));
    PLANBRO_RETURN_IF_ERROR(addSteps(plan.id));
    PLANBRO_RETURN_IF_ERROR(follow());
    return std::move(found_);
  }

 private:
  static std::string subjectOf(const store::Version& plan) {
    const auto read = fhir::readJson(plan.body);
    if (!read.resource) return {};
    return std::string(read.resource.root().child("subject").textOf("reference"));
  }

  Status add(const store::Version& version) {
    if (version.deleted || !seen_.insert(version.type + "/" + version.id).second) return {};
    if (found_.size() == kMostPlanResources)
      return fail(ErrorCode::kLimitExceeded, "the plan refers to more than " +
                                                 std::to_string(kMostPlanResources) + " resources");
    found_.push_back(version);
    return {};
  }

  // Reads what the resources from next_ on refer to.
  Status follow() {
    for (; next_ < found_.size(); ++next_) {
      // Who a person's doctor is, or whom a practitioner knows, is no part of the plan.
      if (found_[next_].type == "Patient") continue;
      const auto read = fhir::readJson(found_[next_].body);
      if (!read.resource)
        return fail(ErrorCode::kCorrupt, "a stored " + found_[next_].type + " does not read");
      std::vector<std::string> references;
      collect(read.resource.root(), references);
      const bool is_plan = found_[next_].type == "CarePlan";
      for (const std::string& reference : references)
        PLANBRO_RETURN_IF_ERROR(addReferred(reference, is_plan));
    }
    return {};
  }

  // The depth of a document is bounded by its parser.
  static void collect(const Element& element, std::vector<std::string>& references) {
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
    const auto version = reader_.read(type, reference.substr(slash + 1));
    if (!version) {
      if (version.error().code == ErrorCode::kNotFound) return {};
      return std::unexpected(version.error());
    }
    return add(*version);
  }

  Result<std::vector<store::Version>> referring(std::string_view type, std::string_view parameter,
                                                std::string_view target_type,
                                                std::string_view target_id) {
    store::Query query;
    query.type = type;
    query.where.op = store::Predicate::Op::kEquals;
    query.where.row.kind = store::IndexRow::Kind::kReference;
    query.where.row.parameter = parameter;
    query.where.row.system = target_type;
    query.where.row.value = target_id;
    query.count = kMostPlanResources;
    PLANBRO_ASSIGN_OR_RETURN(auto page, reader_.search(query));
    return std::move(page.matches);
  }

  Status addReferring(std::string_view type, std::string_view parameter,
                      std::string_view target_type, std::string_view target_id) {
    PLANBRO_ASSIGN_OR_RETURN(const auto matches,
                             referring(type, parameter, target_type, target_id));
    for (const store::Version& match : matches) PLANBRO_RETURN_IF_ERROR(add(match));
    return {};
  }

  // R4 has no search parameter for Communication.about: all of the person's are looked at.
  Status addSteps(const std::string& plan_id) {
    if (!person_.starts_with("Patient/")) return {};
    PLANBRO_ASSIGN_OR_RETURN(
        const auto matches,
        referring("Communication", "subject", "Patient",
                  std::string_view(person_).substr(std::string_view("Patient/").size())));
    for (const store::Version& match : matches) {
      const auto read = fhir::readJson(match.body);
      if (!read.resource) continue;
      bool about = false;
      read.resource.root().forEachChild("about", [&](const Element& reference) {
        about = about || reference.textOf("reference") == "CarePlan/" + plan_id;
      });
      if (about) PLANBRO_RETURN_IF_ERROR(add(match));
    }
    return {};
  }

  store::Reader& reader_;
  std::string person_;  // "Patient/…"
  std::vector<store::Version> found_;
  std::set<std::string, std::less<>> seen_;
  std::size_t next_ = 0;
};

}  // namespace

Result<std::vector<store::Version>> planResources(store::Reader& reader,
                                                  const store::Version& plan) {
  return Collector(reader).run(plan);
}

}  // namespace planbro::plan
