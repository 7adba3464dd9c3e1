#include "http/worker_pool.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace planbro::http {

WorkerPool::WorkerPool(unsigned threads, std::size_t max_queued) : max_queued_(max_queued) {
  idle_ = std::max(threads, 1U);
  for (std::size_t i = idle_; i > 0; --i) threads_.emplace_back([this] { run(); });
}

bool WorkerPool::submit(std::function<void()> work) {
  return enqueue(std::move(work), max_queued_);
}

bool WorkerPool::submitMore(std::function<void()> work) {
  return enqueue(std::move(work), std::numeric_limits<std::size_t>::max());
}

bool WorkerPool::enqueue(std::function<void()> work, std::size_t limit) {
  {
    const std::lock_guard lock(mutex_);
    // What an idle worker is about to take does not wait.
    if (stopped_ || (queue_.size() >= limit && queue_.size() - limit >= idle_)) return false;
    queue_.push_back(std::move(work));
  }
  arrived_.notify_one();
  return true;
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (stopped_) return;
    --idle_;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    ++idle_;
  }
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    threads.swap(threads_);
    dropped.swap(queue_);
  }
  arrived_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace planbro::http
