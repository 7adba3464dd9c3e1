// Words of a FHIRPath expression. Internal to fhirpath/.
// Source: FHIRPath 2.0, appendix B (grammar), section 2 (lexical elements).
#pragma once

#include <cstdint>
#include <string_view>

namespace planbro::fhirpath {

enum class TokenKind : std::uint8_t {
  kEnd,
  kIdentifier,  // also words that are operators in their place: and, is, div, contains …
  kDelimited,   // `identifier`; escapes are still in it
  kString,      // 'text'; escapes are still in it
  kNumber,
  kLongNumber,  // 5L
  kDate,        // the text without @
  kDateTime,
  kTime,
  kSymbol,  // one or two characters
  kThis,
  kIndex,
  kTotal,
  kError,  // text: what is wrong
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint32_t offset = 0;
  std::uint32_t end = 0;
  std::string_view text;  // without quotes, @, $

  bool isSymbol(std::string_view symbol) const {
    return kind == TokenKind::kSymbol && text == symbol;
  }
  bool isWord(std::string_view word) const {
    return kind == TokenKind::kIdentifier && text == word;
  }
};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}
  Token next();

 private:
  bool skipSpace(Token* error);
  Token quoted(char quote, TokenKind kind);
  Token temporal();
  Token number();
  Token error(std::size_t at, std::string_view message) const;
  Token token(TokenKind kind, std::size_t start, std::string_view text) const;
  char at(std::size_t i) const { return i < source_.size() ? source_[i] : '\0'; }

  std::string_view source_;
  std::size_t position_ = 0;
};

}  // namespace planbro::fhirpath
