// Memory that is given out piece by piece and freed at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace planbro::json {

// Not thread-safe. Objects in it must need no destructor.
class Arena {
 public:
  // `first_block` bytes are reserved at the first allocation.
  explicit Arena(std::size_t first_block = 4096) : next_block_(first_block) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Before the first allocation: how many bytes the first block shall have.
  void expect(std::size_t first_block) { next_block_ = first_block; }

  void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    std::size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (start + size > capacity_) {
      addBlock(size + alignment);
      start = 0;
    }
    used_ = start + size;
    return current_.get() + start;
  }

  template <typename T>
  T* allocateArray(std::size_t count) {
    return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  // A copy of `text` that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    if (text.empty()) return std::string_view("");
    char* place = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  std::size_t reservedBytes() const { return reserved_; }

 private:
  void addBlock(std::size_t least) {
    // The first block stands in no list: most documents need no second one.
    if (current_ != nullptr) full_.push_back(std::move(current_));
    capacity_ = least > next_block_ ? least : next_block_;
    current_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    reserved_ += capacity_;
    used_ = 0;
    next_block_ = capacity_ * 2;
  }

  std::unique_ptr<std::byte[]> current_;
  std::vector<std::unique_ptr<std::byte[]>> full_;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  std::size_t next_block_;
  std::size_t reserved_ = 0;
};

}  // namespace planbro::json
