// What the checks ask of a whole commit: what follows from it and has to be written besides, and
// whether it may be. Internal to service/.
//
// A create and a transaction of new resources can ask them before its turn at the store's one
// writer: what they say depends on the resources, on what else they were told by the store and on
// the day. Where all of these are still the same inside the transaction, so is the answer;
// otherwise they are asked there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"
#include "plan/plan_reader.h"
#include "service/call.h"
#include "service/draft.h"
#include "store/store.h"

namespace planbro::service {

struct WriteSession;

// Asks all of it inside the store's transaction, and writes what follows. The refusal of what
// follows, or nothing; an error: a check could not be made.
Result<std::optional<Answer>> checkCommit(WriteSession& session, std::vector<fhir::Issue>& issues);
// The same where WriteSession::checked holds what they say.
std::optional<Answer> commitChecked(WriteSession& session, std::vector<fhir::Issue>& issues);

struct AheadChecks {
  std::vector<fhir::Issue> issues;
  std::vector<Draft> more;              // what follows; nothing has ever stood under these ids
  std::vector<fhir::Resource> written;  // without what follows, in the order of writing
  std::vector<std::string> read;        // addresses of what the store was asked for
  std::uint64_t moment = 0;             // of the snapshot that was asked
  std::string day;                      // in Norway
};

// A resource that will be written under an id just made up, with its index rows.
struct AheadWrite {
  fhir::Resource resource;
  std::span<const store::IndexRow> index;
};

// Nothing: they have to be asked inside the transaction.
std::optional<AheadChecks> checkAhead(const Context& context, store::Reader& view,
                                      std::span<const AheadWrite> writes);

// Whether they would surely say the same now.
bool stillHolds(const AheadChecks& checks, const WriteSession& session);

}  // namespace planbro::service
