// $transform: a resource through a loaded or a stored map. FHIR R4,
// structuremap-operation-transform.html; docs/api/transform.md.
#include "json/builder.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "service/asked_value_set.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/routes.h"
#include "terminology/nodes.h"
#include "terminology/terminology.h"

namespace planbro::service {
namespace {

// Maps work with definitions of their own: R4 and the logical models.
json::DocumentPtr boundFor(const mapping::MapLibrary& maps, const fhir::Resource& resource) {
  json::Builder out(&maps.definitions().names());
  out.copy(resource.document()->root(), resource.document());
  return std::move(out).finish(
      [&maps](json::DocumentMaker& maker) { fhir::bind(maker, maps.definitions()); });
}

// The map to run: the stored one of the address, or the loaded one that `source` names.
struct AskedMap {
  std::string url;  // for issues
  std::shared_ptr<const mapping::CompiledMap> own;
};

std::expected<AskedMap, Answer> askedMap(const Call& call, const OperationInput& input,
                                         const mapping::MapLibrary& maps) {
  AskedMap asked;
  asked.url = input.text("source");
  if (call.id.empty()) {
    if (asked.url.empty()) return std::unexpected(input.missing("source"));
    if (!maps.hasMap(asked.url)) return std::unexpected(refuse(404, "PB-1640", {asked.url}));
    return asked;
  }
  if (!asked.url.empty())
    return std::unexpected(refuse(400, "PB-4069", {"$transform", "[id], source"}));
  const auto stored = storedResource(call);
  if (!stored.has_value()) return std::unexpected(stored.error());
  asked.url = stored->root().textOf("url");
  std::vector<fhir::Issue> issues;
  asked.own = maps.compile(stored->document()->root(), issues);
  if (asked.own == nullptr) return std::unexpected(refuse(422, std::move(issues)));
  return asked;
}

}  // namespace

Answer transform(const Call& call) {
  const mapping::MapLibrary* maps = call.context->parts.maps;
  if (maps == nullptr) return refuse(501, "PB-4055", {"$transform"});
  const auto input = OperationInput::read(call, "$transform", {"source", "content"}, "content");
  if (!input.has_value()) return input.error();
  const auto asked = askedMap(call, *input, *maps);
  if (!asked.has_value()) return asked.error();
  const fhir::Resource content = input->resource("content");
  if (!content) return input->missing("content");
  mapping::TransformOptions options;
  options.clock = call.context->parts.clock;
  options.terminology = call.context->parts.terminology;
  const mapping::MapInput from{.document = boundFor(*maps, content)};
  mapping::Outcome outcome = asked->own != nullptr ? maps->transform(*asked->own, from, options)
                                                   : maps->transform(asked->url, from, options);
  if (outcome.document == nullptr || fhir::hasErrors(outcome.issues))
    return refuse(422, std::move(outcome.issues));
  const std::string_view type = terminology::textOf(outcome.document->root(), "resourceType");
  if (!isResourceType(call.definitions(), type)) return refuse(422, "PB-1641", {asked->url});
  Answer answer;
  answer.resource = json::write(*outcome.document);
  answer.thinnable = true;
  return answer;
}

}  // namespace planbro::service
