// update and conditional update. FHIR R4, http.html, section 3.1.0.7; docs/api/update.md.
#include <utility>

#include "service/interactions.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

Answer withWarnings(Answer answer, const std::vector<fhir::Issue>& warnings) {
  if (!answer.refused())
    answer.issues.insert(answer.issues.begin(), warnings.begin(), warnings.end());
  return answer;
}

}  // namespace

Answer update(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  std::vector<fhir::Issue> warnings;
  if (!call.body) return refuse(400, "PB-4007");
  if (call.body.type() == call.type && call.body.id() != call.id)
    return refuse(400, "PB-4009", {std::string(call.body.id()), call.id},
                  {call.type + ".id", "", {}});
  if (auto refused = refusedBody(call, warnings)) return std::move(*refused);
  if (auto refused = refusedReferences(call.type, referencesIn(call.body)))
    return std::move(*refused);
  Draft draft = makeDraft(*call.context, call.body, call.id);
  return withWarnings(inTransaction(call,
                                    [&](WriteSession& session) {
                                      return putUpdate(session, draft, call.conditions, false);
                                    }),
                      warnings);
}

Answer conditionalUpdate(const Call& call) {
  std::vector<fhir::Issue> warnings;
  if (auto refused = refusedBody(call, warnings)) return std::move(*refused);
  if (auto refused = refusedReferences(call.type, referencesIn(call.body)))
    return std::move(*refused);
  const std::string own_id(call.body.id());
  Draft fresh = makeDraft(*call.context, call.body,
                          own_id.empty() ? call.context->parts.ids->next() : own_id);
  const Fields criteria = criteriaOf(call);
  return withWarnings(
      inTransaction(call,
                    [&](WriteSession& session) -> Answer {
                      auto found =
                          matching(*call.context, session.transaction, call.type, criteria);
                      if (!found.has_value()) return std::move(found.error());
                      if (found->size() > 1) return refuse(412, "PB-4015", {call.type});
                      if (found->size() == 1) {
                        const std::string& id = found->front().id;
                        if (!own_id.empty() && own_id != id)
                          return refuse(400, "PB-4009", {own_id, id}, {call.type + ".id", "", {}});
                        Draft draft =
                            makeDraft(*call.context, call.body, id, {}, DraftIndex::kWhenWritten);
                        return putNext(session, draft, call.conditions, std::move(found->front()));
                      }
                      if (own_id.empty()) return putUpdate(session, fresh, call.conditions, true);
                      // An id of the caller's that is in use belongs to a resource that does not
                      // match; it is not overwritten.
                      const auto other = session.transaction.read(call.type, own_id);
                      if (other.has_value() && !other->deleted)
                        return refuse(409, "PB-4022", {call.type, own_id});
                      return putUpdate(session, fresh, call.conditions, false);
                    }),
      warnings);
}

}  // namespace planbro::service
