// What terminology tells a search: the codes of value sets and hierarchies. The service implements
// it over its terminology.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::search {

enum class CodesFault : std::uint8_t {
  kUnknown,  // not known as a whole, or no such code
  kTooMany,  // more codes than a search compares with
};

// One thread at a time.
class CodeSets {
 public:
  struct Codes {
    std::string system;
    std::vector<std::string> codes;
  };

  virtual ~CodeSets() = default;
  // Every code of the value set at `address` (canonical, or "ValueSet/1" of the service), each
  // system once.
  virtual std::expected<std::vector<Codes>, CodesFault> valueSet(
      std::string_view address) const = 0;
  // The code and what lies below it in its system's hierarchy, or above it.
  virtual std::expected<std::vector<std::string>, CodesFault> below(
      std::string_view system, std::string_view code) const = 0;
  virtual std::expected<std::vector<std::string>, CodesFault> above(
      std::string_view system, std::string_view code) const = 0;
};

}  // namespace planbro::search
