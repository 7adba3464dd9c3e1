// The words of the CSV and JSON plan exports for the codes of a plan: mappings/common read
// backwards.
//
// Immutable once made; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace planbro::plan {

class JournalWords {
 public:
  // From the concept maps that are part of the program.
  static const JournalWords& builtin();

  // The word that `map` ("journal-role") translates to that code; "" if there is none. `system` may
  // be empty: then the code alone counts.
  std::string_view wordFor(std::string_view map, std::string_view system,
                           std::string_view code) const;

 private:
  JournalWords();
  std::map<std::tuple<std::string, std::string, std::string>, std::string, std::less<>> words_;
};

}  // namespace planbro::plan
