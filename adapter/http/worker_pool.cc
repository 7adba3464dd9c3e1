#include "http/worker_pool.h"

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

namespace planbro::http {

WorkerPool::WorkerPool(unsigned threads, std::size_t max_queued)
    : workers_(std::max(threads, 1U)), max_queued_(max_queued) {
  for (std::size_t i = 0; i < workers_; ++i) threads_.emplace_back([this] { run(); });
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
    // What a free worker is about to take does not wait.
    const std::size_t free = isFree() ? workers_ - running_ : 0;
    if (stopped_ || (queue_.size() >= limit && queue_.size() - limit >= free)) return false;
    queue_.push_back(std::move(work));
    callOne();
  }
  return true;
}

void WorkerPool::callOne() {
  if (queue_.empty() || !isFree() || stopped_) return;
  if (idle_ == 0 && threads_.size() < workers_ + kMostBlocked) {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      // The system gives no more threads: those that there are do it when they are done.
    }
    return;
  }
  arrived_.notify_one();
}

void WorkerPool::blocked() {
  const std::lock_guard lock(mutex_);
  --running_;
  callOne();
}

void WorkerPool::resumed() {
  const std::lock_guard lock(mutex_);
  ++running_;
}

void WorkerPool::run() {
  setBlockingObserver(this);
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    arrived_.wait(lock, [this] { return stopped_ || (isFree() && !queue_.empty()); });
    --idle_;
    if (stopped_) return;
    ++running_;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    --running_;
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
