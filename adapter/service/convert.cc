// $convert: a resource in the other format. FHIR R4, resource-operation-convert.html;
// docs/api/convert.md.
#include "json/writer.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/view.h"

namespace planbro::service {

Answer convert(const Call& call) {
  if (auto refused = refusedParameters(call, {}, true)) return std::move(*refused);
  // Parameters are a resource like any other here, unless they hold the one to be converted.
  fhir::Resource resource = call.body;
  if (resource.type() == "Parameters") {
    const auto input = OperationInput::read(call, "$convert", {"input"});
    if (input.has_value()) {
      if (fhir::Resource inner = input->resource("input")) resource = std::move(inner);
    }
  }
  Answer answer;
  answer.resource = json::write(*resource.document());
  answer.thinnable = true;
  return answer;
}

}  // namespace planbro::service
