// Many transactions at a time, as imports have them: read and checked on any thread, then run in
// their order, each by itself, with shared commits. What comes back are the parts of an answer, not
// a Bundle's text.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fhir/issue.h"
#include "json/document.h"

namespace planbro::service {

class FhirService;

// What became of one entry.
struct EntryOutcome {
  std::string type;
  std::string id;  // empty: nothing was written
  std::uint64_t version = 0;
  bool created = false;
  bool unchanged = false;  // nothing to do: it is as stored
  std::string body;        // compact JSON as stored; in a rehearsal as it would be
};

struct TransactionOutcome {
  int status = 200;  // 400 and above: refused, without a trace
  // Reasons of the refusal; otherwise what the checks told about the whole. With expressions that
  // begin "Bundle.entry[…]".
  std::vector<fhir::Issue> issues;
  std::vector<EntryOutcome> entries;  // in the Bundle's order; empty if refused
};

// A transaction Bundle, read and checked; what is wrong with it stands in its outcome.
class PreparedTransaction {
 public:
  struct State;
  explicit PreparedTransaction(std::unique_ptr<State> state);
  PreparedTransaction(PreparedTransaction&&) noexcept;
  PreparedTransaction& operator=(PreparedTransaction&&) noexcept;
  ~PreparedTransaction();
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// `bundle` may be bound to other definitions than the service's: a logical model's. Any thread;
// `service` must outlive the result.
PreparedTransaction prepareTransaction(const FhirService& service, const json::DocumentPtr& bundle);

// One outcome each. In a rehearsal nothing is stored, and none sees what another would have
// written.
std::vector<TransactionOutcome> runTransactions(const FhirService& service,
                                                std::span<PreparedTransaction> transactions,
                                                bool rehearsal);

}  // namespace planbro::service
