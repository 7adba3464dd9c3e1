// encode(), decode(), escape() and unescape().
#include <charconv>

#include "base/digest.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/parser.h"

namespace planbro::fhirpath {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string toHex(std::string_view bytes) {
  std::string result;
  for (const char c : bytes) {
    result += kHexDigits[static_cast<unsigned char>(c) >> 4];
    result += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  return result;
}

std::optional<std::string> fromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hexValue(text[i]);
    const int low = hexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
  }
  return result;
}

std::string withAlphabet(std::string text, bool url) {
  for (char& c : text) {
    if (url) {
      if (c == '+') c = '-';
      if (c == '/') c = '_';
    } else {
      if (c == '-') c = '+';
      if (c == '_') c = '/';
    }
  }
  return text;
}

std::string escapedHtml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

// What stands between & and ; as a character; nothing if it is none.
std::optional<unsigned> entity(std::string_view name) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''},
  };
  for (const auto& [known, c] : kEntities)
    if (name == known) return static_cast<unsigned char>(c);
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x') || name.starts_with('X');
  if (hex) name.remove_prefix(1);
  unsigned code = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  const bool character = code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  if (error != std::errc{} || end != name.data() + name.size() || !character) return std::nullopt;
  return code;
}

std::string unescapedHtml(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::size_t end = text.find(';', i);
      if (end != std::string_view::npos) {
        if (const auto code = entity(text.substr(i + 1, end - i - 1))) {
          appendUtf8(result, *code);
          i = end;
          continue;
        }
      }
    }
    result += text[i];
  }
  return result;
}

// Nothing if an escape is none of JSON's.
std::optional<std::string> unescapedJson(std::string_view text) {
  std::string fhirpath;  // the same with FHIRPath's escapes, which lack \b
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      fhirpath += text[i];
      continue;
    }
    if (++i == text.size() || std::string_view("\"\\/bfnrtu").find(text[i]) == std::string::npos)
      return std::nullopt;
    if (text[i] == 'b') {
      fhirpath += "\\u0008";
    } else {
      fhirpath.append({'\\', text[i]});
    }
  }
  return unescaped(fhirpath);
}

std::string escapedJson(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\f':
        result += "\\f";
        break;
      case '\b':
        result += "\\b";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          result += "\\u00";
          result += toHex(std::string_view(&c, 1));
        } else {
          result += c;
        }
    }
  }
  return result;
}

}  // namespace

bool Evaluator::encoding(const Node& node, const Value& input, const Scope& scope,
                         Collection& out) {
  std::optional<std::string_view> scheme;
  if (!text(node, 0, scope, &scheme)) return false;
  const std::string_view s = input.text();
  std::optional<std::string> result;
  switch (node.function) {
    case Function::kEncode:
      if (scheme == "hex") result = toHex(s);
      if (scheme == "base64") result = base64Encode(s);
      if (scheme == "urlbase64") result = withAlphabet(base64Encode(s), true);
      break;
    case Function::kDecode:
      if (scheme == "hex") result = fromHex(s);
      if (scheme == "base64") result = base64Decode(s);
      if (scheme == "urlbase64") result = base64Decode(withAlphabet(std::string(s), false));
      break;
    case Function::kEscape:
      if (scheme == "html") result = escapedHtml(s);
      if (scheme == "json") result = escapedJson(s);
      break;
    default:
      if (scheme == "html") result = unescapedHtml(s);
      if (scheme == "json") result = unescapedJson(s);
  }
  if (result) out.push(Value::string(keep(*result)));
  return true;
}

}  // namespace planbro::fhirpath
