#include "base/clock.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace planbro {
namespace {

struct Civil {
  int year;
  unsigned month, day, weekday;
  std::int64_t hour, minute, second, millis;
};

Civil civilOf(Instant instant) {
  using std::chrono::days;
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::microseconds> time{
      std::chrono::microseconds{instant.micros}};
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = (time - day).count();
  return {int(date.year()),      unsigned(date.month()),
          unsigned(date.day()),  std::chrono::weekday{day}.c_encoding(),
          rest / 3'600'000'000,  rest / 60'000'000 % 60,
          rest / 1'000'000 % 60, rest / 1'000 % 1'000};
}

// The number that `text` begins with, of exactly that many digits, which are taken off; -1 if it
// does not.
int takeDigits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return -1;
  text.remove_prefix(digits);
  return value;
}

bool takeCharacter(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+01:00" or "-01:00", the whole rest, as minutes.
std::optional<int> takeZone(std::string_view& text) {
  if (takeCharacter(text, 'Z')) return text.empty() ? std::optional(0) : std::nullopt;
  const int sign = takeCharacter(text, '-') ? -1 : 1;
  if (sign == 1 && !takeCharacter(text, '+')) return std::nullopt;
  const int hours = takeDigits(text, 2);
  if (hours < 0 || hours > 14 || !takeCharacter(text, ':')) return std::nullopt;
  const int minutes = takeDigits(text, 2);
  if (minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

// ".123", as microseconds; nothing if a digit is missing.
std::optional<std::int64_t> takeFraction(std::string_view& text) {
  if (!takeCharacter(text, '.')) return 0;
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  std::size_t digits = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits) {
    micros += (text[0] - '0') * unit;
    unit /= 10;
  }
  if (digits == 0) return std::nullopt;
  return micros;
}

}  // namespace

std::optional<Instant> parseInstant(std::string_view text) {
  const int year = takeDigits(text, 4);
  if (year < 1 || !takeCharacter(text, '-')) return std::nullopt;
  const int month = takeDigits(text, 2);
  if (month < 1 || !takeCharacter(text, '-')) return std::nullopt;
  const int day = takeDigits(text, 2);
  if (day < 1 || !takeCharacter(text, 'T')) return std::nullopt;
  const int hour = takeDigits(text, 2);
  if (hour < 0 || hour > 23 || !takeCharacter(text, ':')) return std::nullopt;
  const int minute = takeDigits(text, 2);
  if (minute < 0 || minute > 59 || !takeCharacter(text, ':')) return std::nullopt;
  const int second = takeDigits(text, 2);
  if (second < 0 || second > 60) return std::nullopt;
  const auto fraction = takeFraction(text);
  const auto zone = fraction.has_value() ? takeZone(text) : std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!zone.has_value() || !date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = (days * 24 + hour) * 60 + minute - *zone;
  return Instant{(minutes * 60 + second) * 1'000'000 + *fraction};
}

std::string formatInstant(Instant instant) {
  const Civil c = civilOf(instant);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second, c.millis);
}

std::string norwegianDay(Instant instant) {
  using std::chrono::hours;
  using std::chrono::last;
  using std::chrono::Sunday;
  const std::chrono::sys_time<std::chrono::microseconds> time{
      std::chrono::microseconds{instant.micros}};
  const std::chrono::year year =
      std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year();
  const auto change = [&](std::chrono::month month) {
    return std::chrono::sys_days{year / month / Sunday[last]} + hours{1};
  };
  const bool summer = time >= change(std::chrono::March) && time < change(std::chrono::October);
  const Civil civil = civilOf({instant.micros + (summer ? 2 : 1) * std::int64_t{3'600'000'000}});
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

std::string formatHttpDate(Instant instant) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = civilOf(instant);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[c.weekday], c.day,
                     kMonths[c.month - 1], c.year, c.hour, c.minute, c.second);
}

Instant SystemClock::now() const {
  return {std::chrono::duration_cast<std::chrono::microseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

}  // namespace planbro
