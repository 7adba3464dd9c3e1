// What the checks ask of a whole commit: what follows from it and has to be written besides, and
// whether it may be. Internal to service/.
//
// A transaction of new resources can ask them before its turn at the store's one writer: what they
// say depends on the resources, on what else they were told by the store and on the day. Where all
// of these are still the same inside the transaction, so is the answer; otherwise they are asked
// there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  std::map<std::string, std::uint64_t, std::less<>> versions;  // by address; 0: not there
  std::string day;                                             // in Norway
};

// A resource that will be written under an id just made up, with its index rows.
struct AheadWrite {
  fhir::Resource resource;
  std::span<const store::IndexRow> index;
};

// Nothing: they have to be asked inside the transaction.
std::optional<AheadChecks> checkAhead(const Context& context, store::Reader& view,
                                      std::span<const AheadWrite> writes);

// Whether they would say the same now. `versionOf` tells the current version of an address as the
// transaction sees it, 0 for none.
bool stillHolds(const AheadChecks& checks, const WriteSession& session,
                const std::function<std::uint64_t(std::string_view address)>& version_of);

}  // namespace planbro::service
