// SQL text with the values of its parameters, as the builders in this folder make it for every
// store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace planbro::store::sql {

using Value = std::variant<std::int64_t, std::string, std::nullptr_t>;

// Parameters stand as "?" in the text, which holds no other question mark; values in their order.
struct Fragment {
  std::string text;
  std::vector<Value> values;

  Fragment& operator+=(std::string_view more) {
    text += more;
    return *this;
  }
  Fragment& operator+=(const Fragment& more) {
    text += more.text;
    values.insert(values.end(), more.values.begin(), more.values.end());
    return *this;
  }
  Fragment& add(Value value) {
    values.push_back(std::move(value));
    return *this;
  }
};

// Values of index rows are kept to this length.
inline constexpr std::size_t kKeptBytes = 1000;

// At most that many bytes of `text`, ending with a whole character.
inline std::string_view keptPart(std::string_view text) {
  if (text.size() <= kKeptBytes) return text;
  std::size_t end = kKeptBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace planbro::store::sql
