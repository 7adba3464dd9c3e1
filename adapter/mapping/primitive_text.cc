#include "mapping/primitive_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/digest.h"
#include "base/text.h"
#include "fhirpath/temporal.h"

namespace planbro::mapping {
namespace {

using fhirpath::Precision;
using fhirpath::Temporal;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool allDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

bool isInteger(std::string_view text, std::int64_t least, std::int64_t most) {
  if (text.size() > 1 && (text[0] == '0' || text.starts_with("-0"))) return false;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && code == std::errc() && end == text.data() + text.size() &&
         value >= least && value <= most;
}

// A JSON number.
bool isDecimal(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && isDigit(text[at])) ++at;
    return at - begin;
  };
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

bool isCode(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  bool space = false;
  for (const char c : text) {
    if (c == '\t' || c == '\n' || c == '\r' || (c == ' ' && space)) return false;
    space = c == ' ';
  }
  return true;
}

bool isId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
}

bool isUri(std::string_view text) {
  return !text.empty() &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c <= ' '; });
}

bool hasPlainDate(std::string_view text) {
  return text.size() >= 4 && allDigits(text.substr(0, 4)) && text.find(' ') == text.npos;
}

bool isDateTime(std::string_view text, bool whole) {
  if (!hasPlainDate(text)) return false;
  const auto value = Temporal::parseDateTime(text);
  if (!value) return false;
  if (value->precision < Precision::kHour) return !whole && text.find('T') == text.npos;
  return value->precision == Precision::kSecond && value->hasOffset();
}

}  // namespace

PrimitiveForm primitiveForm(std::string_view type) {
  using enum PrimitiveForm;
  static constexpr std::pair<std::string_view, PrimitiveForm> kForms[] = {
      {"boolean", kBoolean},
      {"integer", kInteger},
      {"unsignedInt", kUnsignedInt},
      {"positiveInt", kPositiveInt},
      {"decimal", kDecimal},
      {"date", kDate},
      {"dateTime", kDateTime},
      {"instant", kInstant},
      {"time", kTime},
      {"code", kCode},
      {"id", kId},
      {"uri", kUri},
      {"url", kUri},
      {"canonical", kUri},
      {"oid", kUri},
      {"uuid", kUri},
      {"base64Binary", kBase64}};
  for (const auto& [name, form] : kForms) {
    if (name == type) return form;
  }
  return kText;
}

bool isPrimitiveText(PrimitiveForm form, std::string_view text) {
  constexpr std::int64_t kMost = 2147483647;
  switch (form) {
    case PrimitiveForm::kText:
      return !text.empty() && (text.front() > ' ' || !trim(text).empty());
    case PrimitiveForm::kBoolean:
      return text == "true" || text == "false";
    case PrimitiveForm::kInteger:
      return isInteger(text, -kMost - 1, kMost);
    case PrimitiveForm::kUnsignedInt:
      return isInteger(text, 0, kMost);
    case PrimitiveForm::kPositiveInt:
      return isInteger(text, 1, kMost);
    case PrimitiveForm::kDecimal:
      return isDecimal(text);
    case PrimitiveForm::kDate: {
      const auto value = Temporal::parseDate(text);
      return value && hasPlainDate(text) && text.find('T') == text.npos;
    }
    case PrimitiveForm::kDateTime:
      return isDateTime(text, false);
    case PrimitiveForm::kInstant:
      return isDateTime(text, true);
    case PrimitiveForm::kTime: {
      const auto value = Temporal::parseTime(text);
      return value && value->precision == Precision::kSecond && !text.starts_with('T');
    }
    case PrimitiveForm::kCode:
      return isCode(text);
    case PrimitiveForm::kId:
      return isId(text);
    case PrimitiveForm::kUri:
      return isUri(text);
    case PrimitiveForm::kBase64:
      return base64Decode(text).has_value();
  }
  return false;
}

bool isPrimitiveText(std::string_view type, std::string_view text) {
  return isPrimitiveText(primitiveForm(type), text);
}

json::Kind jsonKindOf(PrimitiveForm form) {
  if (form == PrimitiveForm::kBoolean) return json::Kind::kTrue;
  if (form >= PrimitiveForm::kInteger && form <= PrimitiveForm::kDecimal)
    return json::Kind::kNumber;
  return json::Kind::kString;
}

