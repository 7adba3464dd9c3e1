#include "service/async_jobs.h"

#include <utility>

namespace planbro::service {

AsyncJobs::~AsyncJobs() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AsyncJobs::submit(std::function<void()> job) {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(job));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
}

std::string AsyncJobs::owner(const std::function<std::string()>& make) {
  const std::scoped_lock lock(mutex_);
  if (owner_.empty()) owner_ = make();
  return owner_;
}

void AsyncJobs::run() {
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (ending_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job();
  }
}

}  // namespace planbro::service
