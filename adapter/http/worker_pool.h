// Threads that run work in order of arrival, behind a bounded queue. Work that says that it waits
// (base/blocked.h), as writes do while the disk makes them durable, lets other work go on: only
// what runs counts as a worker, and up to kMostBlocked threads more are made for what waits. No
// more than the workers run at once.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/blocked.h"

namespace planbro::http {

// Any thread may call every method, but stop() and the destructor not from a worker.
class WorkerPool final : private BlockingObserver {
 public:
  static constexpr std::size_t kMostBlocked = 64;

  WorkerPool(unsigned threads, std::size_t max_queued);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and nothing is done, when the queue is full or the pool has stopped. Work throws
  // nothing.
  bool submit(std::function<void()> work);
  // The rest of work that was accepted before: not counted against the limit.
  bool submitMore(std::function<void()> work);

  // Drops what is queued, waits for what runs.
  void stop();

 private:
  // A thread without work waits for both.
  struct Idle {
    std::function<void()> work;  // none: the pool stops
    Signal called;
  };

  bool enqueue(std::function<void()> work, std::size_t limit);
  void run(std::function<void()> work);
  void blocked() override;
  void ready(Signal& go_on) override;
  // With the lock:
  bool isFree() const { return running_ < workers_; }
  void handOver();    // what is free to what has waited, else to work
  bool callThread();  // for the first of the queue; false: there is none
  std::function<void()> takeWork();

  const std::size_t workers_;
  const std::size_t max_queued_;
  std::mutex mutex_;
  std::deque<std::function<void()>> queue_;
  std::deque<Signal*> ready_;  // of what has waited
  std::vector<Idle*> idle_;    // the last one is called first: its memory is still at hand
  std::size_t running_ = 0;    // what waits not included
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace planbro::http
