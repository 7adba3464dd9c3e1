#include "base/text.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/digest.h"

namespace planbro {
namespace {

TEST(Text, LatinOneBecomesUtf8) {
  EXPECT_EQ(latin1ToUtf8("F\xF8"
                         "dt \xE5r"),
            "Født år");
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a;;b;", ';'), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ';'), std::vector<std::string_view>{""});
}

TEST(Text, TheNearestNameIsOnlyGivenWhenItIsNear) {
  EXPECT_EQ(nearestName("statsu", {"status", "subject"}), "status");
  EXPECT_EQ(nearestName("zzzz", {"status", "subject"}), std::nullopt);
}

TEST(Text, WhatMayNotStandRawInAUrlIsEscapedThereAndTheRestStays) {
  EXPECT_EQ(escapedForUrl("/fhir/CarePlan?category=a|b&name=\u00e5s %C3%A5"),
            "/fhir/CarePlan?category=a%7Cb&name=%C3%A5s%20%C3%A5");
}

TEST(Digest, Sha256OfTheEmptyTextIsTheKnownOne) {
  EXPECT_EQ(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, Base64GoesThereAndBackForEveryLength) {
  std::string bytes;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(base64Decode(base64Encode(bytes)), bytes) << i;
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Digest, Base64RefusesWhatIsNot) {
  EXPECT_EQ(base64Decode("a"), std::nullopt);
  EXPECT_EQ(base64Decode("ab=c"), std::nullopt);
  EXPECT_EQ(base64Decode("ab*="), std::nullopt);
  EXPECT_EQ(base64Decode("YQ =\n="), "a");
}

TEST(Clock, FormatsAnInstantInUtc) {
  EXPECT_EQ(formatInstant({1'795'350'960'123'000}), "2026-11-22T12:36:00.123Z");
  EXPECT_EQ(formatHttpDate({1'795'350'960'123'000}), "Sun, 22 Nov 2026 12:36:00 GMT");
}

}  // namespace
}  // namespace planbro
