// What sync remembers of a peer, kept in the store beside the resources.
//
// Values: sync/NAME/cursor, sync/NAME/status, sync/NAME/open and, a plan, sync/NAME/plan/ID.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/store.h"
#include "sync/references.h"

namespace planbro::sync {

// The state of the exchange with a peer. Points in time are FHIR instants; "" is never.
struct PeerStatus {
  std::string last_run;
  std::string last_success;   // a run that reached the peer, or had nothing to say to it
  std::string failing_since;  // "" when the last run succeeded
  std::string error;          // why the last run stopped
};

// A plan that did not get through, and why: for people to look at.
struct OpenItem {
  enum class Kind : std::uint8_t {
    kHeldBack,  // not sent: no consent covers it, or it cannot be sent
    kRefused,   // the peer said no
    kConflict,  // the peer has a newer version of its own
  };
  std::string plan;  // logical id
  Kind kind = Kind::kHeldBack;
  std::string since;
  std::string last_tried;
  std::uint32_t tries = 0;
  int status = 0;       // the peer's, 0 for kHeldBack
  std::string hash;     // of the content that was refused
  std::string outcome;  // OperationOutcome, JSON
};
std::string_view kindCode(OpenItem::Kind kind);  // "held-back"

// What was last sent of a plan.
struct SentPlan {
  std::string hash;
  std::string sent;                      // when
  std::map<LocalId, std::string> etags;  // the peer's versions of what it wrote
};

// One peer's part of the store's values. Reading tells kCorrupt when a value does not read.
class Journal {
 public:
  explicit Journal(std::string_view peer_name) : prefix_("sync/" + std::string(peer_name) + "/") {}

  Result<std::uint64_t> cursor(store::Reader& reader) const;
  Result<PeerStatus> status(store::Reader& reader) const;
  Result<std::vector<OpenItem>> open(store::Reader& reader) const;  // sorted by plan
  Result<SentPlan> sent(store::Reader& reader, std::string_view plan) const;

  Status setCursor(store::Transaction& transaction, std::uint64_t cursor) const;
  Status setStatus(store::Transaction& transaction, const PeerStatus& status) const;
  Status setOpen(store::Transaction& transaction, const std::vector<OpenItem>& items) const;
  Status setSent(store::Transaction& transaction, std::string_view plan,
                 const SentPlan& sent) const;

 private:
  Result<std::optional<std::string>> value(store::Reader& reader, std::string_view name) const;

  std::string prefix_;
};

}  // namespace planbro::sync
