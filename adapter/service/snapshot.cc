// $snapshot: a profile with its snapshot. FHIR R4, structuredefinition-operation-snapshot.html;
// docs/api/snapshot.md.
#include "validation/snapshot.h"

#include <algorithm>

#include "fhir/registry.h"
#include "json/writer.h"
#include "service/asked_value_set.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

// By its address, in the request, or by its canonical.
std::expected<fhir::Resource, Answer> askedProfile(const Call& call, const OperationInput& input) {
  const bool by_url = input.has("url"), inside = input.has("definition");
  if (int{!call.id.empty()} + int{by_url} + int{inside} > 1)
    return std::unexpected(refuse(400, "PB-4069", {"$snapshot", "[id], url, definition"}));
  if (!call.id.empty()) return storedResource(call);
  if (inside) {
    fhir::Resource resource = input.resource("definition");
    if (!resource) return std::unexpected(input.missing("definition"));
    if (resource.type() != "StructureDefinition")
      return std::unexpected(
          refuse(400, "PB-4008", {std::string(resource.type()), "StructureDefinition"}));
    return resource;
  }
  if (!by_url) return std::unexpected(input.missing("url"));
  const std::string url(input.text("url"));
  const fhir::Resource* found = call.context->parts.registry->find(url, "StructureDefinition");
  if (found == nullptr) return std::unexpected(refuse(404, "PB-1639", {url}));
  return *found;
}

// What a profile has to say before anything can be made of it.
std::vector<fhir::Issue> missingIn(const fhir::Resource& profile) {
  std::vector<fhir::Issue> missing;
  for (const std::string name : {"url", "baseDefinition"}) {
    if (profile.root().textOf(name).empty())
      missing.push_back(
          fhir::makeIssue("PB-1101", {"StructureDefinition." + name, "", {}}, {name, "1", "0"}));
  }
  return missing;
}

}  // namespace

Answer snapshot(const Call& call) {
  if (call.context->parts.registry == nullptr) return refuse(501, "PB-4055", {"$snapshot"});
  const auto input = OperationInput::read(call, "$snapshot", {"url", "definition"}, "definition");
  if (!input.has_value()) return input.error();
  auto profile = askedProfile(call, *input);
  if (!profile.has_value()) return std::move(profile.error());
  // Of this request alone: what a stranger's profile leads to must not stay. Not owned.
  std::recursive_mutex lock;
  validation::Snapshots snapshots(
      std::shared_ptr<const fhir::Registry>(std::shared_ptr<void>(), call.context->parts.registry),
      lock);
  validation::Snapshot made = validation::generateSnapshot(*profile, snapshots);
  if (!made.definition || made.definition.document()->root().member("snapshot") == nullptr) {
    if (auto missing = missingIn(*profile); !missing.empty())
      return refuse(422, std::move(missing));
    // What a validation can do without stops a snapshot: a base that is not loaded.
    for (fhir::Issue& issue : made.issues)
      issue.severity = std::min(issue.severity, fhir::Severity::kError);
    return refuse(422, std::move(made.issues));
  }
  Answer answer;
  answer.resource = json::write(*made.definition.document());
  answer.thinnable = true;
  return answer;
}

}  // namespace planbro::service
