#include "store/sqlite/body_cache.h"

#include <iterator>
#include <utility>

namespace planbro::store::sqlite {

std::shared_ptr<const std::string> BodyCache::find(std::int64_t sequence) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(sequence);
  if (place == places_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, place->second);
  return place->second->body;
}

void BodyCache::offer(std::int64_t sequence, std::string_view body) {
  if (body.size() > bytes_ / 8 || !isSecondTime(sequence)) return;
  auto copy = std::make_shared<const std::string>(body);
  std::list<Kept> gone;  // freed when the lock is
  const std::lock_guard lock(mutex_);
  if (places_.contains(sequence)) return;
  kept_.push_front({sequence, std::move(copy)});
  places_[sequence] = kept_.begin();
  held_ += body.size();
  while (held_ > bytes_) {
    const auto last = std::prev(kept_.end());
    held_ -= last->body->size();
    places_.erase(last->sequence);
    gone.splice(gone.begin(), kept_, last);
  }
}

bool BodyCache::isSecondTime(std::int64_t sequence) {
  const std::lock_guard lock(mutex_);
  std::int64_t& offered = offered_[static_cast<std::size_t>(sequence) % offered_.size()];
  return std::exchange(offered, sequence) == sequence;
}

}  // namespace planbro::store::sqlite
