// delete and conditional delete, always logical: history stays. FHIR R4, http.html, section
// 3.1.0.9; docs/api/delete.md.
#include "service/conditions.h"
#include "service/interactions.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

// A person's plan is never deleted (docs/api/delete.md): 405 says what to do instead.
std::optional<Answer> refusedDeletion(const Call& call) {
  if (!call.context->settings.never_deleted.contains(call.type)) return std::nullopt;
  Answer answer = refuse(405, "PB-4006", {call.type});
  answer.headers.set("Allow",
                     call.id.empty() ? "GET, HEAD, POST, PUT, PATCH" : "GET, HEAD, PUT, PATCH");
  return answer;
}

}  // namespace

Answer remove(const Call& call) {
  if (auto refused = refusedDeletion(call)) return std::move(*refused);
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  return inTransaction(call, [&](WriteSession& session) {
    return putDeletion(session, call.type, call.id, call.conditions);
  });
}

Answer conditionalRemove(const Call& call) {
  if (auto refused = refusedDeletion(call)) return std::move(*refused);
  const Fields criteria = criteriaOf(call);
  return inTransaction(call, [&](WriteSession& session) -> Answer {
    auto found = matching(*call.context, session.transaction, call.type, criteria);
    if (!found.has_value()) return std::move(found.error());
    if (found->size() > 1) return refuse(412, "PB-4015", {call.type});
    if (found->size() == 1)
      return putDeletion(session, call.type, found->front().id, call.conditions);
    if (auto refused = refusedByConditions(call.conditions, nullptr)) return std::move(*refused);
    Answer answer;
    answer.status = 204;
    return answer;
  });
}

}  // namespace planbro::service
