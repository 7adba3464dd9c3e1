#include "store/postgres/reader_pool.h"

#include <chrono>
#include <utility>

namespace planbro::store::postgres {
namespace {

Result<std::int64_t> begin(Session& session) {
  session.connection->queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  // The snapshot is taken with the first statement.
  PLANBRO_ASSIGN_OR_RETURN(
      const Rows rows, session.connection->ask("SELECT coalesce(max(sequence),0) FROM version"));
  return rows.integer(0, 0);
}

}  // namespace

std::unique_ptr<Session> ReaderPool::takeFree() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return nullptr;
  std::unique_ptr<Session> session = std::move(free_.back());
  free_.pop_back();
  return session;
}

Result<std::unique_ptr<Session>> ReaderPool::take(std::int64_t& last) {
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, std::chrono::milliseconds(options_.reader_wait_ms),
                         [&] { return lent_ < options_.readers; }))
      return fail(ErrorCode::kUnavailable, "The store has too many readers: try again later.");
    ++lent_;
  }
  // Connections that were lost meanwhile are thrown away; a new one tells whether a server is
  // there.
  while (std::unique_ptr<Session> session = takeFree()) {
    if (const auto begun = begin(*session)) {
      last = *begun;
      return session;
    }
  }
  auto opened = Session::open(options_, readingOptions(options_));
  Result<std::int64_t> begun = opened ? begin(**opened) : std::unexpected(opened.error());
  if (!begun) {
    release(nullptr);
    return std::unexpected(begun.error());
  }
  last = *begun;
  return opened;
}

void ReaderPool::giveBack(std::unique_ptr<Session> session) {
  session->connection->forget();
  session->connection->queue("ROLLBACK");
  session->connection->dispatch();
  if (!session->connection->usable()) session.reset();
  release(std::move(session));
}

void ReaderPool::release(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (session != nullptr) free_.push_back(std::move(session));
  }
  freed_.notify_one();
}

}  // namespace planbro::store::postgres
