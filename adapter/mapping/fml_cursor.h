// Where a reader of the mapping language stands in its tokens, and the first fault it met.
//
// Not for several threads. The text must live as long. Whoever returns bool says false after a
// fault; the first fault counts.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/fml_lexer.h"

namespace planbro::mapping {

class FmlCursor {
 public:
  // The last token is kEnd.
  explicit FmlCursor(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek(std::size_t ahead = 0) const;
  const Token& take();
  bool accept(std::string_view symbol);
  bool acceptWord(std::string_view word);
  bool expect(std::string_view symbol);
  bool identifier(std::string& out);
  bool label(std::string& out);  // a name or a quoted text
  bool url(std::string& out);    // a quoted text

  bool fault(std::string message);  // false
  const FmlError& error() const { return error_; }
  // How a message shows the next token.
  std::string_view shown() const;

  std::span<const Token> taken() const { return std::span(tokens_).first(at_); }
  // The tokens that stand wholly between two places of the text.
  std::span<const Token> between(std::uint32_t begin, std::uint32_t end) const;

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  FmlError error_;
};

}  // namespace planbro::mapping
