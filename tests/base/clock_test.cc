#include "base/clock.h"

#include <gtest/gtest.h>

namespace planbro {
namespace {

TEST(Instant, TextAndBackIsTheSamePoint) {
  const auto instant = parseInstant("2026-11-22T12:36:00.123Z");
  ASSERT_TRUE(instant.has_value());
  EXPECT_EQ(formatInstant(*instant), "2026-11-22T12:36:00.123Z");
  EXPECT_EQ(formatHttpDate(*instant), "Sun, 22 Nov 2026 12:36:00 GMT");
}

TEST(Instant, AZoneIsTakenOff) {
  EXPECT_EQ(parseInstant("2026-11-22T01:30:00+02:00"), parseInstant("2026-11-21T23:30:00Z"));
  EXPECT_EQ(parseInstant("2026-11-22T01:30:00.000001-01:00")->micros,
            parseInstant("2026-11-22T02:30:00Z")->micros + 1);
}

TEST(Instant, WhatIsNoInstantGivesNothing) {
  for (const std::string_view text :
       {"", "2026", "2026-11-22", "2026-11-22T12:00:00", "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00Z ", "2026-11-22T12:00:00+1:00", "-026-11-22T12:00:00Z"})
    EXPECT_FALSE(parseInstant(text).has_value()) << text;
}

TEST(NorwegianDay, BeginsOneOrTwoHoursBeforeTheDayOfUtc) {
  const auto day = [](std::string_view instant) { return norwegianDay(*parseInstant(instant)); };
  EXPECT_EQ(day("2026-11-22T22:59:59Z"), "2026-11-22");
  EXPECT_EQ(day("2026-11-22T23:00:00Z"), "2026-11-23");
  EXPECT_EQ(day("2026-07-01T21:59:59Z"), "2026-07-01");
  EXPECT_EQ(day("2026-07-01T22:00:00Z"), "2026-07-02");
  EXPECT_EQ(day("2026-03-28T22:59:59Z"), "2026-03-28") << "winter until 29 March";
  EXPECT_EQ(day("2026-10-24T22:00:00Z"), "2026-10-25") << "summer until 25 October";
  EXPECT_EQ(day("2026-10-25T22:59:59Z"), "2026-10-25");
}

}  // namespace
}  // namespace planbro
