#include "fhirpath/lexer.h"

namespace planbro::fhirpath {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

Token Lexer::token(TokenKind kind, std::size_t start, std::string_view text) const {
  return {kind, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(position_), text};
}

Token Lexer::error(std::size_t at, std::string_view message) const {
  return {TokenKind::kError, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at),
          message};
}

bool Lexer::skipSpace(Token* failed) {
  for (;;) {
    const char c = at(position_);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++position_;
    } else if (source_.substr(position_).starts_with("\xC2\xA0")) {  // no-break space
      position_ += 2;
    } else if (c == '/' && at(position_ + 1) == '/') {
      while (position_ < source_.size() && source_[position_] != '\n') ++position_;
    } else if (c == '/' && at(position_ + 1) == '*') {
      const std::size_t end = source_.find("*/", position_ + 2);
      if (end == std::string_view::npos) {
        *failed = error(position_, "A comment is not closed");
        return false;
      }
      position_ = end + 2;
    } else {
      return true;
    }
  }
}

Token Lexer::next() {
  Token failed;
  if (!skipSpace(&failed)) return failed;
  const std::size_t start = position_;
  if (start >= source_.size()) return token(TokenKind::kEnd, start, {});
  const char c = source_[start];
  if (isLetter(c)) {
    while (isLetter(at(position_)) || isDigit(at(position_))) ++position_;
    return token(TokenKind::kIdentifier, start, source_.substr(start, position_ - start));
  }
  if (isDigit(c)) return number();
  if (c == '\'') return quoted('\'', TokenKind::kString);
  if (c == '`') return quoted('`', TokenKind::kDelimited);
  if (c == '"') return quoted('"', TokenKind::kDelimited);
  if (c == '@') return temporal();
  if (c == '$') {
    ++position_;
    while (isLetter(at(position_))) ++position_;
    const std::string_view name = source_.substr(start + 1, position_ - start - 1);
    if (name == "this") return token(TokenKind::kThis, start, name);
    if (name == "index") return token(TokenKind::kIndex, start, name);
    if (name == "total") return token(TokenKind::kTotal, start, name);
    return error(start, "Only $this, $index and $total begin with $");
  }
  for (const std::string_view two : {"<=", ">=", "!=", "!~"}) {
    if (source_.substr(start).starts_with(two)) {
      position_ += 2;
      return token(TokenKind::kSymbol, start, source_.substr(start, 2));
    }
  }
  if (std::string_view("()[]{}.,+-*/|&<>=~%").find(c) != std::string_view::npos) {
    ++position_;
    return token(TokenKind::kSymbol, start, source_.substr(start, 1));
  }
  return error(start, "This character has no meaning here");
}

Token Lexer::quoted(char quote, TokenKind kind) {
  const std::size_t start = position_++;
  for (; position_ < source_.size(); ++position_) {
    if (source_[position_] == '\\') {
      ++position_;
    } else if (source_[position_] == quote) {
      ++position_;
      return token(kind, start, source_.substr(start + 1, position_ - start - 2));
    }
  }
  return error(start, "A quote is not closed");
}

Token Lexer::number() {
  const std::size_t start = position_;
  while (isDigit(at(position_))) ++position_;
  if (at(position_) == '.' && isDigit(at(position_ + 1))) {
    ++position_;
    while (isDigit(at(position_))) ++position_;
    return token(TokenKind::kNumber, start, source_.substr(start, position_ - start));
  }
  const std::string_view digits = source_.substr(start, position_ - start);
  if (at(position_) == 'L' && !isLetter(at(position_ + 1)) && !isDigit(at(position_ + 1))) {
    ++position_;
    return token(TokenKind::kLongNumber, start, digits);
  }
  return token(TokenKind::kNumber, start, digits);
}

Token Lexer::temporal() {
  const std::size_t start = position_++;
  const auto digits = [&](int count) {
    for (int i = 0; i < count; ++i)
      if (!isDigit(at(position_ + static_cast<std::size_t>(i)))) return false;
    position_ += static_cast<std::size_t>(count);
    return true;
  };
  // A separator belongs to the literal only with the digits after it.
  const auto separated = [&](char separator, int count) {
    if (at(position_) != separator) return false;
    ++position_;
    if (digits(count)) return true;
    --position_;
    return false;
  };
  const auto time = [&] {
    if (!digits(2) || !separated(':', 2) || !separated(':', 2)) return;
    if (at(position_) == '.' && isDigit(at(position_ + 1))) {
      ++position_;
      while (isDigit(at(position_))) ++position_;
    }
  };
  const auto text = [&](std::size_t from) { return source_.substr(from, position_ - from); };

  if (at(position_) == 'T') {
    ++position_;
    time();
    return token(TokenKind::kTime, start, text(start + 2));
  }
  if (!digits(4)) return error(start, "A date must begin with a year of four digits");
  if (separated('-', 2)) separated('-', 2);
  if (at(position_) != 'T') return token(TokenKind::kDate, start, text(start + 1));
  ++position_;
  time();
  if (at(position_) == 'Z') {
    ++position_;
  } else if (at(position_) == '+' || at(position_) == '-') {
    const std::size_t before = position_++;
    if (!digits(2) || !separated(':', 2)) position_ = before;
  }
  return token(TokenKind::kDateTime, start, text(start + 1));
}

}  // namespace planbro::fhirpath
