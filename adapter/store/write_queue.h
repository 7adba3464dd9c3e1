// Transactions that wait for the one writer of a process, under the writers of every store:
// callers of any thread put their work in and wait, the writer's thread takes it out in groups.
// While one group is written the next one gathers: no delay is put in.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/blocked.h"
#include "base/error.h"
#include "store/store.h"

namespace planbro::store {

class WriteQueue {
 public:
  struct Waiting {
    const std::function<Status(Transaction&)>* work;
    Status result;
    Parking* caller = nullptr;  // of the last of the works that came with it

    // Runs the work; an exception of a library is a kInternal result.
    void runIn(Transaction& transaction);
  };
  using Group = std::vector<Waiting*>;

  // At most `group` in one group; where `most` wait already, more are refused with kUnavailable.
  WriteQueue(std::uint32_t group, std::uint32_t most) : group_(group), most_(most) {}

  // Any thread but the writer's own (kInvalidArgument). The works stand one behind the other;
  // returns when the writer has done them all.
  std::vector<Status> runAll(std::span<const std::function<Status(Transaction&)>> works);
  // Takes in no more; what waits is still given out.
  void close();

  // The writer's thread. Waits for the next group; an empty one: closed, and nothing is left.
  Group next();
  // Waits no longer than that; whether there is something to do.
  bool comesWithin(std::chrono::milliseconds time);
  static void done(const Group& group);

 private:
  bool isCalled() const { return closed_ || !waiting_.empty(); }

  const std::uint32_t group_;
  const std::uint32_t most_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Waiting*> waiting_;
  std::thread::id writer_;
  bool closed_ = false;
};

// Commits a group by `commit`. Where it fails as a whole each is tried alone, so that each gets its
// own answer, unless `for_all` says that the failure is everybody's.
void commitTogetherOrAlone(const WriteQueue::Group& group,
                           const std::function<Status(const WriteQueue::Group&)>& commit,
                           const std::function<bool(const Status&)>& for_all);

}  // namespace planbro::store