int norwegianOffset(int year, int month, int day, int hour) {
  // The last Sunday of a month of 31 days, by Zeller's rule.
  const auto lastSunday = [year](int of_month) {
    int m = of_month, y = year;
    if (m < 3) {
      m += 12;
      --y;
    }
    const int weekday = (31 + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400) % 7;  // 0 Saturday
    return 31 - (weekday + 6) % 7;
  };
  if (month < 3 || month > 10) return 60;
  if (month > 3 && month < 10) return 120;
  const int change = lastSunday(month);
  const bool before = day < change || (day == change && hour < (month == 3 ? 2 : 3));
  return before == (month == 3) ? 60 : 120;
}

namespace {

struct Parts {
  int year = 0, month = 0, day = 0, hour = -1, minute = 0, second = 0;
  std::string_view fraction, zone;
};

bool number(std::string_view text, int& out) {
  if (!allDigits(text) || text.size() > 4) return false;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return true;
}

bool readDay(std::string_view text, Parts& out) {
  if (text.size() == 8 && allDigits(text))
    return number(text.substr(0, 4), out.year) && number(text.substr(4, 2), out.month) &&
           number(text.substr(6, 2), out.day);
  for (const char separator : {'-', '.', '/'}) {
    const std::vector<std::string_view> parts = split(text, separator);
    if (parts.size() != 3) continue;
    const bool year_first = parts[0].size() == 4;
    if (!year_first && parts[2].size() != 4) return false;
    if (!number(parts[year_first ? 0 : 2], out.year) || !number(parts[1], out.month) ||
        !number(parts[year_first ? 2 : 0], out.day))
      return false;
    return parts[1].size() <= 2 && parts[year_first ? 2 : 0].size() <= 2;
  }
  return false;
}

bool readTime(std::string_view text, Parts& out) {
  if (const std::size_t zone = text.find_first_of("Z+-"); zone != std::string_view::npos) {
    out.zone = text.substr(zone);
    text = text.substr(0, zone);
  }
  if (const std::size_t dot = text.find_first_of(".,"); dot != std::string_view::npos) {
    out.fraction = text.substr(dot + 1);
    text = text.substr(0, dot);
    if (!allDigits(out.fraction)) return false;
  }
  if ((text.size() == 6 || text.size() == 4) && allDigits(text))
    return number(text.substr(0, 2), out.hour) && number(text.substr(2, 2), out.minute) &&
           (text.size() == 4 || number(text.substr(4, 2), out.second));
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return false;
  return number(parts[0], out.hour) && number(parts[1], out.minute) &&
         (parts.size() == 2 || number(parts[2], out.second));
}

}  // namespace

std::optional<RepairedTime> readDate(std::string_view written, std::string_view type) {
  const std::string_view text = trim(written);
  if (!type.empty() && isPrimitiveText(type, text))
    return RepairedTime{std::string(text), text != written, false};
  if (type.empty() && isPrimitiveText("dateTime", text))
    return RepairedTime{std::string(text), text != written, false};

  Parts parts;
  std::size_t gap = text.find_first_of("T ");
  std::string_view time;
  if (gap != std::string_view::npos) time = trim(text.substr(gap + 1));
  std::string_view day = text.substr(0, gap);
  if (gap == std::string_view::npos && allDigits(text) &&
      (text.size() == 12 || text.size() == 14)) {
    day = text.substr(0, 8);
    time = text.substr(8);
  }
  if (!readDay(day, parts)) return std::nullopt;
  if (!time.empty() && !readTime(time, parts)) return std::nullopt;
  const std::string date = fmt::format("{:04}-{:02}-{:02}", parts.year, parts.month, parts.day);
  if (!isPrimitiveText("date", date)) return std::nullopt;
  if (type == "date" || (parts.hour < 0 && type != "instant"))
    return RepairedTime{date, date != written, false};
  if (parts.hour < 0) parts.hour = 0;

  RepairedTime result;
  std::string zone(parts.zone);
  if (zone.empty()) {
    result.zone_assumed = true;
    const int offset = norwegianOffset(parts.year, parts.month, parts.day, parts.hour);
    zone = fmt::format("+{:02}:00", offset / 60);
  }
  result.text = fmt::format("{}T{:02}:{:02}:{:02}", date, parts.hour, parts.minute, parts.second);
  if (!parts.fraction.empty()) result.text += fmt::format(".{}", parts.fraction);
  result.text += zone;
  if (!isPrimitiveText("dateTime", result.text)) return std::nullopt;
  result.changed = result.text != written;
  return result;
}

}  // namespace planbro::mapping
