#include "validation/primitives.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace planbro::validation {
namespace {

constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool isAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f'); }
constexpr bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

template <typename Check>
bool all(std::string_view text, Check&& check) {
  return std::all_of(text.begin(), text.end(), check);
}

// Takes exactly `count` digits from the front; nothing if they are not there.
std::optional<int> takeNumber(std::string_view& text, std::size_t count) {
  if (text.size() < count || !all(text.substr(0, count), isDigit)) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) value = value * 10 + (c - '0');
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

int daysIn(int year, int month) {
  static constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// YYYY, YYYY-MM or YYYY-MM-DD from the front; the number of parts, 0 if it is no date.
int takeDate(std::string_view& text) {
  const auto year = takeNumber(text, 4);
  if (!year || *year == 0) return 0;
  if (!take(text, '-')) return 1;
  const auto month = takeNumber(text, 2);
  if (!month || *month < 1 || *month > 12) return 0;
  if (!take(text, '-')) return 2;
  const auto day = takeNumber(text, 2);
  return day && *day >= 1 && *day <= daysIn(*year, *month) ? 3 : 0;
}

// hh:mm:ss[.fraction] from the front.
bool takeTime(std::string_view& text) {
  const auto hour = takeNumber(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return false;
  const auto minute = takeNumber(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return false;
  const auto second = takeNumber(text, 2);
  if (!second || *second > 60) return false;
  if (!take(text, '.')) return true;
  const std::size_t before = text.size();
  while (!text.empty() && isDigit(text[0])) text.remove_prefix(1);
  return text.size() < before;
}

bool takeZone(std::string_view& text) {
  if (take(text, 'Z')) return true;
  if (!take(text, '+') && !take(text, '-')) return false;
  const auto hour = takeNumber(text, 2);
  if (!hour || *hour > 14 || !take(text, ':')) return false;
  const auto minute = takeNumber(text, 2);
  return minute && *minute <= 59 && (*hour < 14 || *minute == 0);
}

bool isDateTime(std::string_view text, bool instant) {
  const int parts = takeDate(text);
  if (parts == 0) return false;
  if (text.empty()) return !instant;
  return parts == 3 && take(text, 'T') && takeTime(text) && takeZone(text) && text.empty();
}

bool isDate(std::string_view text) { return takeDate(text) > 0 && text.empty(); }
bool isTime(std::string_view text) { return takeTime(text) && text.empty(); }

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool isDecimal(std::string_view text) {
  take(text, '-');
  const auto takeDigits = [&text] {
    const std::size_t before = text.size();
    while (!text.empty() && isDigit(text[0])) text.remove_prefix(1);
    return before - text.size();
  };
  const bool zero = !text.empty() && text[0] == '0';
  const std::size_t whole = takeDigits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (take(text, '.') && takeDigits() == 0) return false;
  if (take(text, 'e') || take(text, 'E')) {
    if (!take(text, '+')) take(text, '-');
    if (takeDigits() == 0) return false;
  }
  return text.empty();
}

bool isInteger(std::string_view text, std::int64_t least) {
  std::string_view digits = text;
  take(digits, '-');
  if (digits.empty() || !all(digits, isDigit) || (digits[0] == '0' && digits.size() > 1))
    return false;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && value >= least &&
         value <= std::numeric_limits<std::int32_t>::max();
}

// No white space inside but single spaces, none around.
bool isCode(std::string_view text) {
  if (isSpace(text.front()) || isSpace(text.back())) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (isSpace(text[i]) && (text[i] != ' ' || text[i - 1] == ' ')) return false;
  }
  return true;
}

bool isId(std::string_view text) {
  return text.size() <= 64 &&
         all(text, [](char c) { return isAlpha(c) || isDigit(c) || c == '-' || c == '.'; });
}

bool isOidBody(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '2') return false;
  bool after_dot = false;
  std::size_t arcs = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (after_dot || i == 0) return false;
      after_dot = true;
      ++arcs;
    } else {
      if (!isDigit(text[i])) return false;
      if (after_dot && text[i] == '0' && i + 1 < text.size() && text[i + 1] != '.') return false;
      after_dot = false;
    }
  }
  return !after_dot && arcs > 1;
}

