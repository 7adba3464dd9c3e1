#include "mapping/fml_cursor.h"

#include <fmt/format.h>

#include <algorithm>

namespace planbro::mapping {

const Token& FmlCursor::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& FmlCursor::take() {
  const Token& token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool FmlCursor::accept(std::string_view symbol) {
  if (!peek().is(symbol)) return false;
  take();
  return true;
}

bool FmlCursor::acceptWord(std::string_view word) {
  if (!peek().isWord(word)) return false;
  take();
  return true;
}

bool FmlCursor::expect(std::string_view symbol) {
  if (accept(symbol)) return true;
  return fault(fmt::format("'{}' is missing before '{}'", symbol, shown()));
}

bool FmlCursor::identifier(std::string& out) {
  if (peek().kind != Token::Kind::kIdentifier)
    return fault(fmt::format("a name is missing before '{}'", shown()));
  out = take().text;
  return true;
}

bool FmlCursor::label(std::string& out) {
  if (!peek().isString()) return identifier(out);
  out = take().text;
  return true;
}

bool FmlCursor::url(std::string& out) {
  if (!peek().isString()) return fault(fmt::format("a quoted URL is missing before '{}'", shown()));
  out = take().text;
  return true;
}

bool FmlCursor::fault(std::string message) {
  if (error_.message.empty()) {
    const Token& token = peek();
    error_ = {std::move(message), token.line, token.column};
    if (token.kind == Token::Kind::kEnd) error_.message += " (at the end of the text)";
  }
  return false;
}

std::string_view FmlCursor::shown() const {
  return peek().kind == Token::Kind::kEnd ? std::string_view("end") : peek().raw.substr(0, 40);
}

std::span<const Token> FmlCursor::between(std::uint32_t begin, std::uint32_t end) const {
  const auto first = std::ranges::lower_bound(tokens_, begin, {}, &Token::begin);
  auto last = first;
  while (last != tokens_.end() && last->kind != Token::Kind::kEnd && last->end <= end) ++last;
  return {first, last};
}

}  // namespace planbro::mapping
