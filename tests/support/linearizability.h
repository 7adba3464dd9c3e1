// Whether a recorded history of one register could have come from a register that does one
// operation after the other, each at some moment between its beginning and its end (Herlihy and
// Wing, "Linearizability", 1990; found by search with a memory of what was tried, as Wing and Gong
// and Lowe do).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace planbro::testing_support {

struct RegisterOperation {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  enum class Kind : std::uint8_t { kRead, kSwap };

  Kind kind = Kind::kRead;
  std::int64_t begin = 0;
  std::int64_t end = kNever;  // kNever: nobody knows whether it took place
  std::int64_t seen = 0;      // the value read, or the one that was swapped out; 0 at first
  std::int64_t written = 0;   // by a swap; no two write the same
};

// One history. The search branches only where two swaps are possible: what nobody saw of an
// operation without an end is left out, and a read that fits is taken at once, for it changes
// nothing.
class LinearizabilityCheck {
 public:
  explicit LinearizabilityCheck(std::vector<RegisterOperation> history) {
    std::set<std::int64_t> seen;
    for (const RegisterOperation& operation : history) {
      if (known(operation)) seen.insert(operation.seen);
    }
    for (const RegisterOperation& operation : history) {
      if (known(operation) || (swaps(operation) && seen.contains(operation.written)))
        history_.push_back(operation);
    }
    done_.resize(history_.size(), false);
  }

  bool holds() { return goesOn(0); }

 private:
  static bool known(const RegisterOperation& operation) {
    return operation.end != RegisterOperation::kNever;
  }
  static bool swaps(const RegisterOperation& operation) {
    return operation.kind == RegisterOperation::Kind::kSwap;
  }

  // What ended first must have taken place before whatever begins later.
  [[nodiscard]] std::int64_t firstEnd() const {
    std::int64_t first = RegisterOperation::kNever;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (!done_[i] && history_[i].end < first) first = history_[i].end;
    }
    return first;
  }

  // The reads of this value that may take place now; false where none did.
  bool takeReads(std::int64_t value, std::vector<std::size_t>& taken) {
    const std::int64_t first_end = firstEnd();
    const std::size_t before = taken.size();
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const RegisterOperation& read = history_[i];
      if (done_[i] || swaps(read) || read.seen != value || read.begin > first_end) continue;
      done_[i] = true;
      taken.push_back(i);
    }
    return taken.size() > before;
  }

  bool goesOn(std::int64_t value) {
    std::vector<std::size_t> reads;
    while (takeReads(value, reads)) {
    }
    if (swapGoesOn(value)) return true;
    for (const std::size_t i : reads) done_[i] = false;
    return false;
  }

  bool swapGoesOn(std::int64_t value) {
    const std::int64_t first_end = firstEnd();
    if (first_end == RegisterOperation::kNever) return true;
    if (!tried_.insert({done_, value}).second) return false;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const RegisterOperation& next = history_[i];
      if (done_[i] || !swaps(next) || next.begin > first_end) continue;
      if (known(next) && next.seen != value) continue;
      done_[i] = true;
      if (goesOn(next.written)) return true;
      done_[i] = false;
    }
    return false;
  }

  std::vector<RegisterOperation> history_;
  std::vector<bool> done_;
  std::set<std::pair<std::vector<bool>, std::int64_t>> tried_;
};

}  // namespace planbro::testing_support
