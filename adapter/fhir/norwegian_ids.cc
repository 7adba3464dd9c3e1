#include "fhir/norwegian_ids.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace planbro::fhir {
namespace {

constexpr std::array kFirstWeights = {3, 7, 6, 1, 8, 9, 4, 5, 2};
constexpr std::array kSecondWeights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
constexpr std::array kOrganizationWeights = {3, 2, 7, 6, 5, 4, 3, 2};

bool allDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <std::size_t kCount>
int weightedSum(const std::array<int, kCount>& weights, std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < kCount; ++i) sum += weights[i] * (digits[i] - '0');
  return sum;
}

int pairAt(std::string_view digits, std::size_t at) {
  return (digits[at] - '0') * 10 + (digits[at + 1] - '0');
}

CheckDigits checkOf(std::string_view digits) {
  const int first = (weightedSum(kFirstWeights, digits) + (digits[9] - '0')) % 11;
  const int second = (weightedSum(kSecondWeights, digits) + (digits[10] - '0')) % 11;
  if (second != 0 || first > 3) return CheckDigits::kWrong;
  return first == 0 ? CheckDigits::kClassic : CheckDigits::kFrom2032;
}

}  // namespace

PersonNumber readPersonNumber(std::string_view digits) {
  PersonNumber number;
  if (digits.size() != 11 || !allDigits(digits)) return number;
  int day = pairAt(digits, 0);
  int month = pairAt(digits, 2);
  if (day >= 80) {
    number.kind = PersonNumberKind::kFhNumber;
    number.check = checkOf(digits);
    return number;
  }
  const bool moved_day = day > 40;
  if (moved_day) day -= 40;
  bool local = false;
  for (const int offset : {80, 65, 40}) {
    if (month <= offset) continue;
    month -= offset;
    local = offset == 40;
    number.synthetic = !local;
    break;
  }
  if (day < 1 || day > 31 || month < 1 || month > 12) return PersonNumber{};
  number.kind = moved_day ? PersonNumberKind::kDNumber
                          : (local ? PersonNumberKind::kHNumber : PersonNumberKind::kFodselsnummer);
  number.check = checkOf(digits);
  return number;
}

bool isOrganizationNumber(std::string_view text) {
  // 8 and 9 are real organisations; 2 and 3 the synthetic ones of the tax authority's test data.
  if (text.size() != 9 || !allDigits(text) || std::string_view("8923").find(text[0]) == text.npos)
    return false;
  return (weightedSum(kOrganizationWeights, text) + (text[8] - '0')) % 11 == 0;
}

bool isHprNumber(std::string_view text) {
  return !text.empty() && text.size() <= 9 && allDigits(text);
}

}  // namespace planbro::fhir
