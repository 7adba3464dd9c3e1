// What all writing interactions share: checks before, one store transaction, new versions, checks
// of the whole before the commit.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/call.h"
#include "service/draft.h"
#include "store/store.h"

namespace planbro::service {

struct AheadChecks;

// A running store transaction and what was written in it.
struct WriteSession {
  // `seen` is `whole` as the caller sees it; the checks look at the whole.
  WriteSession(const Context& the_context, store::Transaction& seen, store::Transaction& whole)
      : context(the_context), transaction(seen), now(the_context.now()), plans(whole) {}

  const Context& context;
  store::Transaction& transaction;
  Instant now;
  std::vector<fhir::Resource> written;
  plan::PlanReader plans;          // what the checks look at
  AheadChecks* checked = nullptr;  // what they say, where they need not be asked any more
};

// Runs `work` in one store transaction of `call`. A refusal (status 400 and above) leaves no trace;
// else the checks look at the whole, and what they refuse leaves no trace either. `work` may run
// twice.
Answer inTransaction(const Call& call, const std::function<Answer(WriteSession&)>& work);

// The same in two steps, for many at once: `run` is what the store shall run, `answer` what came of
// it. `call` and `work` must outlive it.
class Write {
 public:
  Write(const Call& call, std::function<Answer(WriteSession&)> work)
      : call_(&call), work_(std::move(work)) {}
  Status run(store::Transaction& transaction);
  Answer answer(const Status& done) &&;

 private:
  const Call* call_;
  std::function<Answer(WriteSession&)> work_;
  Answer answer_;
  bool rehearsed_ = false;
};

// The refusal if the call's body is missing, of another type than the address says, or not
// accepted by the checks; warnings are added to `issues`.
std::optional<Answer> refusedBody(const Call& call, std::vector<fhir::Issue>& issues);
// The refusal if one of the references that a resource of that type is written with is conditional:
// only a transaction makes it the one resource that matches. Source: FHIR R4, http.html, section
// 3.1.0.11.2.
std::optional<Answer> refusedReferences(std::string_view type,
                                        std::span<const std::string> references);

// Writes version 1 under an id that the server has just made up.
// Drafts are as before afterwards.
Answer putNew(WriteSession& session, Draft& draft, std::string_view method = "POST");
// Writes the next version of a resource, or its first where settings or `may_create` allow it. What
// equals the current version makes no new one. Conditions are those of the call.
Answer putUpdate(WriteSession& session, Draft& draft, const Conditions& conditions, bool may_create,
                 std::string_view method = "PUT");
// The same where the current version has just been read in this session.
Answer putNext(WriteSession& session, Draft& draft, const Conditions& conditions,
               store::Version current, std::string_view method = "PUT");
// A resource as a PATCH found it, and what the PATCH makes of it.
struct PatchedResource {
  fhir::Resource before, after;
  std::vector<fhir::Issue> warnings;  // of the checks
};

// What the call's patch makes of `current`, checked like a body; or the refusal, also by the call's
// conditions.
std::expected<PatchedResource, Answer> patched(const Call& call, const store::Version& current);
// The references that the patch has put there. What is stored already must not make it fail.
std::vector<std::string> newReferences(const PatchedResource& patched);
// Writes a deletion; what does not exist is deleted already.
Answer putDeletion(WriteSession& session, std::string_view type, std::string_view id,
                   const Conditions& conditions);

// The answer of a conditional create that has its match.
Answer found(store::Version version);
// The same where another entry of the transaction has just created it: `created` is its answer.
Answer found(const Answer& created);

// The answer of a write that ends at a stored version: body, ETag, Last-Modified, Location.
Answer showing(int status, store::Version version);

}  // namespace planbro::service
