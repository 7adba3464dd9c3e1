// Tokens of the FHIR Mapping Language, with FHIRPath's inside.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::mapping {

struct FmlError {
  std::string message;  // English, one sentence
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Token {
  enum class Kind : std::uint8_t {
    kIdentifier,    // also `delimited`
    kSingleQuoted,  // 'text'
    kDoubleQuoted,  // "text"
    kNumber,
    kSymbol,    // one or two characters
    kExternal,  // %name, $this, @2026-01-01
    kMetadata,  // the rest of a line that begins with ///, up to the end of a text in """
    kEnd
  };
  Kind kind = Kind::kEnd;
  std::string_view raw;  // as written
  std::string text;      // unescaped, without quotes
  std::uint32_t begin = 0, end = 0, line = 0, column = 0;

  bool is(std::string_view symbol) const { return kind == Kind::kSymbol && raw == symbol; }
  bool isWord(std::string_view word) const { return kind == Kind::kIdentifier && raw == word; }
  bool isString() const { return kind == Kind::kSingleQuoted || kind == Kind::kDoubleQuoted; }
};

// Comments are dropped. The last token is kEnd. Tokens point into `text`.
std::expected<std::vector<Token>, FmlError> lexFml(std::string_view text);

}  // namespace planbro::mapping
