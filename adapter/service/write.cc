#include "service/write.h"

#include <algorithm>

#include "search/search_request.h"
#include "service/commit_checks.h"
#include "service/conditions.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

// Aborts the store's transaction; the refusal itself travels beside it.
Status abandoned() { return fail(ErrorCode::kPreconditionFailed, "refused"); }

Answer put(WriteSession& session, Draft& draft, int status, std::string_view method,
           std::uint64_t version, Instant last_updated, bool fresh = false) {
  store::Put put;
  put.type = draft.type;
  put.id = draft.id;
  put.version = version;
  put.last_updated = last_updated;
  put.method = method;
  put.body = draft.body(version, last_updated);
  // Borrowed: rows are many and long.
  put.index = draft.index.has_value() ? std::move(*draft.index)
                                      : indexRows(session.context, draft.resource);
  const Status done = session.transaction.put(put);
  if (done.has_value()) session.plans.resources().wrote(draft.resource, put.index, fresh);
  draft.index = std::move(put.index);
  if (!done.has_value()) return refuse(done.error());
  session.written.push_back(draft.resource);
  Answer answer;
  answer.resource = std::move(put.body);
  answer.status = status;
  answer.written = true;
  answer.etag = etagOf(version);
  answer.last_modified = last_updated;
  answer.location = draft.type + "/" + draft.id + "/_history/" + std::to_string(version);
  return answer;
}

// Time never runs backwards within one resource, also when the clock does.
Instant notBefore(Instant now, const store::Version& current) {
  return std::max(now, current.last_updated);
}

}  // namespace

Status Write::run(store::Transaction& transaction) {
  std::optional<VisibleTransaction> limited;
  if (call_->visibility != nullptr) limited.emplace(transaction, *call_->visibility);
  store::Transaction& seen = limited.has_value() ? *limited : transaction;
  WriteSession session(*call_->context, seen, transaction);
  rehearsed_ = false;
  answer_ = work_(session);
  if (answer_.refused()) return abandoned();
  rehearsed_ = call_->rehearsal;
  if (limited.has_value()) limited->showAll();
  std::vector<fhir::Issue> issues;
  std::optional<Answer> stopped;
  if (session.checked != nullptr) {
    stopped = commitChecked(session, issues);
  } else {
    PLANBRO_ASSIGN_OR_RETURN(stopped, checkCommit(session, issues));
  }
  if (stopped.has_value()) {
    answer_ = std::move(*stopped);
    return abandoned();
  }
  const bool refused = fhir::hasErrors(issues);
  std::move(issues.begin(), issues.end(), std::back_inserter(answer_.issues));
  if (!refused) return rehearsed_ ? abandoned() : Status();
  answer_ = refuse(422, std::move(answer_.issues));
  return abandoned();
}

Answer Write::answer(const Status& done) && {
  if (done.has_value() || answer_.refused() || rehearsed_) return std::move(answer_);
  return refuse(done.error());
}

Answer inTransaction(const Call& call, const std::function<Answer(WriteSession&)>& work) {
  Write write(call, work);
  const Status done = call.context->parts.store->transact(
      [&](store::Transaction& transaction) { return write.run(transaction); });
  return std::move(write).answer(done);
}

std::optional<Answer> refusedBody(const Call& call, std::vector<fhir::Issue>& issues) {
  if (!call.body) return refuse(400, "PB-4007");
  if (call.body.type() != call.type)
    return refuse(400, "PB-4008", {std::string(call.body.type()), call.type},
                  {std::string(call.body.type()), "", {}});
  // The id that a PUT keeps is part of every address of the resource from now on.
  if (call.method == "PUT" && search::mentionsNationalIdentityNumber(call.body.id()))
    return refuse(400, "PB-4019", {call.type}, {call.type + ".id", "", {}});
  bool refused = false;
  for (const ConfiguredCheck& configured : call.context->parts.checks) {
    const Enforcement enforcement = configured.forType(call.type);
    if (enforcement == Enforcement::kOff) continue;
    std::vector<fhir::Issue> found;
    if (const Status done = configured.check->checkResource(call.body, found); !done.has_value())
      return refuse(done.error());
    if (enforcement == Enforcement::kWarn) weaken(found);
    refused = refused || fhir::hasErrors(found);
    std::move(found.begin(), found.end(), std::back_inserter(issues));
  }
  if (refused) return refuse(422, std::move(issues));
  return std::nullopt;
}

