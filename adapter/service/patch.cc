// patch and conditional patch. FHIR R4, http.html, section 3.1.0.8; docs/api/patch.md.
#include "service/patch.h"

#include <set>

#include "service/conditions.h"
#include "service/interactions.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

constexpr int kTries = 8;  // against other writers of the same resource

// The one current version that the call names by id or by criteria.
std::expected<store::Version, Answer> target(const Call& call, store::Reader& view) {
  if (call.id.empty()) {
    auto found = matching(*call.context, view, call.type, criteriaOf(call));
    if (!found.has_value()) return std::unexpected(std::move(found.error()));
    if (found->size() > 1) return std::unexpected(refuse(412, "PB-4015", {call.type}));
    if (found->empty()) return std::unexpected(refuse(404, "PB-4053", {call.type}));
    return std::move(found->front());
  }
  return currentVersion(view, call.type, call.id);
}

}  // namespace

std::expected<PatchedResource, Answer> patched(const Call& call, const store::Version& current) {
  if (auto refused = refusedByConditions(call.conditions, &current))
    return std::unexpected(std::move(*refused));
  fhir::ReadOutcome stored = fhir::readJson(current.body, call.definitions());
  if (!stored.resource) return std::unexpected(refuse(500, std::move(stored.issues)));
  auto changed = applyPatch(*call.patch, stored.resource);
  if (!changed.has_value()) {
    const int status = patchStatus(changed.error());
    return std::unexpected(refuse(status, std::move(changed.error())));
  }
  Call written = call;
  written.body = std::move(*changed);
  PatchedResource made{std::move(stored.resource), written.body, {}};
  if (auto refused = refusedBody(written, made.warnings))
    return std::unexpected(std::move(*refused));
  return made;
}

std::vector<std::string> newReferences(const PatchedResource& patched) {
  std::vector<std::string> references = referencesIn(patched.after);
  const std::vector<std::string> before = referencesIn(patched.before);
  const std::set<std::string_view> stored(before.begin(), before.end());
  std::erase_if(references,
                [&](const std::string& reference) { return stored.contains(reference); });
  return references;
}

Answer patch(const Call& call) {
  if (!call.id.empty()) {  // else they are criteria
    if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  }
  // A patch is applied and checked before the store's one writer is asked for; if the resource has
  // changed by then, all is done again on what it has become.
  for (int tries = 0; tries < kTries; ++tries) {
    auto snapshot = call.snapshot();
    if (!snapshot.has_value()) return refuse(snapshot.error());
    const auto current = target(call, **snapshot);
    snapshot->reset();  // not held while the writer is waited for
    if (!current.has_value()) return current.error();
    auto made = patched(call, *current);
    if (!made.has_value()) return std::move(made.error());
    if (auto refused = refusedReferences(call.type, newReferences(*made)))
      return std::move(*refused);
    Draft draft = makeDraft(*call.context, made->after, current->id, {}, DraftIndex::kWhenWritten);
    bool outrun = false;
    Answer answer = inTransaction(call, [&](WriteSession& session) -> Answer {
      const auto now = target(call, session.transaction);
      if (!now.has_value()) return now.error();
      outrun = now->id != current->id || now->version != current->version;
      if (outrun) return refuse(409, "PB-4051", {call.type});
      return putUpdate(session, draft, call.conditions, false, "PATCH");
    });
    if (outrun) continue;
    if (!answer.refused())
      answer.issues.insert(answer.issues.begin(), made->warnings.begin(), made->warnings.end());
    return answer;
  }
  return refuse(409, "PB-4051", {call.type});
}

}  // namespace planbro::service
