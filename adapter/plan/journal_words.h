// The words of the CSV and JSON plan exports for the codes of a plan: mappings/common read
// backwards.
//
// Immutable once made; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "json/document.h"

namespace planbro::plan {

class JournalWords {
 public:
  // From the concept maps that are part of the program.
  static const JournalWords& builtin();

  // The word that `map` ("journal-role") translates to that code; "" if there is none. `system` may
  // be empty: then the code alone counts.
  std::string_view wordFor(std::string_view map, std::string_view system,
                           std::string_view code) const;
  // The same, if `map` makes of that word this very Coding, name included; "" if not.
  std::string_view exactWordFor(std::string_view map, const json::Node& coding) const;
  // The code that `map` translates that word to; "" if there is none.
  std::string_view codeFor(std::string_view map, std::string_view word) const;

 private:
  JournalWords();
  // Words by map, system and code; codes by map and word.
  struct Word {
    std::string word, display;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Word, std::less<>> words_;
  std::map<std::tuple<std::string, std::string>, std::string, std::less<>> codes_;
};

}  // namespace planbro::plan
