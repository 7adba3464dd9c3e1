// Threads that run work in order of arrival, behind a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace planbro::http {

// Any thread may call every method, but stop() and the destructor not from a worker.
class WorkerPool {
 public:
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

  const std::size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> queue_;
  std::size_t idle_ = 0;  // workers without work, those not yet running included
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace planbro::http
