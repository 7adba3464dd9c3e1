#include "store/postgres/reader_pool.h"

#include <chrono>
#include <thread>
#include <utility>

#include "base/blocked.h"

namespace planbro::store::postgres {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{50};

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

Result<std::unique_ptr<Session>> ReaderPool::take(std::int64_t& last, Away away) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.reader_wait_ms);
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, until, [&] { return lent_ < options_.readers; }))
      return fail(ErrorCode::kUnavailable, "The store has too many readers: try again later.");
    ++lent_;
  }
  while (true) {
    auto begun = tryToBegin(last);
    if (begun) return begun;
    if (away == Away::kTold || begun.error().code != ErrorCode::kUnavailable ||
        std::chrono::steady_clock::now() + kBetweenTries >= until) {
      release(nullptr);
      return begun;
    }
    const Blocked blocked;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

// Connections that were lost meanwhile are thrown away; a new one tells whether a server is there.
Result<std::unique_ptr<Session>> ReaderPool::tryToBegin(std::int64_t& last) {
  while (std::unique_ptr<Session> session = takeFree()) {
    if (const auto begun = begin(*session)) {
      last = *begun;
      return session;
    }
  }
  PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Session> opened,
                           Session::open(options_, readingOptions(options_)));
  PLANBRO_ASSIGN_OR_RETURN(last, begin(*opened));
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
