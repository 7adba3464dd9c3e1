#include "mapping/record_line.h"

#include <exception>
#include <system_error>
#include <utility>

namespace planbro::mapping {

RecordLine::RecordLine(SourceReader& reader, const std::function<void(PreparedRecord&)>& work,
                       const Options& options)
    : reader_(reader), work_(work), options_(options) {
  try {
    for (std::uint32_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {
    // With fewer threads, or none, it only takes longer: take() works itself then.
  }
}

RecordLine::~RecordLine() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void RecordLine::serve() {
  try {
    while (step()) continue;
  } catch (const std::exception&) {  // a library's: out of memory
    const std::lock_guard lock(mutex_);
    failed_ = true;
    room_.notify_all();
    given_.notify_all();
  }
}

bool RecordLine::step() {
  Slot* slot = nullptr;
  {
    const std::lock_guard reading(reading_);
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return stopping_ || ended_ || failed_ || !isFull(); });
      if (stopping_ || ended_ || failed_) return false;
    }
    auto record = reader_.next();
    const std::lock_guard lock(mutex_);
    if (!record) {
      ended_ = true;
      room_.notify_all();
      given_.notify_all();
      return false;
    }
    slot = &slots_.emplace_back();
    slot->value.record = std::move(*record);
    bytes_ += slot->value.record.original.size();
  }
  work_(slot->value);
  const std::lock_guard lock(mutex_);
  slot->ready = true;
  ++ready_;
  // Who takes sleeps until there is something to take: not woken with every record.
  if (ready_ >= wanted_ || ready_ == slots_.size()) given_.notify_all();
  return true;
}

std::size_t RecordLine::readyCount(std::size_t most) const {
  std::size_t count = 0;
  while (count < most && count < slots_.size() && slots_[count].ready) ++count;
  return count;
}

Result<std::vector<PreparedRecord>> RecordLine::take(std::size_t most) {
  if (threads_.empty()) {
    for (std::size_t i = 0; i < most && !isFull() && step(); ++i) continue;
  }
  std::unique_lock lock(mutex_);
  std::size_t ready = 0;
  wanted_ = most;
  given_.wait(lock, [&] {
    ready = readyCount(most);
    const bool nothing_more = ended_ || isFull() || threads_.empty();
    return failed_ || ready == most || (nothing_more && ready == slots_.size());
  });
  if (failed_) return fail(ErrorCode::kInternal, "A record could not be worked on: out of memory.");
  std::vector<PreparedRecord> taken;
  taken.reserve(ready);
  for (std::size_t i = 0; i < ready; ++i) {
    --ready_;
    bytes_ -= slots_.front().value.record.original.size();
    taken.push_back(std::move(slots_.front().value));
    slots_.pop_front();
  }
  lock.unlock();
  room_.notify_all();
  return taken;
}

}  // namespace planbro::mapping
