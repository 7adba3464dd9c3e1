#include "terminology/grammars.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"

namespace planbro::terminology {
namespace {

constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool isAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool isAlnum(char c) { return isAlpha(c) || isDigit(c); }
constexpr bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }

template <typename Check>
bool all(std::string_view text, Check&& check) {
  return std::all_of(text.begin(), text.end(), check);
}

bool hasSize(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most;
}

bool isVariant(std::string_view part) {
  return all(part, isAlnum) && (hasSize(part, 5, 8) || (part.size() == 4 && isDigit(part[0])));
}

bool isToken(std::string_view text) {
  constexpr std::string_view kAlso = "!#$&-^_.+*'`|~%{}";
  return !text.empty() && all(text, [kAlso](char c) {
    return isAlnum(c) || kAlso.find(c) != std::string_view::npos;
  });
}

// The unit grammar of UCUM, section 2.1: terms joined by . and /, components with exponents,
// parentheses and annotations.
class UcumReader {
 public:
  explicit UcumReader(std::string_view text) : text_(text) {}

  bool read() {
    if (text_.empty()) return false;
    take('/');
    bool component_expected = true;
    while (!text_.empty()) {
      const char c = text_[0];
      if (c == '(') {
        if (!component_expected || ++open_ > 32) return false;
        text_.remove_prefix(1);
        take('/');
        continue;
      }
      if (c == ')') {
        if (component_expected || open_-- == 0) return false;
        text_.remove_prefix(1);
        takeExponent();
        continue;
      }
      if (c == '.' || c == '/') {
        if (component_expected) return false;
        component_expected = true;
        text_.remove_prefix(1);
        continue;
      }
      if (!component_expected || !takeComponent()) return false;
      component_expected = false;
    }
    return !component_expected && open_ == 0;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void takeExponent() {
    std::string_view rest = text_;
    if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
    std::size_t digits = 0;
    while (digits < rest.size() && isDigit(rest[digits])) ++digits;
    if (digits > 0) text_ = rest.substr(digits);
  }

  bool takeAnnotation() {
    if (!take('{')) return false;
    while (!text_.empty() && text_[0] != '}') {
      if (text_[0] == '{' || static_cast<unsigned char>(text_[0]) < 0x20) return closed_ = false;
      text_.remove_prefix(1);
    }
    return closed_ = take('}');
  }

  // A symbol with [..] parts, or digits, or an annotation; then exponent and annotation.
  bool takeComponent() {
    if (text_[0] == '{') return takeAnnotation();
    std::size_t size = 0;
    bool bracket = false;
    while (size < text_.size()) {
      const char c = text_[size];
      if (c == '[') {
        if (bracket) return false;
        bracket = true;
      } else if (c == ']') {
        if (!bracket) return false;
        bracket = false;
      } else if (!bracket && (c == '.' || c == '/' || c == '(' || c == ')' || c == '{' ||
                              c == '+' || c == '-')) {
        break;
      } else if (c <= ' ' || c == '}' || c == '"' || static_cast<unsigned char>(c) >= 0x7f) {
        return false;
      }
      ++size;
    }
    if (size == 0 || bracket) return false;
    text_.remove_prefix(size);
    takeExponent();
    if (!text_.empty() && text_[0] == '{' && !takeAnnotation()) return false;
    return text_.empty() || text_[0] == '.' || text_[0] == '/' || text_[0] == ')';
  }

  std::string_view text_;
  int open_ = 0;
  bool closed_ = true;
};

bool isCountry(std::string_view code) {
  return ((code.size() == 2 || code.size() == 3) && all(code, isUpper)) ||
         (code.size() == 3 && all(code, isDigit)) ||
         (code.size() > 3 && code[2] == '-' && all(code.substr(3), isAlnum));
}

bool isCurrency(std::string_view code) { return code.size() == 3 && all(code, isUpper); }

}  // namespace

bool isLanguageTag(std::string_view tag) {
  if (tag.empty() || tag.size() > 128) return false;
  const auto parts = split(tag, '-');
  const auto at = [&parts](std::size_t i) {
    return i < parts.size() ? parts[i] : std::string_view{};
  };
  std::size_t i = 0;
  if (toLowerAscii(parts[0]) != "x" && toLowerAscii(parts[0]) != "i") {
    if (!hasSize(parts[0], 2, 8) || !all(parts[0], isAlpha)) return false;
    i = 1;
    for (int n = 0; n < 3 && at(i).size() == 3 && all(at(i), isAlpha); ++n) ++i;  // extlang
    if (at(i).size() == 4 && all(at(i), isAlpha)) ++i;                            // script
    if ((at(i).size() == 2 && all(at(i), isAlpha)) || (at(i).size() == 3 && all(at(i), isDigit)))
      ++i;  // region
    while (i < parts.size() && isVariant(parts[i])) ++i;
  }
  while (i < parts.size()) {  // extensions and private use: a singleton and what belongs to it
    if (parts[i].size() != 1 || !isAlnum(parts[i][0])) return false;
    const std::size_t least = parts[i] == "x" || parts[i] == "X" ? 1 : 2;
    const std::size_t first = ++i;
    while (hasSize(at(i), least, 8) && all(at(i), isAlnum)) ++i;
    if (i == first) return false;
  }
  return true;
}

bool isMediaType(std::string_view text) {
  // FHIR's own short names of its formats, http.html section 3.1.0.1.11.
  if (text == "xml" || text == "json" || text == "ttl") return true;
  const std::string_view type = trim(text.substr(0, text.find(';')));
  const std::size_t slash = type.find('/');
  return slash != std::string_view::npos && isToken(type.substr(0, slash)) &&
         isToken(type.substr(slash + 1));
}

bool isUcumSyntax(std::string_view unit) { return UcumReader(unit).read(); }

Grammar grammarOf(std::string_view system) {
  using Entry = std::pair<std::string_view, Grammar>;
  static constexpr std::array kGrammars = {
      Entry{"urn:ietf:bcp:47", &isLanguageTag},
      Entry{"urn:ietf:bcp:13", &isMediaType},
      Entry{"http://www.rfc-editor.org/bcp/bcp13.txt", &isMediaType},
      Entry{"http://unitsofmeasure.org", &isUcumSyntax},
      Entry{"urn:iso:std:iso:3166", &isCountry},
      Entry{"urn:iso:std:iso:4217", &isCurrency},
  };
  for (const Entry& entry : kGrammars) {
    if (entry.first == system) return entry.second;
  }
  return nullptr;
}

}  // namespace planbro::terminology
