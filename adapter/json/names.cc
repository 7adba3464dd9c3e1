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
  std::memcpy(&word, text.data(), text.size());
  hash = (hash ^ word) * 0xD6E8FEB86659FD93ULL;
  return hash ^ hash >> 32;
}

}  // namespace

NameTable::NameTable() : slots_(64, nullptr) {}

std::size_t NameTable::slotOf(std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hashOf(text) & mask;
  while (slots_[slot] != nullptr && slots_[slot]->text != text) slot = (slot + 1) & mask;
  return slot;
}

const Name* NameTable::find(std::string_view text) const { return slots_[slotOf(text)]; }

const Name* NameTable::intern(std::string_view text) {
  if (const Name* known = find(text)) return known;
  if (names_.size() == 0xFFFF) return nullptr;
  if ((names_.size() + 1) * 2 > slots_.size()) {
    slots_.assign(slots_.size() * 2, nullptr);
    for (const Name& name : names_) slots_[slotOf(name.text)] = &name;
  }
  texts_.emplace_back(text);
  names_.push_back({texts_.back(), static_cast<std::uint16_t>(names_.size() + 1)});
  slots_[slotOf(names_.back().text)] = &names_.back();
  return &names_.back();
}

}  // namespace planbro::json
