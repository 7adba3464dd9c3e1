// What a transaction comes to inside the store's: shared by the interaction and by many
// transactions at once (transactions.h). Internal to service/. FHIR R4, http.html,
// section 3.1.0.11.
//
// The entries are read and checked first, with every fault reported; then, alone among writers:
// conditions are resolved to ids, references rewritten, and the entries run in the order DELETE,
// POST, PUT and PATCH, GET. What will be written is made before, from what the store holds then, so
// that the one writer has only to see that it still holds it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "service/bundle_entry.h"
#include "service/call.h"
#include "service/commit_checks.h"
#include "service/draft.h"
#include "service/entry_conditions.h"

namespace planbro::service {

struct WriteSession;

// What an entry will write if its condition still leads where it led when this was made.
struct AheadDraft {
  Draft draft;
  bool conditional_reference = false;  // one of its references has to be looked up again
};

struct TransactionEntries {
  std::vector<BundleEntry> entries;
  // By entry, where one may be needed: given before the store's transaction begins, so that a
  // second run gives the same.
  std::vector<std::string> new_ids;
  ConditionsMet met;                               // by entry
  std::vector<std::optional<AheadDraft>> ahead;    // by entry
  std::vector<std::optional<store::Query>> asked;  // by entry, see TransactionResolution
  std::optional<AheadChecks> checks;               // of the whole, where they could be asked before
};

struct EntryAnswer {
  Answer answer;
  std::string id;  // of the resource that the entry is about; empty if there is none
};

// `call` carries a Bundle of type transaction.
std::expected<TransactionEntries, Answer> readTransaction(const Call& call);

// One answer an entry, or the refusal of the whole, which has to leave no trace. What
// is in `entries` is as before afterwards: it may run again.
std::expected<std::vector<EntryAnswer>, Answer> runTransaction(const Call& call,
                                                               TransactionEntries& entries,
                                                               WriteSession& session);

}  // namespace planbro::service
