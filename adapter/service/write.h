// What all writing interactions share: checks before, one store transaction, new versions, checks
// of the whole before the commit.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "service/call.h"
#include "service/draft.h"
#include "store/store.h"

namespace planbro::service {

// A running store transaction and what was written in it.
struct WriteSession {
  const Context& context;
  store::Transaction& transaction;
  Instant now;
  std::vector<fhir::Resource> written;
};

// Runs `work` in one store transaction of `call`. A refusal (status 400 and above) leaves no trace;
// else the checks look at the whole, and what they refuse leaves no trace either. `work` may run
// twice.
Answer inTransaction(const Call& call, const std::function<Answer(WriteSession&)>& work);

// The refusal if the call's body is missing, of another type than the address says, or not
// accepted by the checks; warnings are added to `issues`.
std::optional<Answer> refusedBody(const Call& call, std::vector<fhir::Issue>& issues);

// Writes version 1.
Answer putNew(WriteSession& session, const Draft& draft);
// Writes the next version of a resource, or its first where settings or `may_create` allow it. What
// equals the current version makes no new one. Conditions are those of the call.
Answer putUpdate(WriteSession& session, const Draft& draft, const Conditions& conditions,
                 bool may_create);
// Writes a deletion; what does not exist is deleted already.
Answer putDeletion(WriteSession& session, std::string_view type, std::string_view id,
                   const Conditions& conditions);

// The answer of a conditional create that has its match.
Answer found(store::Version version);

// The answer of a write that ends at a stored version: body, ETag, Last-Modified, Location.
Answer showing(int status, store::Version version);

}  // namespace planbro::service
