#include "mapping/fml_lexer.h"

#include <fmt/format.h>

#include "base/text.h"

namespace planbro::mapping {
namespace {

constexpr std::string_view kLongQuote = R"(""")";

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordByte(char c) { return isLetter(c) || isDigit(c); }

void appendUtf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::expected<std::vector<Token>, FmlError> run() {
    while (true) {
      skipSpace();
      if (failed_) return std::unexpected(error_);
      if (at_ >= text_.size()) break;
      if (!next()) return std::unexpected(error_);
    }
    begin(Token::Kind::kEnd);
    finish(at_);
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return text_.substr(at_); }

  void skipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++at_;
        ++line_;
        line_start_ = at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (rest().starts_with("///")) {
        return;
      } else if (rest().starts_with("//")) {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (rest().starts_with("/*")) {
        skipBlock();
        if (failed_) return;
      } else {
        return;
      }
    }
  }

  void skipBlock() {
    const std::uint32_t line = line_;
    for (at_ += 2; !rest().starts_with("*/"); ++at_) {
      if (at_ >= text_.size()) {
        fault(fmt::format("the comment that begins in line {} does not end", line));
        return;
      }
      if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
    }
    at_ += 2;
  }

  bool fault(std::string message) {
    error_ = {std::move(message), line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)};
    failed_ = true;
    return false;
  }

  void begin(Token::Kind kind) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.begin = static_cast<std::uint32_t>(at_);
    token.line = line_;
    token.column = static_cast<std::uint32_t>(at_ - line_start_ + 1);
  }
  void finish(std::size_t end) {
    Token& token = tokens_.back();
    token.end = static_cast<std::uint32_t>(end);
    token.raw = text_.substr(token.begin, end - token.begin);
    if (token.text.empty() && !token.isString()) token.text = token.raw;
    at_ = end;
  }

  bool next() {
    const char c = peek();
    if (rest().starts_with("///")) return metadata();
    if (isLetter(c)) return word(Token::Kind::kIdentifier, 0);
    if (isDigit(c)) return number();
    if (c == '\'' || c == '"' || c == '`') return quoted(c);
    if (c == '%' && (isLetter(peek(1)) || peek(1) == '`')) return external();
    if (c == '$' && isLetter(peek(1))) return word(Token::Kind::kExternal, 1);
    if (c == '@') return temporal();
    return symbol();
  }

  bool metadata() {
    begin(Token::Kind::kMetadata);
    std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) end = text_.size();
    // name = """several lines"""
    const std::string_view line = text_.substr(at_ + 3, end - at_ - 3);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && trim(line.substr(equals + 1)).starts_with(kLongQuote)) {
      const std::size_t open = text_.find(kLongQuote, at_ + 3 + equals) + kLongQuote.size();
      const std::size_t close = text_.find(kLongQuote, open);
      if (close == std::string_view::npos)
        return fault("a text in three quotation marks does not end");
      end = close + kLongQuote.size();
    }
    tokens_.back().text = std::string(trim(text_.substr(at_ + 3, end - at_ - 3)));
    for (std::size_t i = at_; i < end; ++i) {
      if (text_[i] != '\n') continue;
      ++line_;
      line_start_ = i + 1;
    }
    finish(end);
    return true;
  }

  bool word(Token::Kind kind, std::size_t from) {
    begin(kind);
    std::size_t end = at_ + from;
    while (end < text_.size() && isWordByte(text_[end])) ++end;
    finish(end);
    return true;
  }

  bool external() {
    if (peek(1) != '`') return word(Token::Kind::kExternal, 1);
    begin(Token::Kind::kExternal);
    const std::size_t end = text_.find('`', at_ + 2);
    if (end == std::string_view::npos) return fault("a delimited name does not end");
    finish(end + 1);
    return true;
  }

  bool number() {
    begin(Token::Kind::kNumber);
    std::size_t end = at_;
    while (end < text_.size() && isDigit(text_[end])) ++end;
    if (end + 1 < text_.size() && text_[end] == '.' && isDigit(text_[end + 1])) {
      ++end;
      while (end < text_.size() && isDigit(text_[end])) ++end;
    }
    finish(end);
    return true;
  }

  bool temporal() {
    begin(Token::Kind::kExternal);
    std::size_t end = at_ + 1;
    const auto belongs = [](char c) {
      return isDigit(c) || c == '-' || c == ':' || c == 'T' || c == 'Z' || c == '+' || c == '.';
    };
    while (end < text_.size() && belongs(text_[end])) ++end;
    while (end > at_ && (text_[end - 1] == '.' || text_[end - 1] == '-' || text_[end - 1] == '+'))
      --end;
    finish(end);
    return true;
  }

  bool quoted(char quote) {
    begin(quote == '\''  ? Token::Kind::kSingleQuoted
          : quote == '"' ? Token::Kind::kDoubleQuoted
                         : Token::Kind::kIdentifier);
    std::string value;
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) {
      if (text_[end] == '\n') return fault("a quoted text does not end on its line");
      if (text_[end] != '\\') {
        value += text_[end++];
        continue;
      }
      if (!escape(end, value)) return false;
    }
    if (end >= text_.size()) return fault("a quoted text does not end");
    tokens_.back().text = std::move(value);
    finish(end + 1);
    return true;
  }

  // `at` stands on the backslash and is left behind the escape.
  bool escape(std::size_t& at, std::string& out) {
    const char c = at + 1 < text_.size() ? text_[at + 1] : '\0';
    at += 2;
    switch (c) {
      case 'n':
        out += '\n';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'f':
        out += '\f';
        return true;
      case 'u':
        break;
      case '\0':
        return fault("a quoted text does not end");
      default:
        out += c;
        return true;
    }
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at) {
      const char digit = at < text_.size() ? text_[at] : '\0';
      code *= 16;
      if (isDigit(digit)) {
        code += static_cast<std::uint32_t>(digit - '0');
      } else if (digit >= 'a' && digit <= 'f') {
        code += static_cast<std::uint32_t>(digit - 'a' + 10);
      } else if (digit >= 'A' && digit <= 'F') {
        code += static_cast<std::uint32_t>(digit - 'A' + 10);
      } else {
        return fault("\\u needs four hexadecimal digits");
      }
    }
    if (code >= 0xD800 && code < 0xE000) return fault("\\u names half a character");
    appendUtf8(code, out);
    return true;
  }

  bool symbol() {
    static constexpr std::string_view kDouble[] = {
        "->", "<<", ">>", "<=", ">=", "!=", "==", "..", "!~", "<-", "--"};
    static constexpr std::string_view kSingle = "(){}[],;:.=<>+-*/|&~!*";
    for (const std::string_view candidate : kDouble) {
      if (!rest().starts_with(candidate)) continue;
      begin(Token::Kind::kSymbol);
      finish(at_ + 2);
      return true;
    }
    if (kSingle.find(peek()) == std::string_view::npos)
      return fault(fmt::format("the character 0x{:02x} means nothing here",
                               static_cast<unsigned char>(peek())));
    begin(Token::Kind::kSymbol);
    finish(at_ + 1);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::vector<Token> tokens_;
  FmlError error_;
  bool failed_ = false;
};

}  // namespace

std::expected<std::vector<Token>, FmlError> lexFml(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace planbro::mapping
