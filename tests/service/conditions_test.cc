#include "service/conditions.h"

#include <gtest/gtest.h>

namespace planbro::service {
namespace {

TEST(HttpDate, ReadsTheFixedFormOnly) {
  EXPECT_EQ(parseHttpDate("Sun, 22 Nov 2026 12:36:00 GMT"), parseInstant("2026-11-22T12:36:00Z"));
  for (const std::string_view text :
       {"", "Sunday, 22-Nov-26 12:36:00 GMT", "Sun Nov 22 12:36:00 2026",
        "Sun, 31 Feb 2026 12:36:00 GMT", "Sun, 22 Nov 2026 25:36:00 GMT",
        "Sun, 22 Nov 2026 12:36:00 CET", "Sun, xx Nov 2026 12:36:00 GMT"})
    EXPECT_FALSE(parseHttpDate(text).has_value()) << text;
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
