#include "search/folding.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace planbro::search {
namespace {

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

char foldAscii(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

std::string foldAny(std::string_view text) {
  std::string out;
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

// The letters of two bytes that European names are made of, U+0080 to U+017F, and the dashes and
// quotation marks of three that stand between them, U+2000 to U+206F: each folds by itself, as no
// combining mark is among them.
class LetterTable {
 public:
  LetterTable() {
    for (std::size_t i = 0; i < letters_.size(); ++i)
      letters_[i] = folded(static_cast<UChar32>(kFirstLetter + i));
    for (std::size_t i = 0; i < signs_.size(); ++i)
      signs_[i] = folded(static_cast<UChar32>(kFirstSign + i));
  }
  // What `text` begins with, which is not ASCII, and how many bytes that are; nullptr: it is not in
  // the table.
  const std::string* find(std::string_view text, std::size_t& length) const {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.size() >= 2 && byte(0) >= 0xc2 && byte(0) <= 0xc5 && (byte(1) & 0xc0) == 0x80) {
      length = 2;
      return &letters_[((byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU)) - kFirstLetter];
    }
    if (text.size() >= 3 && byte(0) == 0xe2 && (byte(1) == 0x80 || byte(1) == 0x81) &&
        (byte(2) & 0xc0) == 0x80) {
      const std::size_t sign = (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
      length = 3;
      return sign < signs_.size() ? &signs_[sign] : nullptr;
    }
    return nullptr;
  }

 private:
  static std::string folded(UChar32 letter) {
    std::string text;
    icu::UnicodeString(letter).toUTF8String(text);
    return foldAny(text);
  }

  static constexpr std::size_t kFirstLetter = 0x80;
  static constexpr std::size_t kFirstSign = 0x2000;
  std::array<std::string, 0x180 - kFirstLetter> letters_;
  std::array<std::string, 0x2070 - kFirstSign> signs_;
};

std::string foldEach(std::string_view text) {
  static const LetterTable letters;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      out += foldAscii(text[i++]);
      continue;
    }
    std::size_t length = 0;
    const std::string* folded = letters.find(text.substr(i), length);
    if (folded == nullptr) return foldAny(text);
    out += *folded;
    i += length;
  }
  return out;
}

// By byte, as Unicode has it: signs like + and $ are none.
constexpr std::array<bool, 0x80> kAsciiPunctuation = [] {
  std::array<bool, 0x80> out{};
  for (const char byte : std::string_view("!\"#%&'()*,-./:;?@[\\]_{}"))
    out[static_cast<unsigned char>(byte)] = true;
  return out;
}();

bool isBlank(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

// White space as one blank, none at the ends.
std::string withOneBlank(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    if (!isBlank(byte)) {
      out += byte;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void blankPunctuation(std::string& text) {
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const std::int32_t begin = i;
    char& byte = text[static_cast<std::size_t>(i)];
    if (const auto value = static_cast<unsigned char>(byte); value < 0x80) {
      if (kAsciiPunctuation[value]) byte = ' ';
      ++i;
      continue;
    }
    UChar32 letter = 0;
    U8_NEXT(text.data(), i, size, letter);
    if (letter >= 0 && u_ispunct(letter) != 0)
      std::fill(text.begin() + begin, text.begin() + i, ' ');
  }
}

}  // namespace

std::string foldText(std::string_view text) {
  std::string folded = foldEach(text);
  blankPunctuation(folded);
  return withOneBlank(folded);
}

std::string foldLetters(std::string_view text) { return withOneBlank(foldEach(text)); }

std::string foldCase(std::string_view text) {
  std::string out(text);
  const auto isAscii = [](char byte) { return static_cast<unsigned char>(byte) < 0x80; };
  if (std::all_of(text.begin(), text.end(), isAscii)) {
    std::transform(text.begin(), text.end(), out.begin(), foldAscii);
    return out;
  }
  out.clear();
  icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())))
      .foldCase()
      .toUTF8String(out);
  return out;
}

}  // namespace planbro::search
