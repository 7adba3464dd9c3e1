// Regular expressions for text that is not to be trusted: linear time, bounded memory (RE2).
// Internal to fhirpath/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace planbro::fhirpath {

// Immutable; any thread.
class Pattern {
 public:
  // `flags` as in FHIRPath: i (ignore case), m (multi-line). `.` also means a line break.
  static Result<std::shared_ptr<const Pattern>> compile(std::string_view pattern,
                                                        std::string_view flags = {});
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  bool matchesSomewhere(std::string_view text) const;
  bool matchesWhole(std::string_view text) const;
  // `substitution` may name groups as $1 or ${name}; nothing when it is not well-formed.
  std::optional<std::string> replaceAll(std::string_view text, std::string_view substitution) const;

 private:
  struct Compiled;
  explicit Pattern(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace planbro::fhirpath
