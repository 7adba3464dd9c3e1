// Requests that are answered later: Prefer: respond-async on any interaction but $export, which has
// its own form (export.cc).
//
// The answer is kept as a named value of the store, so that every replica finds it; the work is
// done by this process. There are kAsyncSlots places for answers, used again when they have
// expired: what is kept is bounded.
// Source: FHIR R4, async.html (asynchronous request pattern), with the answer as R5 gives it: a
// Bundle batch-response of one entry (async-bundle.html), since R4's manifest is for bulk data
// alone. docs/api/async.md. Internal to service/.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace planbro::service {

inline constexpr std::size_t kAsyncSlots = 64;
inline constexpr std::int64_t kAsyncLifeMicros = std::int64_t{3600} * 1'000'000;
// A job of another process that has not ended by then was interrupted.
inline constexpr std::int64_t kAsyncLongestMicros = std::int64_t{600} * 1'000'000;
inline constexpr std::size_t kMaxAsyncAnswer = std::size_t{16} << 20;  // bytes of one answer

// The thread that does the work, one job after the other. Any thread may submit.
class AsyncJobs {
 public:
  AsyncJobs() = default;
  ~AsyncJobs();  // waits for the job under way; those behind it are given up
  AsyncJobs(const AsyncJobs&) = delete;
  AsyncJobs& operator=(const AsyncJobs&) = delete;

  void submit(std::function<void()> job);
  // The name of this process among those that share the store; `make` gives it once.
  std::string owner(const std::function<std::string()>& make);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::string owner_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace planbro::service
