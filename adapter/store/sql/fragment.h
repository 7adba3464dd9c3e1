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

#include "base/digest.h"
#include "store/query.h"

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

// A value as index rows keep it, and as it is compared with them: whole up to kWholeBytes; of a
// longer one that many bytes, ending with a whole character, and a digest of all of it. So texts
// that begin alike stay apart, and a row is still found by how its value begins. The digest is
// written in control characters, which no FHIR string has: no search for a part of a text meets it.
class KeptText {
 public:
  // `text` must outlive it where it is kept whole.
  explicit KeptText(std::string_view text) : text_(text) {
    if (text.size() <= kWholeBytes) return;
    std::size_t end = kWholeBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    longer_ = text.substr(0, end);
    constexpr char kFirst = 0x0e;  // behind tab and line feed, which strings may have
    for (const char digit : sha256Hex(text))
      longer_ += static_cast<char>(kFirst + (digit <= '9' ? digit - '0' : digit - 'a' + 10));
  }
  std::string_view view() const { return longer_.empty() ? text_ : std::string_view(longer_); }

 private:
  std::string_view text_;
  std::string longer_;
};

}  // namespace planbro::store::sql
