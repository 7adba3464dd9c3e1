#include "search/number_range.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>

namespace planbro::search {
namespace {

TEST(NumberRange, TheOrderOfNumbersIsKept) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double rising[] = {-kInfinity, -1e300, -2, -1.5,  -1e-300,  0,
                           1e-300,     0.1,    1,  1e300, kInfinity};
  for (std::size_t i = 1; i < std::size(rising); ++i)
    EXPECT_LT(orderedNumber(rising[i - 1]), orderedNumber(rising[i])) << i;
  EXPECT_EQ(orderedNumber(-0.0), orderedNumber(0.0));
}

TEST(NumberRange, PrecisionAsWrittenMakesTheRange) {
  EXPECT_EQ(numberRangeOf("100")->low, 99.5);
  EXPECT_EQ(numberRangeOf("100")->high, 100.5);
  EXPECT_EQ(numberRangeOf("5.40")->low, 5.395);
  EXPECT_EQ(numberRangeOf("-2")->value, -2);
  const std::tuple<const char*, double, double> exponents[] = {
      {"1e2", 95, 105},      {"1E+2", 95, 105},
      {"-1e2", -105, -95},   {"1.2e3", 1195, 1205},
      {"1.0e1", 9.5, 10.5},  {"1e0", 0.5, 1.5},
      {"10e1", 99.5, 100.5}, {"5.40e-3", 0.005395, 0.005405}};
  for (const auto& [text, low, high] : exponents) {
    EXPECT_EQ(numberRangeOf(text)->low, low) << text;
    EXPECT_EQ(numberRangeOf(text)->high, high) << text;
  }
  EXPECT_EQ(numberRangeOf("0.0000000000000000000000000000001")->value, 1e-31);
  for (const char* wrong : {"", "x", "1,5", "0x10", "1e", "nan", "inf"})
    EXPECT_FALSE(numberRangeOf(wrong)) << wrong;
}

}  // namespace
}  // namespace planbro::search
