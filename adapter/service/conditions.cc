#include "service/conditions.h"

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

std::string versionName(const store::Version* current) {
  return current == nullptr ? std::string("-") : std::to_string(current->version);
}

}  // namespace

std::string etagOf(std::uint64_t version) { return "W/\"" + std::to_string(version) + "\""; }

std::optional<Instant> parseHttpDate(std::string_view text) {
  // "Sun, 22 Nov 2026 12:36:00 GMT"
  text = trim(text);
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
      text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto day = number(text.substr(5, 2));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  unsigned month = 0;
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (text.substr(8, 3) == kMonths[i]) month = i + 1;
  }
  if (!day || !year || !hour || !minute || !second || month == 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59 || *second < 0 ||
      *second > 60)
    return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return Instant{((days * 24 + *hour) * 60 + *minute) * 60'000'000LL + *second * 1'000'000LL};
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

bool isUnchanged(const Conditions& conditions, const store::Version& version) {
  if (conditions.if_none_match.has_value())
    return namesVersion(*conditions.if_none_match, version.version).value_or(false);
  if (!conditions.if_modified_since.has_value()) return false;
  const auto since = parseHttpDate(*conditions.if_modified_since);
  // Last-Modified shows whole seconds.
  return since.has_value() && version.last_updated.micros / 1'000'000 <= since->micros / 1'000'000;
}

std::optional<Answer> refusedByConditions(const Conditions& conditions,
                                          const store::Version* current) {
  const bool exists = current != nullptr && !current->deleted;
  if (conditions.if_match.has_value()) {
    const auto holds =
        namesVersion(*conditions.if_match, current == nullptr ? 0 : current->version);
    if (!holds.has_value()) return refuse(400, "PB-4016", {"If-Match", "W/\"3\""});
    if (!*holds || !exists)
      return refuse(412, "PB-4013", {versionName(current), *conditions.if_match});
  }
  if (conditions.if_none_match.has_value()) {
    const auto named =
        namesVersion(*conditions.if_none_match, current == nullptr ? 0 : current->version);
    if (!named.has_value()) return refuse(400, "PB-4016", {"If-None-Match", "*"});
    if (*named && exists)
      return refuse(412, "PB-4013",
                    {versionName(current), "If-None-Match: " + *conditions.if_none_match});
  }
  return std::nullopt;
}

}  // namespace planbro::service
