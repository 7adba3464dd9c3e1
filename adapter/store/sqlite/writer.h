// The one writer: a thread that commits in groups.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/error.h"
#include "store/recent_changes.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/view.h"
#include "store/store.h"
#include "store/write_queue.h"

namespace planbro::store::sqlite {

// The write-ahead log is folded back between the groups, after their answers.
//
// A savepoint for each transaction of a group would cost a copy of every page that it changes. So
// there is none, until one has to be undone: then its group is run again with savepoints, and the
// next ones have them too.
class Writer {
 public:
  // `readers` outlive it.
  Writer(std::unique_ptr<Connection> connection, const SqliteOptions& options,
         std::shared_ptr<const Dictionaries> dictionaries, ReaderPool& readers);
  // Finishes what waits.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Any thread. Each of `works` in order; returns after the commits are on disk, or after failures.
  std::vector<Status> runAll(std::span<const std::function<Status(Transaction&)>> works) {
    return queue_.runAll(works);
  }

 private:
  void serve();
  // Whether the group was committed; the results stand in it.
  Status commit(const WriteQueue::Group& group);
  // False: one of several was refused after it had written, nothing was kept, and the group is to
  // be run `apart`, each with a savepoint.
  Result<bool> commit(const WriteQueue::Group& group, bool apart);
  Result<bool> runOne(WriteQueue::Waiting& one, bool apart);
  Status clearIndex();
  bool logIsLong();
  void foldLog();
  void beginLogAnew();

  SqliteOptions options_;
  WriteQueue queue_;
  Session session_;
  RecentChanges changes_;
  ReaderPool* readers_;
  std::chrono::milliseconds patience_;  // how long readers are waited for next time
  std::size_t long_log_;      // pages: what is written again until then is folded back once
  int apart_ = 0;             // groups that are still to be run apart
  std::size_t tried_at_ = 0;  // pages in the log when it was last to be folded back
  std::thread thread_;        // last: uses everything above
};

}  // namespace planbro::store::sqlite
