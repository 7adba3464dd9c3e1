// Member names as small integers, so that navigation compares numbers instead of text.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::json {

// A member's name. `id` is 0 when the name is in no table.
struct Name {
  std::string_view text;
  std::uint16_t id = 0;
};

// A set of names with ids from 1 upwards. Fill it, then share it: find() may be called by any
// thread once intern() is no longer called. Names stay where they are as long as the table lives.
class NameTable {
 public:
  NameTable();

  // The name's entry, made if it was not there; nullptr once 65,535 names are in.
  const Name* intern(std::string_view text);

  // nullptr if the name is not in the table.
  const Name* find(std::string_view text) const;

  // `id` must be from 1 to size().
  const Name& at(std::uint16_t id) const { return names_[id - 1U]; }
  std::size_t size() const { return names_.size(); }

 private:
  // The hash beside the pointer spares looking at names that are not meant.
  struct Slot {
    std::uint64_t hash = 0;
    const Name* name = nullptr;
  };
  std::size_t slotOf(std::string_view text, std::uint64_t hash) const;

  std::deque<std::string> texts_;
  std::deque<Name> names_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
};

}  // namespace planbro::json
