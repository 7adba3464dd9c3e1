#include "base/clock.h"

#include <fmt/format.h>

#include <array>
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

}  // namespace

std::string formatInstant(Instant instant) {
  const Civil c = civilOf(instant);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second, c.millis);
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
