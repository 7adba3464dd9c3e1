#include "fhirpath/temporal.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace planbro::fhirpath {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;
// Time zones reach from -12:00 to +14:00.
constexpr std::int64_t kMaxOffsetMicros = 14 * kMicrosPerHour;

// Reads fixed numbers of digits from the front of a text.
class DigitReader {
 public:
  explicit DigitReader(std::string_view text) : text_(text) {}

  bool atEnd() const { return position_ == text_.size(); }
  bool take(char c) {
    if (atEnd() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  bool peekIs(char c) const { return !atEnd() && text_[position_] == c; }
  bool number(int digits, int low, int high, int* out) {
    if (text_.size() - position_ < static_cast<std::size_t>(digits)) return false;
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = text_[position_++];
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    *out = value;
    return value >= low && value <= high;
  }
  // A fraction of a second after the point.
  bool fraction(std::uint32_t* nanos, std::uint8_t* digits) {
    std::uint32_t value = 0;
    int count = 0;
    for (; !atEnd() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
      if (count == 9) continue;
      value = value * 10 + static_cast<std::uint32_t>(text_[position_] - '0');
      ++count;
    }
    *digits = static_cast<std::uint8_t>(count);
    for (int i = count; i < 9; ++i) value *= 10;
    *nanos = value;
    return count > 0;
  }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

bool readDate(DigitReader& in, Temporal& t) {
  int number = 0;
  if (!in.number(4, 1, 9999, &number)) return false;
  t.year = static_cast<std::int16_t>(number);
  t.precision = Precision::kYear;
  if (!in.take('-')) return true;
  if (!in.number(2, 1, 12, &number)) return false;
  t.month = static_cast<std::uint8_t>(number);
  t.precision = Precision::kMonth;
  if (!in.take('-')) return true;
  if (!in.number(2, 1, daysInMonth(t.year, t.month), &number)) return false;
  t.day = static_cast<std::uint8_t>(number);
  t.precision = Precision::kDay;
  return true;
}

bool readTime(DigitReader& in, Temporal& t) {
  int number = 0;
  if (!in.number(2, 0, 23, &number)) return false;
  t.hour = static_cast<std::uint8_t>(number);
  t.precision = Precision::kHour;
  if (!in.take(':')) return true;
  if (!in.number(2, 0, 59, &number)) return false;
  t.minute = static_cast<std::uint8_t>(number);
  t.precision = Precision::kMinute;
  if (!in.take(':')) return true;
  if (!in.number(2, 0, 60, &number)) return false;  // 60: a leap second
  t.second = static_cast<std::uint8_t>(std::min(number, 59));
  t.precision = Precision::kSecond;
  return !in.take('.') || in.fraction(&t.nanos, &t.fraction_digits);
}

bool readOffset(DigitReader& in, Temporal& t) {
  if (in.take('Z')) {
    t.offset_minutes = 0;
    return true;
  }
  const bool negative = in.peekIs('-');
  if (!in.take('-') && !in.take('+')) return true;
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, 0, 14, &hours) || !in.take(':') || !in.number(2, 0, 59, &minutes)) return false;
  const int offset = hours * 60 + minutes;
  t.offset_minutes = static_cast<std::int16_t>(negative ? -offset : offset);
  return true;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's algorithm).
std::int64_t daysFromCivil(int year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

void setCivil(Temporal& t, std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  t.day = static_cast<std::uint8_t>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  t.month = static_cast<std::uint8_t>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  t.year = static_cast<std::int16_t>(static_cast<std::int64_t>(year_of_era) + era * 400 +
                                     (t.month <= 2 ? 1 : 0));
}

std::int64_t timeMicros(const Temporal& t) {
  return t.hour * kMicrosPerHour + t.minute * kMicrosPerMinute + t.second * kMicrosPerSecond +
         t.nanos / 1000;
}

void setTime(Temporal& t, std::int64_t micros_of_day) {
  t.hour = static_cast<std::uint8_t>(micros_of_day / kMicrosPerHour);
  t.minute = static_cast<std::uint8_t>(micros_of_day / kMicrosPerMinute % 60);
  t.second = static_cast<std::uint8_t>(micros_of_day / kMicrosPerSecond % 60);
  t.nanos = static_cast<std::uint32_t>(micros_of_day % kMicrosPerSecond) * 1000;
}

std::int64_t localMicros(const Temporal& t) {
  const std::int64_t days =
      t.kind == TemporalKind::kTime ? 0 : daysFromCivil(t.year, t.month, t.day);
  return days * kMicrosPerDay + timeMicros(t);
}

// Sets date and time from local microseconds; false outside the years 1 to 9999.
bool setLocal(Temporal& t, std::int64_t micros) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  if (t.kind != TemporalKind::kTime) {
    if (days < -719162 || days > 2932896) return false;
    setCivil(t, days);
  }
  setTime(t, rest);
  return true;
}

std::strong_ordering orderOf(std::int64_t a, std::int64_t b) { return a <=> b; }

// Component by component; nothing when the coarser one ends before they differ.
std::optional<std::strong_ordering> compareComponents(const Temporal& a, const Temporal& b) {
  const Precision first = a.kind == TemporalKind::kTime ? Precision::kHour : Precision::kYear;
  const auto component = [](const Temporal& t, Precision p) -> std::int64_t {
    switch (p) {
      case Precision::kYear:
        return t.year;
      case Precision::kMonth:
        return t.month;
      case Precision::kDay:
        return t.day;
      case Precision::kHour:
        return t.hour;
      case Precision::kMinute:
        return t.minute;
      case Precision::kSecond:
        return std::int64_t{t.second} * 1'000'000'000 + t.nanos;
    }
    return 0;
  };
  const Precision shared = std::min(a.precision, b.precision);
  for (auto p = static_cast<int>(first); p <= static_cast<int>(shared); ++p) {
    const auto precision = static_cast<Precision>(p);
    const auto order = orderOf(component(a, precision), component(b, precision));
    if (order != std::strong_ordering::equal) return order;
  }
  if (a.precision != b.precision) return std::nullopt;
  return std::strong_ordering::equal;
}

}  // namespace

int daysInMonth(int year, int month) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::optional<Temporal> Temporal::parseDate(std::string_view text) {
  Temporal t;
  t.kind = TemporalKind::kDate;
  DigitReader in(text);
  if (!readDate(in, t) || !in.atEnd()) return std::nullopt;
  return t;
}

std::optional<Temporal> Temporal::parseDateTime(std::string_view text) {
  Temporal t;
  t.kind = TemporalKind::kDateTime;
  DigitReader in(text);
  if (!readDate(in, t)) return std::nullopt;
  if (in.take('T') && !in.atEnd()) {
    if (t.precision != Precision::kDay || !readTime(in, t) || !readOffset(in, t))
      return std::nullopt;
  }
  if (!in.atEnd()) return std::nullopt;
  return t;
}

std::optional<Temporal> Temporal::parseTime(std::string_view text) {
  Temporal t;
  t.kind = TemporalKind::kTime;
  DigitReader in(text);
  in.take('T');
  if (!readTime(in, t) || !in.atEnd()) return std::nullopt;
  return t;
}

std::string Temporal::toString() const {
  std::array<char, 64> text;
  std::size_t size = 0;
  const auto put = [&](const char* format, auto... values) {
    size += static_cast<std::size_t>(
        std::snprintf(text.data() + size, text.size() - size, format, values...));
  };
  if (kind != TemporalKind::kTime) {
    put("%04d", int{year});
    if (precision >= Precision::kMonth) put("-%02d", int{month});
    if (precision >= Precision::kDay) put("-%02d", int{day});
    if (precision >= Precision::kHour) put("%s", "T");
  }
  if (precision >= Precision::kHour) put("%02d", int{hour});
  if (precision >= Precision::kMinute) put(":%02d", int{minute});
  if (precision >= Precision::kSecond) put(":%02d", int{second});
  if (precision >= Precision::kSecond && fraction_digits > 0) {
    std::array<char, 16> fraction;
    std::snprintf(fraction.data(), fraction.size(), "%09u", static_cast<unsigned>(nanos));
    put(".%.*s", int{fraction_digits}, fraction.data());
  }
  if (hasOffset()) {
    if (offset_minutes == 0) {
      put("%s", "Z");
    } else {
      const int magnitude = offset_minutes < 0 ? -offset_minutes : offset_minutes;
      put("%c%02d:%02d", offset_minutes < 0 ? '-' : '+', magnitude / 60, magnitude % 60);
    }
  }
  return {text.data(), size};
}

std::int64_t Temporal::firstMicros() const {
  return localMicros(*this) - (hasOffset() ? offset_minutes * kMicrosPerMinute : 0);
}

std::int64_t Temporal::endMicros() const {
  const std::int64_t first = firstMicros();
  switch (precision) {
    case Precision::kYear:
      return first + (daysFromCivil(year + 1, 1, 1) - daysFromCivil(year, 1, 1)) * kMicrosPerDay;
    case Precision::kMonth:
      return first + daysInMonth(year, month) * kMicrosPerDay;
    case Precision::kDay:
      return first + kMicrosPerDay;
    case Precision::kHour:
      return first + kMicrosPerHour;
    case Precision::kMinute:
      return first + kMicrosPerMinute;
    case Precision::kSecond:
      break;
  }
  std::int64_t width = kMicrosPerSecond;
  for (int i = 0; i < fraction_digits && width > 1; ++i) width /= 10;
  return first + width;
}

Temporal Temporal::fromMicros(std::int64_t micros_utc, std::int16_t offset_minutes) {
  Temporal t;
  t.kind = TemporalKind::kDateTime;
  t.precision = Precision::kSecond;
  t.offset_minutes = offset_minutes;
  t.fraction_digits = 3;
  const std::int64_t millis = micros_utc >= 0 ? micros_utc / 1000 : (micros_utc - 999) / 1000;
  setLocal(t, millis * 1000 + offset_minutes * kMicrosPerMinute);
  return t;
}

std::optional<std::strong_ordering> compare(const Temporal& a, const Temporal& b) {
  const bool both_timed = a.precision >= Precision::kHour && b.precision >= Precision::kHour &&
                          a.kind != TemporalKind::kTime;
  if (!both_timed || a.offset_minutes == b.offset_minutes) return compareComponents(a, b);
  if (a.hasOffset() && b.hasOffset()) {
    Temporal left = a;
    Temporal right = b;
    left.offset_minutes = right.offset_minutes = 0;
    if (!setLocal(left, a.firstMicros()) || !setLocal(right, b.firstMicros())) return std::nullopt;
    left.nanos = a.nanos;
    right.nanos = b.nanos;
    return compareComponents(left, right);
  }
  const std::int64_t distance = a.firstMicros() - b.firstMicros();
  if (distance > kMaxOffsetMicros) return std::strong_ordering::greater;
  if (distance < -kMaxOffsetMicros) return std::strong_ordering::less;
  return std::nullopt;
}

std::optional<Temporal> plus(const Temporal& start, const Decimal& amount, CalendarUnit unit) {
  Temporal t = start;
  Decimal count = amount;
  if (unit == CalendarUnit::kWeek) {
    const auto days = Decimal::multiply(*count.rounded(0, Decimal::Rounding::kTruncate), 7);
    if (!days) return std::nullopt;
    count = *days;
    unit = CalendarUnit::kDay;
  }
  if (t.kind == TemporalKind::kTime && unit < CalendarUnit::kHour) return std::nullopt;

  const auto finestOf = [](CalendarUnit u) {
    switch (u) {
      case CalendarUnit::kYear:
        return Precision::kYear;
      case CalendarUnit::kMonth:
        return Precision::kMonth;
      case CalendarUnit::kWeek:
      case CalendarUnit::kDay:
        return Precision::kDay;
      case CalendarUnit::kHour:
        return Precision::kHour;
      case CalendarUnit::kMinute:
        return Precision::kMinute;
      default:
        return Precision::kSecond;
    }
  };
  const auto micros_of = [](CalendarUnit u) -> std::int64_t {
    switch (u) {
      case CalendarUnit::kDay:
        return kMicrosPerDay;
      case CalendarUnit::kHour:
        return kMicrosPerHour;
      case CalendarUnit::kMinute:
        return kMicrosPerMinute;
      case CalendarUnit::kSecond:
        return kMicrosPerSecond;
      default:
        return 1000;
    }
  };
  const auto whole = [](const Decimal& d) {
    return d.rounded(0, Decimal::Rounding::kTruncate).and_then([](const Decimal& r) {
      return r.toInteger();
    });
  };

  // Microseconds, or months for units of the calendar.
  std::int64_t months = 0;
  std::int64_t micros = 0;
  if (unit <= CalendarUnit::kMonth) {
    const auto n = whole(count);
    if (!n || *n > 120'000 || *n < -120'000) return std::nullopt;
    months = unit == CalendarUnit::kYear ? *n * 12 : *n;
  } else {
    const bool fractional = unit >= CalendarUnit::kSecond;
    const auto scaled = Decimal::multiply(
        fractional ? count : *count.rounded(0, Decimal::Rounding::kTruncate), micros_of(unit));
    const auto n = scaled ? whole(*scaled) : std::nullopt;
    constexpr std::int64_t kTenThousandYears = 10'000 * 366 * kMicrosPerDay;
    if (!n || *n > kTenThousandYears || *n < -kTenThousandYears) return std::nullopt;
    micros = *n;
    // A partial date counts in its own unit: 30 days a month, 365 days a year.
    if (finestOf(unit) > t.precision) {
      switch (t.precision) {
        case Precision::kYear:
          months = micros / kMicrosPerDay / 365 * 12;
          micros = 0;
          break;
        case Precision::kMonth:
          months = micros / kMicrosPerDay / 30;
          micros = 0;
          break;
        case Precision::kDay:
          micros -= micros % kMicrosPerDay;
          break;
        case Precision::kHour:
          micros -= micros % kMicrosPerHour;
          break;
        case Precision::kMinute:
          micros -= micros % kMicrosPerMinute;
          break;
        case Precision::kSecond:
          break;
      }
    }
  }
  if (months != 0) {
    const std::int64_t index = std::int64_t{t.year} * 12 + (t.month - 1) +
                               (t.precision == Precision::kYear ? months / 12 * 12 : months);
    const std::int64_t year = index >= 0 ? index / 12 : -1;
    if (year < 1 || year > 9999) return std::nullopt;
    t.year = static_cast<std::int16_t>(year);
    t.month = static_cast<std::uint8_t>(index % 12 + 1);
    t.day = static_cast<std::uint8_t>(std::min<int>(t.day, daysInMonth(t.year, t.month)));
  }
  if (micros != 0) {
    const std::uint32_t below_micros = t.nanos % 1000;
    if (!setLocal(t, localMicros(t) + micros)) return std::nullopt;
    t.nanos += below_micros;
    if (t.nanos != 0 && t.fraction_digits < 3) t.fraction_digits = 3;
  }
  return t;
}

}  // namespace planbro::fhirpath