std::optional<Answer> refusedReferences(std::string_view type,
                                        std::span<const std::string> references) {
  for (const std::string& reference : references) {
    const std::size_t question = questionIn(reference);
    if (question == std::string::npos) continue;
    return refuse(400, "PB-4039", {reference.substr(0, question)}, {std::string(type), "", {}});
  }
  return std::nullopt;
}

Answer putNew(WriteSession& session, Draft& draft, std::string_view method) {
  return put(session, draft, 201, method, 1, session.now, true);
}

Answer putUpdate(WriteSession& session, Draft& draft, const Conditions& conditions, bool may_create,
                 std::string_view method) {
  auto current = session.transaction.read(draft.type, draft.id);
  if (!current.has_value() && current.error().code != ErrorCode::kNotFound)
    return refuse(current.error());
  if (current.has_value()) return putNext(session, draft, conditions, std::move(*current), method);
  if (auto refused = refusedByConditions(conditions, nullptr)) return std::move(*refused);
  if (!may_create && !session.context.settings.update_creates)
    return refuse(405, "PB-4018", {draft.type, draft.id});
  return put(session, draft, 201, "PUT", 1, session.now);
}

Answer putNext(WriteSession& session, Draft& draft, const Conditions& conditions,
               store::Version current, std::string_view method) {
  if (auto refused = refusedByConditions(conditions, &current)) return std::move(*refused);
  if (draft.sameAs(current)) {
    Answer answer = showing(200, std::move(current));
    answer.unchanged = true;
    answer.issues.push_back(fhir::makeIssue("PB-4062", {}, {draft.type + "/" + draft.id}));
    return answer;
  }
  return put(session, draft, current.deleted ? 201 : 200, method, current.version + 1,
             notBefore(session.now, current));
}

Answer putDeletion(WriteSession& session, std::string_view type, std::string_view id,
                   const Conditions& conditions) {
  Answer answer;
  answer.status = 204;
  answer.written = true;
  auto current = session.transaction.read(type, id);
  if (!current.has_value() && current.error().code != ErrorCode::kNotFound)
    return refuse(current.error());
  if (auto refused = refusedByConditions(conditions, current.has_value() ? &*current : nullptr))
    return std::move(*refused);
  if (!current.has_value()) return answer;
  if (!current->deleted) {
    store::Put deletion;
    deletion.type = type;
    deletion.id = id;
    deletion.version = current->version + 1;
    deletion.last_updated = notBefore(session.now, *current);
    deletion.method = "DELETE";
    deletion.deleted = true;
    if (const Status done = session.transaction.put(deletion); !done.has_value())
      return refuse(done.error());
    session.plans.resources().deleted(type, id);
    current->version = deletion.version;
    current->last_updated = deletion.last_updated;
  }
  answer.etag = etagOf(current->version);
  answer.last_modified = current->last_updated;
  return answer;
}

Answer found(store::Version version) {
  const std::string address = version.type + "/" + version.id;
  Answer answer = showing(200, std::move(version));
  answer.unchanged = true;
  answer.issues.push_back(fhir::makeIssue("PB-4064", {}, {address}));
  return answer;
}

Answer found(const Answer& created) {
  Answer answer = created;
  answer.status = 200;
  answer.unchanged = true;
  const std::string_view address =
      std::string_view(created.location).substr(0, created.location.find("/_history/"));
  answer.issues = {fhir::makeIssue("PB-4064", {}, {std::string(address)})};
  return answer;
}

Answer showing(int status, store::Version version) {
  Answer answer;
  answer.status = status;
  answer.written = true;
  answer.etag = etagOf(version.version);
  answer.last_modified = version.last_updated;
  answer.location =
      version.type + "/" + version.id + "/_history/" + std::to_string(version.version);
  answer.resource = std::move(version.body);
  return answer;
}

}  // namespace planbro::service
