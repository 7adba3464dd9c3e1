#include "service/readable_json.h"

#include <cstddef>
#include <string_view>

namespace planbro::service {
namespace {

// Bytes of the valid character at the beginning; 0 if there is none. Shortest forms only, no
// surrogates, nothing past U+10FFFF.
std::size_t characterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool too_long = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool no_character = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return too_long || no_character ? 0 : length;
}

// Bytes of the escape at the beginning, if it is of a control character but tab and line ends; else
// 0.
std::size_t controlLength(std::string_view text) {
  if (text.starts_with("\\b") || text.starts_with("\\f")) return 2;
  const bool control =
      text.size() >= 6 && (text.starts_with("\\u000") || text.starts_with("\\u001"));
  return control ? 6 : 0;
}

}  // namespace

std::string readableJson(std::string text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string readable;
  std::size_t kept = 0;  // what stands before is in `readable`
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const bool escape = rest.front() == '\\' && rest.size() > 1;
    const std::size_t control = escape ? controlLength(rest) : 0;
    const std::size_t length = escape ? 2 : characterLength(rest);
    if (control == 0 && length > 0) {
      at += length;
      continue;
    }
    readable.append(text, kept, at - kept).append(kReplacement);
    at += control > 0 ? control : 1;
    kept = at;
  }
  if (kept == 0) return text;
  return readable.append(text, kept);
}

}  // namespace planbro::service
