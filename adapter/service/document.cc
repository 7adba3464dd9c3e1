// $document of a plan: the plan as a FHIR document. FHIR R4, composition-operation-document.html,
// for a Composition that the service makes itself; docs/api/document.md.
#include "plan/document.h"

#include "json/writer.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/view.h"

namespace planbro::service {

Answer planDocument(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  return withView(call, [&](store::Reader& view) -> Answer {
    const auto plan = currentVersion(view, "CarePlan", call.id);
    if (!plan.has_value()) return plan.error();
    const auto document =
        plan::makeDocument(view, *plan, call.preferences.language, call.context->settings.base_url);
    if (!document.has_value()) return refuse(document.error());
    Answer answer;
    answer.resource = json::write(**document);
    answer.last_modified = plan->last_updated;
    return answer;
  });
}

}  // namespace planbro::service
