#include "search/time_range.h"

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"

namespace planbro::search {
namespace {

std::string shown(std::string_view text) {
  const auto range = timeRangeOf(text);
  if (!range) return "none";
  return formatInstant({range->low}) + " " + formatInstant({range->high});
}

TEST(TimeRange, PartialDatesAreWholeRangesOfNorwegianTime) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"2026", "2025-12-31T23:00:00.000Z 2026-12-31T22:59:59.999Z"},
      {"2026-07", "2026-06-30T22:00:00.000Z 2026-07-31T21:59:59.999Z"},
      {"2026-01-15", "2026-01-14T23:00:00.000Z 2026-01-15T22:59:59.999Z"},
      {"2024-02", "2024-01-31T23:00:00.000Z 2024-02-29T22:59:59.999Z"},
      {"2026-11-22T10:00:00+01:00", "2026-11-22T09:00:00.000Z 2026-11-22T09:00:00.999Z"},
      {"2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z 2026-11-22T10:00:00.999Z"},
      {"2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.500Z 2026-11-22T10:00:00.599Z"},
      {"2026-11-22T10:00", "2026-11-22T09:00:00.000Z 2026-11-22T09:00:59.999Z"},
  };
  for (const auto& [text, range] : cases) EXPECT_EQ(shown(text), range) << text;
}

TEST(TimeRange, TheDaysOfTheChangesAre23And25HoursLong) {
  EXPECT_EQ(shown("2026-03-29"), "2026-03-28T23:00:00.000Z 2026-03-29T21:59:59.999Z");
  EXPECT_EQ(shown("2026-10-25"), "2026-10-24T22:00:00.000Z 2026-10-25T22:59:59.999Z");
  // This minute comes twice.
  EXPECT_EQ(shown("2026-10-25T02:30"), "2026-10-25T00:30:00.000Z 2026-10-25T01:30:59.999Z");
}

TEST(TimeRange, AnHourThatThereIsNotIsTakenWithTheFormerOffset) {
  EXPECT_EQ(shown("2026-03-29T02:30"), "2026-03-29T01:30:00.000Z 2026-03-29T01:30:59.999Z");
  EXPECT_EQ(shown("2026-03-29T02:59:59"), "2026-03-29T01:59:59.000Z 2026-03-29T01:59:59.999Z");
  EXPECT_EQ(shown("2026-03-29T01:59"), "2026-03-29T00:59:00.000Z 2026-03-29T00:59:59.999Z");
  EXPECT_EQ(shown("2026-03-29T03:00"), "2026-03-29T01:00:00.000Z 2026-03-29T01:00:59.999Z");
}

TEST(TimeRange, WhatIsNoDateGivesNothing) {
  for (const char* text :
       {"", "yesterday", "2026-13", "2026-02-30", "26-01-01", "2026-1-1", "2026-01-01T25:00",
        "2026-01-01x", "2026-01-01T10", "2026-01-01T10Z", "2026-01-01T10+01:00"})
    EXPECT_FALSE(timeRangeOf(text)) << text;
}

}  // namespace
}  // namespace planbro::search
