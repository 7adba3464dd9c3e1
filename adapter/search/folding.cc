#include "search/folding.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace planbro::search {
namespace {

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

// Letters that Unicode does not take apart into letter and accent.
std::string_view plainForm(UChar32 letter) {
  switch (letter) {
    case 0xe6:  // æ
      return "ae";
    case 0x153:  // œ
      return "oe";
    case 0xf8:  // ø
      return "o";
    case 0xf0:   // ð
    case 0x111:  // đ
      return "d";
    case 0xfe:  // þ
      return "th";
    case 0x127:  // ħ
      return "h";
    case 0x131:  // ı
      return "i";
    case 0x142:  // ł
      return "l";
    case 0x14b:  // ŋ
      return "n";
    case 0x167:  // ŧ
      return "t";
    default:
      return {};
  }
}

std::string foldCase(std::string_view text) {
  std::string out;
  if (isAscii(text)) {
    out.reserve(text.size());
    for (const char byte : text)
      out += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  const icu::Normalizer2* apart = icu::Normalizer2::getNFDInstance(status);
  if (U_FAILURE(status) != 0) return std::string(text);
  const auto source = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  const icu::UnicodeString folded = apart->normalize(fold->normalize(source, status), status);
  icu::UnicodeString letters;
  for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 letter = folded.char32At(i);
    if (u_charType(letter) == U_NON_SPACING_MARK) continue;
    if (const std::string_view plain = plainForm(letter); !plain.empty()) {
      for (const char byte : plain) letters.append(static_cast<UChar>(byte));
    } else {
      letters.append(letter);
    }
  }
  letters.toUTF8String(out);
  return out;
}

}  // namespace

std::string foldText(std::string_view text) {
  const std::string folded = foldCase(text);
  std::string out;
  out.reserve(folded.size());
  for (const char byte : folded) {
    const bool blank = byte == ' ' || (byte >= '\t' && byte <= '\r');
    if (!blank) {
      out += byte;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace planbro::search
