// Threads that run work in order of arrival, behind a bounded queue. Work that says that it waits
// (base/blocked.h), as writes do while the disk makes them durable, lets other work go on: only
// what runs counts as a worker, and up to kMostBlocked threads more are made for what waits.
#pragma once

#include <condition_variable>
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
  bool enqueue(std::function<void()> work, std::size_t limit);
  void run();
  void blocked() override;
  void resumed() override;
  bool isFree() const { return running_ < workers_; }
  void callOne();  // with the lock

  const std::size_t workers_;
  const std::size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> queue_;
  std::size_t running_ = 0;  // what waits not included; above workers_ while what waited goes on
  std::size_t idle_ = 0;     // threads that wait for work
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace planbro::http
