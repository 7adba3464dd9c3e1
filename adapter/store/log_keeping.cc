#include "store/log_keeping.h"

#include <vector>

#include "base/log.h"

namespace planbro::store {

Result<LogRange> forgetChangesBefore(Store& store, Instant moment) {
  LogRange range;
  std::uint64_t last = 0;
  {
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, store.snapshot());
    PLANBRO_ASSIGN_OR_RETURN(range, reader->logRange());
    // The clock may have gone backwards: the log ends before the first that is too young.
    HistoryQuery query;
    query.after_sequence = range.forgotten;
    query.since = moment;
    query.count = 1;
    PLANBRO_ASSIGN_OR_RETURN(const std::vector<Version> kept, reader->history(query));
    last = kept.empty() ? range.newest : kept.front().sequence - 1;
  }
  if (last <= range.forgotten) return range;
  PLANBRO_RETURN_IF_ERROR(
      store.transact([&](Transaction& transaction) { return transaction.forgetChanges(last); }));
  range.forgotten = last;
  return range;
}

LogKeeper::LogKeeper(Store& store, const Clock& clock, std::chrono::seconds kept,
                     std::chrono::milliseconds pause)
    : store_(store), clock_(clock), kept_(kept), pause_(pause), thread_([this] { run(); }) {}

LogKeeper::~LogKeeper() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void LogKeeper::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    const auto range = forgetChangesBefore(store_, {clock_.now().micros - kept_.count()});
    if (!range) log::warn("the change log stays as long as it is: {}", range.error().message);
    lock.lock();
    ended_.wait_for(lock, pause_, [this] { return ending_; });
  }
}

}  // namespace planbro::store
