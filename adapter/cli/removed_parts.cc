#include "cli/removed_parts.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "fhir/element.h"
#include "json/builder.h"
#include "mapping/import_provenance.h"
#include "plan/plan_resources.h"
#include "plan/resource_reader.h"

namespace planbro::cli {
namespace {

using fhir::Element;
using json::Kind;
using json::Node;

constexpr std::string_view kError = "entered-in-error";
constexpr std::string_view kPatient = "Patient/";

std::string_view textOf(const Node* node, std::string_view name) {
  const Node* found = node == nullptr ? nullptr : node->member(name);
  return found == nullptr ? std::string_view() : found->text();
}

std::span<const Node> itemsOf(const Node* node, std::string_view name) {
  const Node* found = node == nullptr ? nullptr : node->member(name);
  return found == nullptr ? std::span<const Node>() : found->children();
}

// The values of all identifiers with that system in the transaction.
std::set<std::string, std::less<>> valuesIn(const Node& bundle, std::string_view system) {
  std::set<std::string, std::less<>> values;
  for (const Node& entry : itemsOf(&bundle, "entry")) {
    const Node* resource = entry.member("resource");
    const Node* identifiers = resource == nullptr ? nullptr : resource->member("identifier");
    if (identifiers == nullptr || identifiers->kind != Kind::kArray) continue;
    for (const Node& one : identifiers->children()) {
      if (textOf(&one, "system") == system) values.emplace(textOf(&one, "value"));
    }
  }
  return values;
}

bool isGone(const Element& part, const PlanName& name,
            const std::set<std::string, std::less<>>& given) {
  if (part.textOf("status") == kError) return false;
  const std::string begin = name.value + "/";
  bool known = false;
  bool still = false;
  part.forEachChild("identifier", [&](const Element& identifier) {
    const std::string_view value = identifier.textOf("value");
    if (identifier.textOf("system") != name.system || !value.starts_with(begin)) return;
    known = true;
    still = still || given.contains(value);
  });
  return known && !still;
}

void inError(const fhir::Resource& part, json::Builder& out) {
  out.beginObject();
  out.key("resource").beginObject();
  for (const Node& member : part.root().value()->children()) {
    out.key(member.name->text);
    if (member.name->text == "status") {
      out.string(kError);
    } else {
      out.copy(member, part.document());
    }
  }
  out.endObject();
  out.key("request").beginObject();
  out.key("method").string("PUT");
  out.key("url").string(std::string(part.root().typeName()) + "/" +
                        std::string(part.root().textOf("id")));
  out.endObject();
  out.endObject();
}

bool pointsTo(const Element& part, std::string_view element, std::string_view plan) {
  bool found = false;
  part.forEachChild(element, [&](const Element& reference) {
    found = found || reference.textOf("reference") == plan;
  });
  return found;
}

}  // namespace

PlanName planName(const Node& bundle) {
  const auto at = mapping::planEntry(bundle);
  if (!at.has_value()) return {};
  const Node* resource = itemsOf(&bundle, "entry")[*at].member("resource");
  const auto identifiers = itemsOf(resource, "identifier");
  if (identifiers.empty()) return {};
  return {std::string(textOf(&identifiers.front(), "system")),
          std::string(textOf(&identifiers.front(), "value"))};
}

Result<std::vector<fhir::Resource>> pointingParts(store::Reader& reader, const PlanName& name) {
  plan::ResourceReader resources(reader);
  store::Query query;
  query.type = "CarePlan";
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row.parameter = "identifier";
  query.where.row.system = name.system;
  query.where.row.value = name.value;
  query.count = 2;
  PLANBRO_ASSIGN_OR_RETURN(const auto found, reader.search(query));
  std::vector<fhir::Resource> parts;
  if (found.matches.size() != 1) return parts;
  const std::string id = found.matches.front().id;
  PLANBRO_ASSIGN_OR_RETURN(const auto* plan, resources.of(found.matches.front()));
  if (plan == nullptr) return parts;
  constexpr auto kMost = static_cast<std::uint32_t>(plan::kMostPlanResources);
  PLANBRO_ASSIGN_OR_RETURN(const auto sub_plans,
                           resources.referring("CarePlan", "part-of", "CarePlan", id, kMost));
  for (const auto* one : sub_plans) parts.push_back(one->resource);
  const std::string_view person = plan->resource.root().child("subject").textOf("reference");
  if (!person.starts_with(kPatient)) return parts;
  // R4 has no search parameter for Communication.about.
  PLANBRO_ASSIGN_OR_RETURN(const auto messages,
                           resources.referring("Communication", "subject", "Patient",
                                               person.substr(kPatient.size()), kMost));
  for (const auto* one : messages) {
    if (pointsTo(one->resource.root(), "about", "CarePlan/" + id)) parts.push_back(one->resource);
  }
  return parts;
}

json::DocumentPtr withRemovedParts(const json::DocumentPtr& bundle, const PlanName& name,
                                   const std::vector<fhir::Resource>& parts) {
  const Node& root = bundle->root();
  const auto given = valuesIn(root, name.system);
  std::vector<fhir::Resource> gone;
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(gone),
               [&](const fhir::Resource& part) { return isGone(part.root(), name, given); });
  if (gone.empty()) return bundle;
  json::Builder out;
  out.beginObject();
  for (const Node& member : root.children()) {
    out.key(member.name->text);
    if (member.name->text != "entry") {
      out.copy(member, bundle);
      continue;
    }
    out.beginArray();
    for (const Node& entry : member.children()) out.copy(entry, bundle);
    for (const fhir::Resource& part : gone) inError(part, out);
    out.endArray();
  }
  out.endObject();
  return std::move(out).finish();
}

}  // namespace planbro::cli
