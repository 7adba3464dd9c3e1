#include "json/compare.h"

#include <gtest/gtest.h>

#include "json/parser.h"

namespace planbro::json {
namespace {

std::string difference(const std::string& a, const std::string& b) {
  const auto left = parse(a);
  const auto right = parse(b);
  EXPECT_EQ(sameTree((*left)->root(), (*right)->root()),
            firstDifference((*left)->root(), (*right)->root()).empty());
  return firstDifference((*left)->root(), (*right)->root());
}

TEST(Compare, OrderAndEscapesOfMembersDoNotMatterOrderOfItemsDoes) {
  EXPECT_EQ(difference(R"({"a":1,"b":["\u0078",null]})", R"({"b":["x",null],"a":1})"), "");
  EXPECT_EQ(difference("[1,2]", "[2,1]"), "[0]: '1' and '2'");
}

TEST(Compare, NumbersAreTheirText) {
  EXPECT_EQ(difference(R"({"a":{"b":[1.50]}})", R"({"a":{"b":[1.5]}})"),
            "a.b[0]: '1.50' and '1.5'");
}

TEST(Compare, AMissingMemberIsToldFromEitherSide) {
  EXPECT_EQ(difference(R"({"a":1,"b":2})", R"({"a":1})"), "b: only the first has it");
  EXPECT_EQ(difference(R"({"a":1})", R"({"a":1,"b":2})"), "b: only the second has it");
}

}  // namespace
}  // namespace planbro::json
