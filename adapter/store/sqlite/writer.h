// The one writer: a thread that commits in groups.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/view.h"
#include "store/store.h"

namespace planbro::store::sqlite {

// While one group is written and synced, the next ones gather: no delay is put in. When a group
// fails as a whole (disk full), each of its transactions is tried alone, so that each gets its own
// answer.
class Writer {
 public:
  Writer(std::unique_ptr<Connection> connection, const SqliteOptions& options);
  // Finishes what waits.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Any thread. Returns after the commit is on disk, or after the failure.
  Status run(const std::function<Status(Transaction&)>& work);

 private:
  struct Waiting;

  void serve();
  void commit(const std::vector<Waiting*>& group);
  // Whether the group was committed; the results stand in it.
  Status commitTogether(const std::vector<Waiting*>& group);
  Status runOne(Waiting& one, std::int64_t& last_sequence);
  Status clearIndex();

  SqliteOptions options_;
  Session session_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable finished_;
  std::deque<Waiting*> queue_;
  bool stopping_ = false;
  std::thread thread_;  // last: uses everything above
};

}  // namespace planbro::store::sqlite
