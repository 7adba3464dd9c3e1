// encode(), decode(), escape() and unescape().
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

std::string unescapedHtml(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'},   {"&gt;", '>'},   {"&amp;", '&'},
      {"&quot;", '"'}, {"&#39;", '\''}, {"&apos;", '\''},
  };
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    bool found = false;
    for (const auto& [entity, c] : kEntities) {
      if (text[i] != '&' || !text.substr(i).starts_with(entity)) continue;
      result += c;
      i += entity.size();
      found = true;
      break;
    }
    if (!found) result += text[i++];
  }
  return result;
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
      if (scheme == "json") result = unescaped(s);
  }
  if (result) out.push(Value::string(keep(*result)));
  return true;
}

}  // namespace planbro::fhirpath
