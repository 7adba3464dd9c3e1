#include "service/conditions.h"

#include <gtest/gtest.h>

namespace planbro::service {
namespace {

const Instant kNow = *parseInstant("2026-11-22T12:00:00Z");

TEST(HttpDate, IsReadInAllThreeForms) {
  for (const std::string_view text : {"Sun, 22 Nov 2026 12:36:00 GMT",
                                      "Sunday, 22-Nov-26 12:36:00 GMT", "Sun Nov 22 12:36:00 2026"})
    EXPECT_EQ(parseHttpDate(text, kNow), parseInstant("2026-11-22T12:36:00Z")) << text;
  EXPECT_EQ(parseHttpDate("Sun Nov  6 08:49:37 1994", kNow), parseInstant("1994-11-06T08:49:37Z"));
}

TEST(HttpDate, AYearOfTwoDigitsIsAtMostFiftyYearsAhead) {
  EXPECT_EQ(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow),
            parseInstant("1994-11-06T08:49:37Z"));
  EXPECT_EQ(parseHttpDate("Friday, 06-Nov-76 08:49:37 GMT", kNow),
            parseInstant("2076-11-06T08:49:37Z"));
  EXPECT_EQ(parseHttpDate("Sunday, 06-Nov-77 08:49:37 GMT", kNow),
            parseInstant("1977-11-06T08:49:37Z"));
}

TEST(HttpDate, OtherTextsAreNone) {
  for (const std::string_view text :
       {"", "Sunday, 22-Nov-26 12:36:00", "Sunday, 22-Nov-2026 12:36:00 GMT",
        "Sun Nov 22 12:36:00 26", "Sun Nov 31 12:36:00 2026", "Sun Nxv 22 12:36:00 2026",
        "Sun, 31 Feb 2026 12:36:00 GMT", "Sun, 22 Nov 2026 25:36:00 GMT",
        "Sun, 22 Nov 2026 12.36.00 GMT", "Sun, 22 Nov 2026 12:36:00 CET",
        "Sun, xx Nov 2026 12:36:00 GMT", "2026-11-22T12:36:00Z"})
    EXPECT_FALSE(parseHttpDate(text, kNow).has_value()) << text;
}

TEST(EntityTags, AListNamesAVersionWeakOrStrong) {
  EXPECT_EQ(namesVersion("W/\"3\"", 3), true);
  EXPECT_EQ(namesVersion("\"3\"", 3), true);
  EXPECT_EQ(namesVersion("W/\"1\", W/\"3\"", 3), true);
  EXPECT_EQ(namesVersion("W/\"1\"", 3), false);
  EXPECT_EQ(namesVersion(" * ", 3), true);
  EXPECT_EQ(namesVersion("W/\"x y\"", 3), false);
}

TEST(EntityTags, AMalformedListIsNoAnswer) {
  for (const std::string_view text : {"3", "W/3", "W/\"3", "", "W/\"3\",", "\"\""})
    EXPECT_FALSE(namesVersion(text, 3).has_value()) << text;
}

}  // namespace
}  // namespace planbro::service
