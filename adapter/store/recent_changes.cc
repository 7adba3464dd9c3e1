#include "store/recent_changes.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace planbro::store {
namespace {

constexpr std::size_t kMost = 16384;

std::size_t hashOf(std::string_view type, std::string_view id) {
  const std::hash<std::string_view> hash;
  return hash(type) * 31 + hash(id);
}

}  // namespace

void RecentChanges::beginAfter(std::int64_t sequence) {
  changes_.clear();
  newest_ = sequence;
}

void RecentChanges::add(std::string_view type, std::string_view id) {
  changes_.push_back(hashOf(type, id));
  ++newest_;
  if (changes_.size() > kMost) changes_.pop_front();
}

void RecentChanges::backTo(std::int64_t sequence) {
  while (newest_ > sequence && !changes_.empty()) {
    changes_.pop_back();
    --newest_;
  }
  if (newest_ > sequence) beginAfter(sequence);
}

bool RecentChanges::mayHaveChanged(std::uint64_t sequence,
                                   std::span<const std::string> addresses) const {
  const auto newest = static_cast<std::uint64_t>(std::max<std::int64_t>(newest_, 0));
  if (addresses.empty() || sequence >= newest) return false;
  if (newest - sequence > changes_.size()) return true;
  std::vector<std::size_t> asked;
  asked.reserve(addresses.size());
  for (const std::string_view address : addresses) {
    const std::size_t slash = address.find('/');
    asked.push_back(hashOf(address.substr(0, slash), address.substr(slash + 1)));
  }
  return std::any_of(changes_.end() - static_cast<std::ptrdiff_t>(newest - sequence),
                     changes_.end(), [&](std::size_t change) {
                       return std::find(asked.begin(), asked.end(), change) != asked.end();
                     });
}

}  // namespace planbro::store
