// Things made when first asked for and kept for good, by name.
//
//   OnDemand<ValueSet> sets([&](std::string_view url) { return compile(url); });
//   auto& slot = sets.slot("http://hl7.org/fhir/ValueSet/goal-status");  // at compile time
//   const ValueSet* set = sets.get(slot);                               // hot: one atomic load
//
// Any thread. Making is serialized; making one thing may ask for others of the same or another
// store that shares the lock. A thing asked for while it is itself being made is not there
// (nullptr): a circle in the data ends in "unknown", not in a deadlock.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace planbro {

template <typename T>
class OnDemand {
 public:
  class Slot {
   public:
    explicit Slot(std::string_view key) : key_(key) {}
    const std::string& key() const { return key_; }

   private:
    friend class OnDemand;
    enum State : std::uint8_t { kNew, kMaking, kReady };
    std::string key_;
    std::atomic<State> state_ = kNew;
    std::unique_ptr<const T> value_;
  };

  // `make` returns nullptr for what does not exist. `lock` is shared by stores whose things need
  // each other; it must outlive them.
  using Make = std::function<std::unique_ptr<const T>(std::string_view key)>;
  OnDemand(std::recursive_mutex& lock, Make make) : lock_(&lock), make_(std::move(make)) {}

  // The slot of that key, whose address stays.
  Slot& slot(std::string_view key) {
    {
      const std::shared_lock read(slots_lock_);
      if (const auto found = slots_.find(key); found != slots_.end()) return found->second;
    }
    const std::unique_lock write(slots_lock_);
    return slots_.try_emplace(std::string(key), key).first->second;
  }

  // nullptr if slot() and get() were never asked for that key.
  Slot* find(std::string_view key) {
    const std::shared_lock read(slots_lock_);
    const auto found = slots_.find(key);
    return found == slots_.end() ? nullptr : &found->second;
  }

  const T* get(Slot& slot) {
    if (slot.state_.load(std::memory_order_acquire) == Slot::kReady) return slot.value_.get();
    const std::lock_guard making(*lock_);
    const auto state = slot.state_.load(std::memory_order_relaxed);
    if (state == Slot::kReady) return slot.value_.get();
    if (state == Slot::kMaking) return nullptr;
    slot.state_.store(Slot::kMaking, std::memory_order_relaxed);
    slot.value_ = make_(slot.key_);
    slot.state_.store(Slot::kReady, std::memory_order_release);
    return slot.value_.get();
  }
  const T* get(std::string_view key) { return get(slot(key)); }

  // Whether the thing of that key is being made at this moment, by whichever thread.
  bool isMaking(std::string_view key) {
    const Slot* slot = find(key);
    return slot != nullptr && slot->state_.load(std::memory_order_relaxed) == Slot::kMaking;
  }

 private:
  std::recursive_mutex* lock_;
  Make make_;
  std::shared_mutex slots_lock_;
  std::map<std::string, Slot, std::less<>> slots_;
};

}  // namespace planbro
