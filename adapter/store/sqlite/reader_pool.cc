#include "store/sqlite/reader_pool.h"

namespace planbro::store::sqlite {

Result<std::unique_ptr<Session>> ReaderPool::take() {
  {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return !kept_out_ && (!free_.empty() || lent_ < options_.readers); };
    if (!freed_.wait_for(lock, std::chrono::milliseconds(options_.reader_wait_ms), ready))
      return fail(ErrorCode::kUnavailable, "The store has too many readers: try again later.");
    ++lent_;
    if (!free_.empty()) {
      std::unique_ptr<Session> session = std::move(free_.back());
      free_.pop_back();
      return session;
    }
  }
  Connection::Options options;
  options.read_only = true;
  options.busy_wait_ms = options_.busy_wait_ms;
  options.cache_bytes = options_.cache_bytes / 4;
  auto connection = Connection::open(options_.path, options);
  if (connection) return std::make_unique<Session>(std::move(*connection), dictionaries_, &bodies_);
  giveBack(nullptr);
  return std::unexpected(connection.error());
}

void ReaderPool::giveBack(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (session != nullptr) free_.push_back(std::move(session));
    if (kept_out_) {
      if (lent_ == 0) all_back_.notify_one();
      return;
    }
  }
  freed_.notify_one();
}

bool ReaderPool::keepOut(std::chrono::milliseconds wait) {
  {
    std::unique_lock lock(mutex_);
    kept_out_ = true;
    if (all_back_.wait_for(lock, wait, [&] { return lent_ == 0; })) return true;
  }
  letIn();
  return false;
}

void ReaderPool::letIn() {
  {
    const std::lock_guard lock(mutex_);
    kept_out_ = false;
  }
  freed_.notify_all();
}

}  // namespace planbro::store::sqlite
