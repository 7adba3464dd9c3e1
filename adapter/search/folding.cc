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

// The letters of two bytes that European names are made of, U+0080 to U+017F: each folds by itself,
// as no combining mark is among them.
class LetterTable {
 public:
  LetterTable() {
    for (std::size_t i = 0; i < folded_.size(); ++i) {
      const std::size_t letter = kFirst + i;
      folded_[i] = foldAny(std::string{static_cast<char>(0xc0 | letter >> 6),
                                       static_cast<char>(0x80 | (letter & 0x3f))});
    }
  }
  // nullptr: these two bytes are no letter of the table.
  const std::string* find(unsigned char lead, unsigned char next) const {
    if (lead < 0xc2 || lead > 0xc5 || (next & 0xc0) != 0x80) return nullptr;
    return &folded_[((lead & 0x1fU) << 6 | (next & 0x3fU)) - kFirst];
  }

 private:
  static constexpr std::size_t kFirst = 0x80;
  std::array<std::string, 0x180 - kFirst> folded_;
};

std::string foldEach(std::string_view text) {
  static const LetterTable letters;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out += foldAscii(text[i]);
      continue;
    }
    const std::string* folded =
        i + 1 < text.size() ? letters.find(byte, static_cast<unsigned char>(text[i + 1])) : nullptr;
    if (folded == nullptr) return foldAny(text);
    out += *folded;
    ++i;
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
