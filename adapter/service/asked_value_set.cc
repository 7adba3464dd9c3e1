#include "service/asked_value_set.h"

#include <algorithm>

#include "fhir/registry.h"
#include "service/outcome.h"
#include "service/view.h"

namespace planbro::service {
namespace {

std::expected<AskedValueSet, Answer> compiled(const Call& call, fhir::Resource resource) {
  if (resource.type() != "ValueSet")
    return std::unexpected(refuse(400, "PB-4008", {std::string(resource.type()), "ValueSet"}));
  AskedValueSet asked;
  asked.terminology = std::make_unique<CallTerminology>(call);
  asked.resource = std::move(resource);
  asked.own = std::make_unique<const terminology::ValueSet>(asked.resource, **asked.terminology);
  asked.set = asked.own.get();
  if (const Status& status = asked.terminology->status(); !status.has_value())
    return std::unexpected(refuse(status.error()));
  return asked;
}

// The value set that an element is bound to: "[url of a loaded StructureDefinition]#[path or id]".
std::expected<std::string, Answer> boundAt(const Call& call, std::string_view context) {
  const std::size_t hash = std::min(context.find('#'), context.size());
  const fhir::Registry* registry = call.context->parts.registry;
  const fhir::Resource* structure =
      registry == nullptr ? nullptr
                          : registry->find(context.substr(0, hash), "StructureDefinition");
  std::string_view bound;
  if (structure != nullptr && hash < context.size()) {
    const std::string_view wanted = context.substr(hash + 1);
    const fhir::Element snapshot = structure->root().child("snapshot");
    const fhir::Element elements = snapshot ? snapshot : structure->root().child("differential");
    elements.forEachChild("element", [&](const fhir::Element& element) {
      if (bound.empty() && (element.textOf("id") == wanted || element.textOf("path") == wanted))
        bound = element.child("binding").textOf("valueSet");
    });
  }
  if (bound.empty()) return std::unexpected(refuse(404, "PB-1642", {std::string(context)}));
  return std::string(bound);
}

}  // namespace

std::expected<fhir::Resource, Answer> storedResource(const Call& call) {
  fhir::Resource resource;
  Answer failed = withView(call, [&](store::Reader& view) {
    auto version = currentVersion(view, call.type, call.id);
    if (!version.has_value()) return std::move(version.error());
    resource = fhir::readJson(std::move(version->body), call.definitions()).resource;
    return Answer();
  });
  if (failed.refused()) return std::unexpected(std::move(failed));
  if (!resource) return std::unexpected(refuse(500, "PB-4050"));
  return resource;
}

std::expected<AskedValueSet, Answer> askedValueSet(const Call& call, const OperationInput& input) {
  if (call.context->parts.terminology == nullptr)
    return std::unexpected(refuse(501, "PB-4055", {"$expand"}));
  const bool by_url = input.has("url");
  const bool inside = input.has("valueSet");
  const bool by_context = input.has("context");
  if (int{!call.id.empty()} + int{by_url} + int{inside} + int{by_context} > 1)
    return std::unexpected(refuse(400, "PB-4069", {"ValueSet", "[id], url, valueSet, context"}));
  if (!call.id.empty()) {
    auto stored = storedResource(call);
    if (!stored.has_value()) return std::unexpected(std::move(stored.error()));
    return compiled(call, std::move(*stored));
  }
  if (inside) {
    fhir::Resource resource = input.resource("valueSet");
    if (!resource) return std::unexpected(input.missing("valueSet"));
    return compiled(call, std::move(resource));
  }
  if (!by_url && !by_context) return std::unexpected(input.missing("url"));
  std::string url(input.text("url"));
  if (by_context) {
    auto bound = boundAt(call, input.text("context"));
    if (!bound.has_value()) return std::unexpected(std::move(bound.error()));
    url = std::move(*bound);
  } else if (const std::string_view version = input.text("valueSetVersion"); !version.empty()) {
    url += "|" + std::string(version);
  }
  AskedValueSet asked;
  asked.terminology = std::make_unique<CallTerminology>(call);
  asked.set = (*asked.terminology)->valueSet(url);
  if (const Status& status = asked.terminology->status(); !status.has_value())
    return std::unexpected(refuse(status.error()));
  if (asked.set == nullptr) return std::unexpected(refuse(404, "PB-1630", {url}));
  return asked;
}

}  // namespace planbro::service
