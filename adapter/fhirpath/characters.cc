#include "fhirpath/characters.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

namespace planbro::fhirpath {

std::string mappedCharacters(std::string_view text, std::int32_t (*map)(std::int32_t)) {
  std::string result;
  result.reserve(text.size());
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(text.size());) {
    const std::int32_t start = i;
    UChar32 code = 0;
    U8_NEXT(text.data(), i, static_cast<std::int32_t>(text.size()), code);
    if (code < 0) {  // no UTF-8: kept as it is
      result.append(
          text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(i - start)));
      continue;
    }
    char bytes[U8_MAX_LENGTH];
    std::int32_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, map(code));
    result.append(bytes, static_cast<std::size_t>(size));
  }
  return result;
}

std::string caseFolded(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return result;
  }
  return mappedCharacters(text, [](std::int32_t c) { return u_foldCase(c, U_FOLD_CASE_DEFAULT); });
}

}  // namespace planbro::fhirpath
