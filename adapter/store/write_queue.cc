#include "store/write_queue.h"

#include <exception>
#include <utility>

namespace planbro::store {

void WriteQueue::Waiting::runIn(Transaction& transaction) {
  try {
    result = (*work)(transaction);
  } catch (const std::exception&) {  // a library's: out of memory
    result = fail(ErrorCode::kInternal, "A transaction ended in an exception.");
  }
}

std::vector<Status> WriteQueue::runAll(std::span<const std::function<Status(Transaction&)>> works) {
  const auto refused = [&](ErrorCode code, const char* why) {
    return std::vector<Status>(works.size(), fail(code, why));
  };
  if (works.empty()) return {};
  Parking parking;
  std::vector<Waiting> own;
  own.reserve(works.size());
  for (const auto& work : works) own.push_back({.work = &work, .result = {}});
  // The queue is served in order: the last is done last.
  own.back().caller = &parking;
  {
    const std::scoped_lock lock(mutex_);
    if (std::this_thread::get_id() == writer_)
      return refused(ErrorCode::kInvalidArgument, "A transaction cannot begin inside another one.");
    if (closed_) return refused(ErrorCode::kUnavailable, "The store is closing.");
    if (waiting_.size() >= most_)
      return refused(ErrorCode::kUnavailable, "The store has too much to write: try again later.");
    for (Waiting& one : own) waiting_.push_back(&one);
  }
  arrived_.notify_one();
  parking.park();
  std::vector<Status> results;
  results.reserve(own.size());
  for (Waiting& one : own) results.push_back(std::move(one.result));
  return results;
}

void WriteQueue::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
}

WriteQueue::Group WriteQueue::next() {
  std::unique_lock lock(mutex_);
  writer_ = std::this_thread::get_id();
  arrived_.wait(lock, [&] { return isCalled(); });
  Group group;
  while (!waiting_.empty() && group.size() < group_) {
    group.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return group;
}

bool WriteQueue::comesWithin(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, time, [&] { return isCalled(); });
}

void WriteQueue::done(const Group& group) {
  for (const Waiting* one : group) {
    if (one->caller != nullptr) one->caller->unpark();
  }
}

void commitTogetherOrAlone(const WriteQueue::Group& group,
                           const std::function<Status(const WriteQueue::Group&)>& commit,
                           const std::function<bool(const Status&)>& for_all) {
  const Status together = commit(group);
  if (together) return;
  if (group.size() == 1 || for_all(together)) {
    for (WriteQueue::Waiting* one : group) {
      // Its own refusal says more than the failure of the empty commit.
      if (one->result) one->result = together;
    }
    return;
  }
  for (WriteQueue::Waiting* one : group) {
    const Status alone = commit({one});
    if (!alone && one->result) one->result = alone;
  }
}

}  // namespace planbro::store
