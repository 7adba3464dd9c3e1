// How long the change log is kept: older entries are forgotten, so that nobody has to be told what
// happened long ago. Versions stay, all of them (docs/decisions/0005-change-log-and-versions.md).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"

namespace planbro::store {

// The log forgets its entries up to the first one written at `moment` or later, and tells what it
// reaches then. Quick where little is new to forget; also while others write.
Result<LogRange> forgetChangesBefore(Store& store, Instant moment);

// Does so at once and then again and again, on a thread of its own, as long as it lives. What
// fails is logged and tried again the next time. Store and clock must outlive it.
class LogKeeper {
 public:
  LogKeeper(Store& store, const Clock& clock, std::chrono::seconds kept,
            std::chrono::milliseconds pause = std::chrono::hours(1));
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

 private:
  void run();

  Store& store_;
  const Clock& clock_;
  const std::chrono::microseconds kept_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;  // last: uses everything above
};

}  // namespace planbro::store
