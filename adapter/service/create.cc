// create and conditional create. FHIR R4, http.html, section 3.1.0.8; docs/api/create.md.
#include <algorithm>
#include <optional>
#include <span>

#include "service/commit_checks.h"
#include "service/interactions.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

// What the checks say of the draft, asked before the store's one writer is waited for.
std::optional<AheadChecks> checkedAhead(const Call& call, const Draft& draft) {
  // What somebody may not see is no matter for the checks.
  if (call.visibility != nullptr) return std::nullopt;
  const bool any =
      std::any_of(call.context->parts.checks.begin(), call.context->parts.checks.end(),
                  [&](const auto& one) { return one.isOn() && one.check->concerns(call.type); });
  if (!any) return std::nullopt;
  const auto view = call.snapshot();
  if (!view.has_value()) return std::nullopt;
  const AheadWrite write{draft.resource, *draft.index};
  return checkAhead(*call.context, **view, std::span(&write, 1));
}

}  // namespace

Answer create(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  std::vector<fhir::Issue> warnings;
  if (auto refused = refusedBody(call, warnings)) return std::move(*refused);
  if (auto refused = refusedReferences(call.type, referencesIn(call.body)))
    return std::move(*refused);
  Draft draft = makeDraft(*call.context, call.body, call.context->parts.ids->next());
  std::optional<AheadChecks> ahead = checkedAhead(call, draft);
  Answer answer = inTransaction(call, [&](WriteSession& session) -> Answer {
    if (call.conditions.if_none_exist.has_value()) {
      auto matches =
          matching(*call.context, session.transaction, call.type, noneExistCriteria(call));
      if (!matches.has_value()) return std::move(matches.error());
      if (matches->size() > 1) return refuse(412, "PB-4015", {call.type});
      if (matches->size() == 1) return found(std::move(matches->front()));
    }
    Answer created = putNew(session, draft);
    if (ahead.has_value() && stillHolds(*ahead, session)) session.checked = &*ahead;
    return created;
  });
  if (!answer.refused())
    answer.issues.insert(answer.issues.begin(), warnings.begin(), warnings.end());
  return answer;
}

}  // namespace planbro::service
