// Decimals, dates and times, units, collections.
#include <gtest/gtest.h>

#include "fhirpath/decimal.h"
#include "fhirpath/temporal.h"
#include "fhirpath/ucum.h"
#include "fhirpath/value.h"

namespace planbro::fhirpath {
namespace {

std::string text(const std::optional<Decimal>& d) { return d ? d->toString() : "none"; }

TEST(Decimal, KeepsItsPlacesAndComparesByValue) {
  EXPECT_EQ(text(Decimal::parse("1.50")), "1.50");
  EXPECT_EQ(text(Decimal::parse("-0.050")), "-0.050");
  EXPECT_EQ(text(Decimal::parse("1e3")), "1000");
  EXPECT_EQ(text(Decimal::parse("12.5E-2")), "0.125");
  EXPECT_EQ(*Decimal::parse("1.0"), Decimal(1));
  EXPECT_LT(*Decimal::parse("0.1234567890123456789012345678"), *Decimal::parse("1e30"));
  for (const char* wrong : {"", ".", "1.", "a", "1e", "--1", "1 ", "1e999"})
    EXPECT_FALSE(Decimal::parse(wrong).has_value()) << wrong;
}

TEST(Decimal, CalculatesExactly) {
  EXPECT_EQ(text(Decimal::add(*Decimal::parse("0.1"), *Decimal::parse("0.2"))), "0.3");
  EXPECT_EQ(text(Decimal::multiply(*Decimal::parse("1.2"), *Decimal::parse("1.8"))), "2.16");
  EXPECT_EQ(text(Decimal::divide(Decimal(1), Decimal(3))), "0.33333333333333333333");
  EXPECT_EQ(text(Decimal::divide(Decimal(2), Decimal(3))), "0.66666666666666666667");
  EXPECT_EQ(text(Decimal::divide(Decimal(1), Decimal(0))), "none");
  EXPECT_EQ(text(Decimal::remainder(*Decimal::parse("2.2"), *Decimal::parse("1.8"))), "0.4");
  EXPECT_EQ(text(Decimal::parse("-2.5")->rounded(0)), "-3");
  EXPECT_EQ(text(Decimal::parse("-2.5")->rounded(0, Decimal::Rounding::kCeiling)), "-2");
}

TEST(Temporal, KnowsWhatItCovers) {
  const auto month = Temporal::parseDateTime("2012-02");
  ASSERT_TRUE(month.has_value());
  EXPECT_EQ(month->endMicros() - month->firstMicros(), std::int64_t{29} * 24 * 3600 * 1000000);
  EXPECT_EQ(Temporal::parseDateTime("1970-01-01T01:00:00+01:00")->firstMicros(), 0);
  EXPECT_EQ(Temporal::fromMicros(1'500'000, 60).toString(), "1970-01-01T01:00:01.500+01:00");
  EXPECT_EQ(Temporal::fromMicros(-1, 0).toString(), "1969-12-31T23:59:59.999Z");
  for (const char* wrong : {"2012-2", "2012-00", "2012-02-30", "2012-02-01T25", "2012-02T10:00",
                            "0000", "2012-02-01T10:00:00+15:00"})
    EXPECT_FALSE(Temporal::parseDateTime(wrong).has_value()) << wrong;
}

TEST(Unit, ConvertsExactly) {
  const auto converted = [](const char* amount, const char* from, const char* to) {
    const auto a = Unit::parse(from);
    const auto b = Unit::parse(to);
    EXPECT_TRUE(a && b) << from << " " << to;
    return a && b ? text(convert(*Decimal::parse(amount), *a, *b)) : "unknown";
  };
  EXPECT_EQ(converted("1", "[lb_av]", "kg"), "0.45359237");
  EXPECT_EQ(converted("1", "[in_i]", "mm"), "25.4");
  EXPECT_EQ(converted("2", "wk", "d"), "14");
  EXPECT_EQ(converted("1", "mmol/L", "umol/mL"), "1");
  EXPECT_EQ(converted("37", "Cel", "K"), "310.15");
  EXPECT_EQ(converted("120", "mm[Hg]", "kPa"), "15.99864");
  EXPECT_EQ(converted("1", "m", "s"), "none");
  EXPECT_EQ(converted("5", "{tablet}/d", "/d"), "5");
  EXPECT_EQ(converted("1", "[iU]/mL", "k[iU]/L"), "1");
  EXPECT_EQ(converted("1", "10*3/uL", "10*9/L"), "1");
  for (const char* wrong : {"", "mgg", "xyz", "m/", "(m", "m)", "{open", "m..s"})
    EXPECT_FALSE(Unit::parse(wrong).has_value()) << wrong;
}

TEST(Unit, OfLongNumbersKeepsHalfOfItsDigitsAndNeverBecomesNothing) {
  const std::string code = "3333333.333333.333334/3333333331666667/333333333300003333333334";
  const auto unit = Unit::parse(code);
  ASSERT_TRUE(unit.has_value());
  const auto value = (unit->factor * Factor{1, 40}).toDecimal();
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->toString().substr(0, 18), "333333633532630146");
  const auto smaller = Unit::parse(code + "/333333333000");
  ASSERT_TRUE(smaller.has_value());
  EXPECT_FALSE(smaller->factor.coefficient == 0);
}

TEST(Collection, GrowsPastItsInlineRoomAndAppendsItself) {
  Collection c;
  for (int i = 0; i < 5; ++i) c.push(Value::integer(i));
  c.append(c);
  ASSERT_EQ(c.size(), 10U);
  EXPECT_EQ(c[9].asInteger(), 4);
  Collection moved = std::move(c);
  EXPECT_EQ(moved[5].asInteger(), 0);
  c = moved;
  EXPECT_EQ(c.size(), 10U);
  c.push(c.front());
  EXPECT_EQ(c.back().asInteger(), 0);
}

}  // namespace
}  // namespace planbro::fhirpath
