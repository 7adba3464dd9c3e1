// Dates, times and points in time as FHIR and FHIRPath mean them: with the precision they were
// written in, and a time zone or none.
// Source: FHIRPath 2.0, sections 4.1 (literals), 6.1-6.2 (comparison), 6.7 (arithmetic).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhirpath/decimal.h"

namespace planbro::fhirpath {

enum class TemporalKind : std::uint8_t { kDate, kDateTime, kTime };
// kSecond covers the fraction: seconds are one decimal component in comparisons.
enum class Precision : std::uint8_t { kYear, kMonth, kDay, kHour, kMinute, kSecond };

struct Temporal {
  static constexpr std::int16_t kNoOffset = 0x7fff;

  std::uint32_t nanos = 0;
  std::int16_t year = 0;
  std::int16_t offset_minutes = kNoOffset;
  std::uint8_t month = 1;
  std::uint8_t day = 1;
  std::uint8_t hour = 0;
  std::uint8_t minute = 0;
  std::uint8_t second = 0;
  std::uint8_t fraction_digits = 0;  // as written, at most 9 count
  TemporalKind kind = TemporalKind::kDateTime;
  Precision precision = Precision::kYear;

  bool hasOffset() const { return offset_minutes != kNoOffset; }

  // FHIR's written forms: date "2015-02", dateTime and instant "2015-02-04T14:34:28.5+01:00",
  // time "14:34:28". A dateTime may stop after any component ("2015", "2015-02-04T", "…T14").
  // Nothing if it is no such date (13th month, 30 February).
  static std::optional<Temporal> parseDate(std::string_view text);
  static std::optional<Temporal> parseDateTime(std::string_view text);
  static std::optional<Temporal> parseTime(std::string_view text);

  std::string toString() const;

  // Microseconds since 1970-01-01T00:00:00 of the first moment it covers; its own offset is
  // applied, none counts as UTC. Times count from midnight.
  std::int64_t firstMicros() const;
  // The first microsecond after it: end exclusive.
  std::int64_t endMicros() const;
  static Temporal fromMicros(std::int64_t micros_utc, std::int16_t offset_minutes);
};

// By components down to the coarser precision; nothing when that leaves it open ("2012" against
// "2012-05"), or when only one of them has a time zone and the answer depends on it.
std::optional<std::strong_ordering> compare(const Temporal& a, const Temporal& b);

enum class CalendarUnit : std::uint8_t {
  kYear,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond
};

// `amount` units later (earlier if negative); finer units than the precision are first converted
// and the rest dropped. Nothing out of the years 1 to 9999, or for a unit its kind does not have.
std::optional<Temporal> plus(const Temporal& start, const Decimal& amount, CalendarUnit unit);

// The length of a month, 28 to 31.
int daysInMonth(int year, int month);

}  // namespace planbro::fhirpath
