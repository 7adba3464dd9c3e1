// $transform: a resource through one of the loaded maps. FHIR R4,
// structuremap-operation-transform.html; docs/api/transform.md.
#include "json/builder.h"
#include "json/writer.h"
#include "mapping/engine.h"
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

}  // namespace

Answer transform(const Call& call) {
  const mapping::MapLibrary* maps = call.context->parts.maps;
  if (maps == nullptr) return refuse(501, "PB-4055", {"$transform"});
  const auto input = OperationInput::read(call, "$transform", {"source", "content"}, "content");
  if (!input.has_value()) return input.error();
  const std::string url(input->text("source"));
  if (url.empty()) return input->missing("source");
  if (!maps->hasMap(url)) return refuse(404, "PB-1640", {url});
  const fhir::Resource content = input->resource("content");
  if (!content) return input->missing("content");
  mapping::TransformOptions options;
  options.clock = call.context->parts.clock;
  options.terminology = call.context->parts.terminology;
  mapping::Outcome outcome = maps->transform(url, {.document = boundFor(*maps, content)}, options);
  if (outcome.document == nullptr || fhir::hasErrors(outcome.issues))
    return refuse(422, std::move(outcome.issues));
  const std::string_view type = terminology::textOf(outcome.document->root(), "resourceType");
  if (!isResourceType(call.definitions(), type)) return refuse(422, "PB-1641", {url});
  Answer answer;
  answer.resource = json::write(*outcome.document);
  answer.thinnable = true;
  return answer;
}

}  // namespace planbro::service
