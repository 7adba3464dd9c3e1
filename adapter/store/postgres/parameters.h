// Values of a statement's parameters as PostgreSQL takes them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql/fragment.h"

namespace planbro::store::postgres {

// PostgreSQL keeps no zero byte in a text and no byte that is not UTF-8: each becomes U+FFFD.
// Applied to what is stored and to what is compared with it alike.
std::string storableText(std::string_view text);

// In order. Numbers and texts travel as text, so that the server finds their types; bytes and
// arrays in their binary form.
class Parameters {
 public:
  struct One {
    std::string data;
    bool binary = false;
    bool null = false;
  };

  Parameters() = default;
  explicit Parameters(const std::vector<sql::Value>& values);

  Parameters& add(std::int64_t number);
  Parameters& add(std::string_view text);
  Parameters& addBytes(std::string_view bytes);
  Parameters& addNumbers(std::span<const std::int64_t> numbers);   // bigint[]
  Parameters& addTexts(std::span<const std::string> texts);        // text[]
  Parameters& addByteStrings(std::span<const std::string> bytes);  // bytea[]

  const std::vector<One>& all() const { return all_; }

 private:
  std::vector<One> all_;
};

}  // namespace planbro::store::postgres
