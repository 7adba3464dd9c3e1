// Written dates as ranges of time: "2026" is the whole year.
//
// Without a time zone a date means Norwegian time (Europe/Oslo), summer time and its two odd days
// included. Source: FHIR R4, search.html, 3.1.1.4.7 (date).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace planbro::search {

// Microseconds since 1970-01-01T00:00:00Z, both ends included.
struct TimeRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

// FHIR date, dateTime or instant, down to any precision but the hour; nothing if it is no such
// date.
std::optional<TimeRange> timeRangeOf(std::string_view text);

}  // namespace planbro::search
