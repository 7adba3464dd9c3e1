// Pushing plans to a peer: what changed since the last time, one transaction a plan.
//
// A run reads the store's change log from the peer's cursor, finds the individuell plans that the
// changes touch, and sends each whose content differs from what was last sent. A plan no consent
// covers is held back; one the peer refuses, or has changed itself, is noted as open and does not
// stop the others; open ones are looked at again in every run. When the peer cannot be reached the
// run stops and the cursor stays, so that the next run begins where this one did. Where the change
// log has forgotten what came after the cursor, every plan is looked at.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"
#include "sync/journal.h"
#include "sync/peer.h"
#include "sync/plan_bundle.h"

namespace planbro::sync {

struct PushOptions {
  unsigned attempts = 4;  // to reach the peer, for one plan
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds longest_pause{30'000};  // pauses double up to this
  std::uint32_t changes = 1000;                     // of the log, between two moves of the cursor
  bool retry_refused = false;  // send refused plans again although nothing changed
};

struct PushReport {
  std::uint32_t sent = 0;
  std::uint32_t unchanged = 0;
  std::vector<OpenItem> open;    // all of the peer, after the run
  std::optional<Error> stopped;  // why the run could not go on
};

class Push {
 public:
  // What is handed in must outlive the object. `pause` waits before another attempt.
  Push(store::Store& store, const Peer& peer, PeerConnection& connection, const Clock& clock,
       std::function<void(std::chrono::milliseconds)> pause, PushOptions options = {});

  // One round, to the end of the log. An error is the store's; the peer's stand in the report.
  Result<PushReport> run();

 private:
  Result<PushReport> pushAll();
  // What is to be looked at next, and where the log goes on behind it.
  struct Work {
    std::set<std::string> plans;
    std::uint64_t cursor = 0;
    bool last = false;  // nothing has changed since
  };
  Result<Work> nextWork();
  Status pushPlan(const std::string& plan, PushReport& report);
  Result<service::Response> sendPlan(const PlanBundle& bundle);
  Status note(const std::string& plan, std::optional<OpenItem> item);
  Status noteSent(const std::string& plan, const SentPlan& sent);

  store::Store& store_;
  const Peer& peer_;
  PeerConnection& connection_;
  const Clock& clock_;
  const std::function<void(std::chrono::milliseconds)> pause_;
  const PushOptions options_;
  const Journal journal_;
  std::map<std::string, OpenItem> open_;
};

// Settles an open conflict or refusal in favour of our version: the next run sends it without
// asking for the version the peer had. kNotFound when nothing of that plan is open.
Status keepOurs(store::Store& store, std::string_view peer_name, std::string_view plan);

}  // namespace planbro::sync
