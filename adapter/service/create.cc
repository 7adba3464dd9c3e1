// create and conditional create. FHIR R4, http.html, section 3.1.0.8; docs/api/create.md.
#include "service/interactions.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {

Answer create(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  std::vector<fhir::Issue> warnings;
  if (auto refused = refusedBody(call, warnings)) return std::move(*refused);
  if (auto refused = refusedReferences(call.type, referencesIn(call.body)))
    return std::move(*refused);
  Draft draft = makeDraft(*call.context, call.body, call.context->parts.ids->next());
  Answer answer = inTransaction(call, [&](WriteSession& session) -> Answer {
    if (call.conditions.if_none_exist.has_value()) {
      auto matches =
          matching(*call.context, session.transaction, call.type, noneExistCriteria(call));
      if (!matches.has_value()) return std::move(matches.error());
      if (matches->size() > 1) return refuse(412, "PB-4015", {call.type});
      if (matches->size() == 1) return found(std::move(matches->front()));
    }
    return putNew(session, draft);
  });
  if (!answer.refused())
    answer.issues.insert(answer.issues.begin(), warnings.begin(), warnings.end());
  return answer;
}

}  // namespace planbro::service
