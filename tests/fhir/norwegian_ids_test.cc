#include "fhir/norwegian_ids.h"

#include <gtest/gtest.h>

#include <string>

namespace planbro::fhir {
namespace {

struct Case {
  const char* digits;
  PersonNumberKind kind;
  bool synthetic;
  CheckDigits check;
};

constexpr Case kCases[] = {
    {"13097248022", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"15021951940", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"13116900216", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"12057900499", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"03117000205", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"05073500186", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"20086600138", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"12050050295", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"01010142365", PersonNumberKind::kFodselsnummer, false, CheckDigits::kClassic},
    {"10915596784", PersonNumberKind::kFodselsnummer, true, CheckDigits::kClassic},
    {"47906701517", PersonNumberKind::kDNumber, true, CheckDigits::kClassic},
    {"68467038838", PersonNumberKind::kDNumber, false, CheckDigits::kClassic},
    {"25436000564", PersonNumberKind::kHNumber, false, CheckDigits::kClassic},
    {"05076600324", PersonNumberKind::kFodselsnummer, false, CheckDigits::kWrong},
    {"13057444850", PersonNumberKind::kFodselsnummer, false, CheckDigits::kWrong},
    {"15064312345", PersonNumberKind::kFodselsnummer, false, CheckDigits::kWrong},
    {"25036000564", PersonNumberKind::kFodselsnummer, false, CheckDigits::kWrong},
    {"00000000000", PersonNumberKind::kNone, false, CheckDigits::kWrong},
    {"32010100000", PersonNumberKind::kNone, false, CheckDigits::kWrong},
    {"1309724802", PersonNumberKind::kNone, false, CheckDigits::kWrong},
    {"1309724802a", PersonNumberKind::kNone, false, CheckDigits::kWrong},
    {"", PersonNumberKind::kNone, false, CheckDigits::kWrong},
};

TEST(NorwegianIdsTest, ReadsKindSeriesAndCheckDigitsOfPersonNumbers) {
  for (const Case& wanted : kCases) {
    const PersonNumber number = readPersonNumber(wanted.digits);
    EXPECT_EQ(number.kind, wanted.kind) << wanted.digits;
    EXPECT_EQ(number.synthetic, wanted.synthetic) << wanted.digits;
    EXPECT_EQ(number.check, wanted.check) << wanted.digits;
  }
}

// The check digits of each scheme, worked out from the first nine digits.
std::string completed(std::string nine, int first_remainder) {
  static constexpr int kFirst[] = {3, 7, 6, 1, 8, 9, 4, 5, 2};
  static constexpr int kSecond[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  int sum = 0;
  for (int i = 0; i < 9; ++i) sum += kFirst[i] * (nine[static_cast<std::size_t>(i)] - '0');
  const int first = ((first_remainder - sum) % 11 + 11) % 11;
  if (first == 10) return {};
  nine += static_cast<char>('0' + first);
  sum = 0;
  for (int i = 0; i < 10; ++i) sum += kSecond[i] * (nine[static_cast<std::size_t>(i)] - '0');
  const int second = (11 - sum % 11) % 11;
  if (second == 10) return {};
  return nine + static_cast<char>('0' + second);
}

TEST(NorwegianIdsTest, TellsTheClassicSchemeFromTheOneOf2032AndRejectsOtherRemainders) {
  int seen = 0;
  for (int remainder = 0; remainder < 11; ++remainder) {
    for (int serial = 100; serial < 160; ++serial) {
      const std::string number = completed("010190" + std::to_string(serial), remainder);
      if (number.empty()) continue;
      ++seen;
      const CheckDigits wanted = remainder == 0   ? CheckDigits::kClassic
                                 : remainder <= 3 ? CheckDigits::kFrom2032
                                                  : CheckDigits::kWrong;
      EXPECT_EQ(readPersonNumber(number).check, wanted) << number;
    }
  }
  EXPECT_GT(seen, 300);
}

TEST(NorwegianIdsTest, AnFhNumberStartsWith8Or9AndHasTheSameCheckDigits) {
  const std::string number = completed("812345670", 0);
  ASSERT_FALSE(number.empty());
  EXPECT_EQ(readPersonNumber(number).kind, PersonNumberKind::kFhNumber);
  EXPECT_TRUE(isPersonNumber(number));
}

TEST(NorwegianIdsTest, ChecksOrganizationNumbersModulo11) {
  EXPECT_TRUE(isOrganizationNumber("915933149"));
  EXPECT_TRUE(isOrganizationNumber("315500001"));  // synthetic
  EXPECT_FALSE(isOrganizationNumber("915933148"));
  EXPECT_FALSE(isOrganizationNumber("115933149"));
  EXPECT_FALSE(isOrganizationNumber("91593314"));
  EXPECT_FALSE(isOrganizationNumber("91593314x"));
}

TEST(NorwegianIdsTest, AnHprNumberIsOneToNineDigits) {
  EXPECT_TRUE(isHprNumber("4"));
  EXPECT_TRUE(isHprNumber("123456789"));
  EXPECT_FALSE(isHprNumber(""));
  EXPECT_FALSE(isHprNumber("1234567890"));
  EXPECT_FALSE(isHprNumber("12 4"));
}

}  // namespace
}  // namespace planbro::fhir
