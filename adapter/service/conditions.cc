#include "service/conditions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/text.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct DateParts {
  std::string_view day, month, year, time;
};

// The parts where one of the three forms has them. The day of the week says nothing that the date
// does not.
std::optional<DateParts> partsOf(std::string_view text) {
  // "Sun, 22 Nov 2026 12:36:00 GMT"
  if (text.size() == 29 && text.substr(3, 2) == ", " && text.ends_with(" GMT"))
    return DateParts{text.substr(5, 2), text.substr(8, 3), text.substr(12, 4), text.substr(17, 8)};
  const auto comma = text.find(", ");
  // "Sun Nov 22 12:36:00 2026", "Sun Nov  1 12:36:00 2026" (asctime)
  if (comma == std::string_view::npos && text.size() == 24)
    return DateParts{trim(text.substr(8, 2)), text.substr(4, 3), text.substr(20),
                     text.substr(11, 8)};
  if (comma == std::string_view::npos) return std::nullopt;
  // "Sunday, 22-Nov-26 12:36:00 GMT" (RFC 850)
  const std::string_view rest = text.substr(comma + 2);
  if (rest.size() == 22 && rest[2] == '-' && rest[6] == '-' && rest.ends_with(" GMT"))
    return DateParts{rest.substr(0, 2), rest.substr(3, 3), rest.substr(7, 2), rest.substr(10, 8)};
  return std::nullopt;
}

// Of two digits the year that is not more than 50 years ahead (RFC 9110, section 5.6.7).
std::optional<int> yearOf(std::string_view text, Instant now) {
  const auto year = number(text);
  if (!year.has_value() || text.size() != 2) return year;
  const std::chrono::sys_time<std::chrono::microseconds> time{
      std::chrono::microseconds(now.micros)};
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(time));
  const int this_year = static_cast<int>(today.year());
  const int here = this_year - this_year % 100 + *year;
  return here > this_year + 50 ? here - 100 : here;
}

// "12:36:00"; 60 is a leap second.
std::optional<std::chrono::seconds> timeOf(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = number(text.substr(0, 2));
  const auto minute = number(text.substr(3, 2));
  const auto second = number(text.substr(6, 2));
  if (!hour || !minute || !second || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59 ||
      *second < 0 || *second > 60)
    return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

Answer failed(const store::Version* current, std::string asked) {
  if (current == nullptr || current->deleted) return refuse(412, "PB-4014", {std::move(asked)});
  return refuse(412, "PB-4013", {std::to_string(current->version), std::move(asked)});
}

// Whether the version has changed since that date; a text that is no date is passed over (RFC 9110,
// section 13.1.4).
bool isModifiedSince(const store::Version& version, std::string_view date) {
  const auto since = parseHttpDate(date, version.last_updated);
  return since.has_value() && version.last_updated.micros / 1'000'000 > since->micros / 1'000'000;
}

}  // namespace

std::string etagOf(std::uint64_t version) { return "W/\"" + std::to_string(version) + "\""; }

std::optional<Instant> parseHttpDate(std::string_view text, Instant now) {
  const auto parts = partsOf(trim(text));
  if (!parts.has_value()) return std::nullopt;
  const auto day = number(parts->day);
  const auto month = std::find(kMonths.begin(), kMonths.end(), parts->month);
  const auto year = yearOf(parts->year, now);
  const auto time = timeOf(parts->time);
  if (!day || month == kMonths.end() || !year || !time) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin() + 1)),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Instant{(std::chrono::sys_days(date).time_since_epoch() + *time) /
                 std::chrono::microseconds(1)};
}

std::optional<bool> namesVersion(std::string_view header, std::uint64_t version) {
  if (trim(header) == "*") return true;
  bool found = false;
  for (std::string_view tag : split(header, ',')) {
    tag = trim(tag);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
    found = found || tag.substr(1, tag.size() - 2) == std::to_string(version);
  }
  return found;
}

bool isUnchanged(const Conditions& conditions, const store::Version& version, Instant now) {
  if (conditions.if_none_match.has_value())
    return namesVersion(*conditions.if_none_match, version.version).value_or(false);
  if (!conditions.if_modified_since.has_value()) return false;
  const auto since = parseHttpDate(*conditions.if_modified_since, now);
  // Last-Modified shows whole seconds.
  return since.has_value() && version.last_updated.micros / 1'000'000 <= since->micros / 1'000'000;
}

std::optional<Answer> refusedByMatch(const Conditions& conditions, const store::Version* current) {
  const bool exists = current != nullptr && !current->deleted;
  if (conditions.if_match.has_value()) {
    const auto holds =
        namesVersion(*conditions.if_match, current == nullptr ? 0 : current->version);
    if (!holds.has_value()) return refuse(400, "PB-4016", {"If-Match", "W/\"3\""});
    if (!*holds || !exists) return failed(current, "If-Match: " + *conditions.if_match);
  } else if (conditions.if_unmodified_since.has_value() && exists &&
             isModifiedSince(*current, *conditions.if_unmodified_since)) {
    return failed(current, "If-Unmodified-Since: " + *conditions.if_unmodified_since);
  }
  return std::nullopt;
}

std::optional<Answer> refusedByConditions(const Conditions& conditions,
                                          const store::Version* current) {
  if (auto refused = refusedByMatch(conditions, current)) return refused;
  if (!conditions.if_none_match.has_value()) return std::nullopt;
  const auto named =
      namesVersion(*conditions.if_none_match, current == nullptr ? 0 : current->version);
  if (!named.has_value()) return refuse(400, "PB-4016", {"If-None-Match", "*"});
  if (*named && current != nullptr && !current->deleted)
    return failed(current, "If-None-Match: " + *conditions.if_none_match);
  return std::nullopt;
}

}  // namespace planbro::service
