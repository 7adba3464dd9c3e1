// The one writer of a process: a thread that commits in groups.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/error.h"
#include "store/postgres/session.h"
#include "store/postgres/transaction.h"
#include "store/store.h"
#include "store/write_queue.h"

namespace planbro::store::postgres {

// A connection that is lost is made anew and the group run again, for options.busy_wait_ms; where
// the loss fell into a commit, the server is asked whether it counts (pg_xact_status); without an
// answer, kUnknownOutcome.
class Writer {
 public:
  Writer(std::unique_ptr<Session> session, const PostgresOptions& options);
  // Finishes what waits.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Any thread. Each of `works` in order; returns after the commits are on disk, or after failures.
  std::vector<Status> runAll(std::span<const std::function<Status(Transaction&)>> works) {
    return queue_.runAll(works);
  }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class End : std::uint8_t { kCommitted, kFailed, kTryAgain };

  void serve();
  Status commit(const WriteQueue::Group& waiting);
  End tryOnce(const WriteQueue::Group& waiting, Status& status);
  Status begin(Group& group, std::int64_t& transaction);
  // False when the whole group is lost; a refusal of this one alone stands in its result.
  bool runOne(WriteQueue::Waiting& one, Group& group, Status& status);
  End end(Group& group, std::int64_t transaction, Status& status);
  End askWhether(std::int64_t transaction, Status& status);
  bool reconnect(Status& status);
  // The planner knows nothing of tables that have just grown, and autovacuum looks once a minute.
  void analyzeWhatHasGrown();

  PostgresOptions options_;
  WriteQueue queue_;
  std::unique_ptr<Session> session_;  // nullptr after a loss
  RecentChanges changes_;
  std::int64_t newest_ = 0;     // sequence that this process has committed
  std::int64_t analyzed_ = -1;  // sequence up to which the planner knows; -1: not yet asked
  std::thread thread_;          // last: uses everything above
};

}  // namespace planbro::store::postgres
