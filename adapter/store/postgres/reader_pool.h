// Connections for reading, made when first needed and lent one at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "store/postgres/session.h"

namespace planbro::store::postgres {

// Any thread.
class ReaderPool {
 public:
  explicit ReaderPool(const PostgresOptions& options) : options_(options) {}

  // What is done while the server is away: it is waited for, or the caller told at once.
  enum class Away : std::uint8_t { kWaitedFor, kTold };

  // A session inside a transaction that sees this moment, of which `last` is the newest sequence.
  // kUnavailable after options.reader_wait_ms without a free one, or without a server.
  Result<std::unique_ptr<Session>> take(std::int64_t& last, Away away = Away::kWaitedFor);
  // Ends the transaction.
  void giveBack(std::unique_ptr<Session> session);

 private:
  Result<std::unique_ptr<Session>> tryToBegin(std::int64_t& last);
  std::unique_ptr<Session> takeFree();
  void release(std::unique_ptr<Session> session);

  PostgresOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Session>> free_;
  std::uint32_t lent_ = 0;
};

}  // namespace planbro::store::postgres
