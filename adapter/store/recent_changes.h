// What a store's writer has written last, in memory: so that it can tell without a look at the disk
// that a resource has not changed since a moment.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace planbro::store {

// One thread: the writer's.
class RecentChanges {
 public:
  // The newest sequence that it knows of; nothing is known of what another writer wrote.
  std::int64_t newest() const { return newest_; }
  // Forgets everything: the next change is the one behind `sequence`.
  void beginAfter(std::int64_t sequence);
  void add(std::string_view type, std::string_view id);
  // Those after `sequence` have been undone.
  void backTo(std::int64_t sequence);

  // Whether one of these resources ("CarePlan/1") may have changed after `sequence`; false is sure.
  bool mayHaveChanged(std::uint64_t sequence, std::span<const std::string> addresses) const;

 private:
  std::deque<std::size_t> changes_;  // hashes of the addresses; the last one is of newest_
  std::int64_t newest_ = -1;
};

}  // namespace planbro::store
