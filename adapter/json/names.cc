#include "json/names.h"

#include <cstring>

namespace planbro::json {
namespace {

// Names are short: mixing eight bytes at a time is quick and spreads well.
std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = text.size() * 0x9E3779B97F4A7C15ULL;
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = (hash ^ word) * 0xD6E8FEB86659FD93ULL;
    hash ^= hash >> 32;
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (text.size() >= 4) {  // two overlapping reads instead of a copy of unknown length
    std::uint32_t low, high;
    std::memcpy(&low, text.data(), 4);
    std::memcpy(&high, text.data() + text.size() - 4, 4);
    word = std::uint64_t{high} << 32 | low;
  } else if (!text.empty()) {
    word = std::uint64_t{static_cast<unsigned char>(text[0])} << 16 |
           std::uint64_t{static_cast<unsigned char>(text[text.size() / 2])} << 8 |
           static_cast<unsigned char>(text.back());
  }
  hash = (hash ^ word) * 0xD6E8FEB86659FD93ULL;
  return hash ^ hash >> 32;
}

}  // namespace

NameTable::NameTable() : slots_(64) {}

std::size_t NameTable::slotOf(std::string_view text, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot].name != nullptr &&
         (slots_[slot].hash != hash || slots_[slot].name->text != text))
    slot = (slot + 1) & mask;
  return slot;
}

const Name* NameTable::find(std::string_view text) const {
  return slots_[slotOf(text, hashOf(text))].name;
}

const Name* NameTable::intern(std::string_view text) {
  if (const Name* known = find(text)) return known;
  if (names_.size() == 0xFFFF) return nullptr;
  if ((names_.size() + 1) * 2 > slots_.size()) {
    slots_.assign(slots_.size() * 2, Slot{});
    for (const Name& name : names_) {
      const std::uint64_t hash = hashOf(name.text);
      slots_[slotOf(name.text, hash)] = {hash, &name};
    }
  }
  texts_.emplace_back(text);
  names_.push_back({texts_.back(), static_cast<std::uint16_t>(names_.size() + 1)});
  const std::uint64_t hash = hashOf(text);
  slots_[slotOf(text, hash)] = {hash, &names_.back()};
  return &names_.back();
}

}  // namespace planbro::json
