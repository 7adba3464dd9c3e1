#include "store/sqlite/reader_pool.h"

#include <chrono>

namespace planbro::store::sqlite {

Result<std::unique_ptr<Session>> ReaderPool::take() {
  {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return !free_.empty() || lent_ < options_.readers; };
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
  if (connection) return std::make_unique<Session>(std::move(*connection), dictionaries_);
  giveBack(nullptr);
  return std::unexpected(connection.error());
}

void ReaderPool::giveBack(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (session != nullptr) free_.push_back(std::move(session));
  }
  freed_.notify_one();
}

}  // namespace planbro::store::sqlite