bool isOid(std::string_view text) {
  return text.starts_with("urn:oid:") && isOidBody(text.substr(8));
}

bool isUuid(std::string_view text) {
  if (!text.starts_with("urn:uuid:") || text.size() != 45) return false;
  text.remove_prefix(9);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !isHex(text[i])) return false;
  }
  return true;
}

bool isUri(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), isSpace)) return false;
  if (text.starts_with("urn:uuid:")) return isUuid(text);
  if (text.starts_with("urn:oid:")) return isOid(text);
  return true;
}

bool isBase64(std::string_view text) {
  std::size_t count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (isSpace(c)) continue;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 || (!isAlpha(c) && !isDigit(c) && c != '+' && c != '/')) {
      return false;
    }
    ++count;
  }
  return count % 4 == 0 && padding <= 2;
}

// Something beside white space, and no control characters but tab, carriage return and line feed.
bool isText(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return !isSpace(c); }) &&
         all(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || isSpace(c); });
}

}  // namespace

Primitive primitiveOf(std::string_view type_name) {
  using Entry = std::pair<std::string_view, Primitive>;
  static constexpr std::array kTypes = {
      Entry{"base64Binary", Primitive::kBase64Binary},
      Entry{"boolean", Primitive::kBoolean},
      Entry{"canonical", Primitive::kCanonical},
      Entry{"code", Primitive::kCode},
      Entry{"date", Primitive::kDate},
      Entry{"dateTime", Primitive::kDateTime},
      Entry{"decimal", Primitive::kDecimal},
      Entry{"http://hl7.org/fhirpath/System.String", Primitive::kString},
      Entry{"id", Primitive::kId},
      Entry{"instant", Primitive::kInstant},
      Entry{"integer", Primitive::kInteger},
      Entry{"markdown", Primitive::kMarkdown},
      Entry{"oid", Primitive::kOid},
      Entry{"positiveInt", Primitive::kPositiveInt},
      Entry{"string", Primitive::kString},
      Entry{"time", Primitive::kTime},
      Entry{"unsignedInt", Primitive::kUnsignedInt},
      Entry{"uri", Primitive::kUri},
      Entry{"url", Primitive::kUrl},
      Entry{"uuid", Primitive::kUuid},
      Entry{"xhtml", Primitive::kXhtml},
  };
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [type_name](const Entry& entry) {
    return entry.first == type_name;
  });
  return found == kTypes.end() ? Primitive::kNone : found->second;
}

PrimitiveKind kindOf(Primitive primitive) {
  switch (primitive) {
    case Primitive::kBoolean:
      return PrimitiveKind::kBoolean;
    case Primitive::kDecimal:
    case Primitive::kInteger:
    case Primitive::kPositiveInt:
    case Primitive::kUnsignedInt:
      return PrimitiveKind::kNumber;
    default:
      return PrimitiveKind::kString;
  }
}

bool hasFormat(Primitive primitive, std::string_view text) {
  if (text.empty()) return false;
  switch (primitive) {
    case Primitive::kNone:
    case Primitive::kXhtml:
      return true;
    case Primitive::kBase64Binary:
      return isBase64(text);
    case Primitive::kBoolean:
      return text == "true" || text == "false";
    case Primitive::kCode:
      return isCode(text);
    case Primitive::kDate:
      return isDate(text);
    case Primitive::kDateTime:
      return isDateTime(text, false);
    case Primitive::kInstant:
      return isDateTime(text, true);
    case Primitive::kDecimal:
      return isDecimal(text);
    case Primitive::kId:
      return isId(text);
    case Primitive::kInteger:
      return isInteger(text, std::numeric_limits<std::int32_t>::min());
    case Primitive::kUnsignedInt:
      return isInteger(text, 0);
    case Primitive::kPositiveInt:
      return isInteger(text, 1);
    case Primitive::kString:
    case Primitive::kMarkdown:
      return isText(text);
    case Primitive::kOid:
      return isOid(text);
    case Primitive::kTime:
      return isTime(text);
    case Primitive::kUuid:
      return isUuid(text);
    case Primitive::kUri:
      return isUri(text);
    case Primitive::kUrl:
    case Primitive::kCanonical:
      return std::none_of(text.begin(), text.end(), isSpace);
  }
  return true;
}

}  // namespace planbro::validation
