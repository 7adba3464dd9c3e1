// Records on their way: read one at a time, worked on by several threads, given out in the order
// they were read in. What lies between reading and giving out is bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "mapping/importer.h"
#include "mapping/source.h"

namespace planbro::mapping {

struct PreparedRecord {
  SourceRecord record;
  RecordReport report;
  std::unique_ptr<Sink::Parcel> parcel;  // null: an error stopped it
};

class RecordLine {
 public:
  struct Options {
    std::uint32_t threads = 1;
    std::size_t records = 256;  // between reading and giving out, at most
    std::size_t bytes = std::size_t{64} << 20;
  };
  // `work` is called by several threads at a time. Both must outlive the line.
  RecordLine(SourceReader& reader, const std::function<void(PreparedRecord&)>& work,
             const Options& options);
  ~RecordLine();
  RecordLine(const RecordLine&) = delete;
  RecordLine& operator=(const RecordLine&) = delete;

  // The next `most` records, fewer at the end or where they are large; none: it is the end. One
  // thread. kInternal: a library failed (memory).
  Result<std::vector<PreparedRecord>> take(std::size_t most);

 private:
  struct Slot {
    PreparedRecord value;
    bool ready = false;
  };
  void serve();
  // Reads a record and works on it; false: there are no more. Called without the lock.
  bool step();
  bool isFull() const { return slots_.size() >= options_.records || bytes_ >= options_.bytes; }
  std::size_t readyCount(std::size_t most) const;

  SourceReader& reader_;
  const std::function<void(PreparedRecord&)>& work_;
  Options options_;
  std::mutex mutex_;
  std::mutex reading_;             // one reads; taken before mutex_
  std::condition_variable room_;   // for records to be read
  std::condition_variable given_;  // records to be taken
  std::deque<Slot> slots_;         // in the order of reading; slots stay where they are
  std::size_t bytes_ = 0;
  std::size_t ready_ = 0;   // of slots_
  std::size_t wanted_ = 0;  // by who takes
  bool ended_ = false;
  bool stopping_ = false;
  bool failed_ = false;
  std::vector<std::thread> threads_;  // last: use everything above
};

}  // namespace planbro::mapping
