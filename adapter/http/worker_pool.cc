#include "http/worker_pool.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

namespace planbro::http {
namespace {
thread_local bool has_waited = false;  // the work that this thread runs
}

WorkerPool::WorkerPool(unsigned threads, std::size_t max_queued)
    : workers_(std::max(threads, 1U)), max_queued_(max_queued) {
  for (std::size_t i = 0; i < workers_; ++i) threads_.emplace_back([this] { run(nullptr); });
}

bool WorkerPool::submit(std::function<void()> work) {
  return enqueue(std::move(work), max_queued_);
}

bool WorkerPool::submitMore(std::function<void()> work) {
  return enqueue(std::move(work), std::numeric_limits<std::size_t>::max());
}

bool WorkerPool::enqueue(std::function<void()> work, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  // What a free worker is about to take does not wait.
  const std::size_t free = isFree() ? workers_ - running_ : 0;
  if (stopped_ || (queue_.size() >= limit && queue_.size() - limit >= free)) return false;
  queue_.push_back(std::move(work));
  handOver();
  return true;
}

void WorkerPool::blocked() {
  has_waited = true;
  const std::lock_guard lock(mutex_);
  --running_;
  handOver();
}

void WorkerPool::ready(Signal& go_on) {
  const std::lock_guard lock(mutex_);
  ready_.push_back(&go_on);
  handOver();
}

void WorkerPool::handOver() {
  while (isFree() && !ready_.empty()) {
    Signal* const next = ready_.front();
    ready_.pop_front();
    ++running_;
    next->give();
  }
  while (isFree() && !queue_.empty() && !stopped_ && callThread()) {
  }
}

bool WorkerPool::callThread() {
  if (idle_.empty() && threads_.size() >= workers_ + kMostBlocked) return false;
  ++running_;
  if (!idle_.empty()) {
    Idle* const one = idle_.back();
    idle_.pop_back();
    one->work = takeWork();
    one->called.give();
    return true;
  }
  const auto work = std::make_shared<std::function<void()>>(takeWork());
  try {
    threads_.emplace_back([this, work] { run(std::move(*work)); });
    return true;
  } catch (const std::system_error&) {
    // The system gives no more threads: those that there are do it when they are done.
    queue_.push_front(std::move(*work));
    --running_;
    return false;
  }
}

std::function<void()> WorkerPool::takeWork() {
  std::function<void()> work = std::move(queue_.front());
  queue_.pop_front();
  return work;
}

void WorkerPool::run(std::function<void()> work) {
  setBlockingObserver(this);
  Idle own;
  std::unique_lock lock(mutex_);
  while (true) {
    if (work == nullptr) {
      if (stopped_) return;
      idle_.push_back(&own);
      lock.unlock();
      own.called.wait();
      if (own.work == nullptr) return;
      work = std::exchange(own.work, nullptr);
    } else {
      lock.unlock();
    }
    has_waited = false;
    work();
    work = nullptr;
    lock.lock();
    // What has waited goes before new work, but for every second time: a thread that goes on needs
    // none to be woken.
    if (!queue_.empty() && (ready_.empty() || has_waited)) {
      work = takeWork();
    } else {
      --running_;
      handOver();
    }
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
    for (Idle* const one : idle_) one->called.give();
    idle_.clear();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace planbro::http
