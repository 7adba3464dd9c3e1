// Norwegian identity numbers: what their digits alone say, and no more.
//
// Birth date and sex are not derived, on purpose: numbers issued from 2032 no longer carry them,
// and synthetic series move month and day.
//
// Source: Skatteetaten, "Personal identification numbers" (classic scheme and the one from 2032);
// HIS 1001:2010; Brønnøysundregistrene for organisation numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace planbro::fhir {

inline constexpr std::string_view kFodselsnummerSystem = "urn:oid:2.16.578.1.12.4.1.4.1";
inline constexpr std::string_view kDNumberSystem = "urn:oid:2.16.578.1.12.4.1.4.2";
inline constexpr std::string_view kFhNumberSystem = "urn:oid:2.16.578.1.12.4.1.4.3";
inline constexpr std::string_view kHprSystem = "urn:oid:2.16.578.1.12.4.1.4.4";
inline constexpr std::string_view kOrganizationNumberSystem = "urn:oid:2.16.578.1.12.4.1.4.101";

enum class PersonNumberKind : std::uint8_t {
  kNone,  // not eleven digits, or no day and month of any series
  kFodselsnummer,
  kDNumber,   // day + 40
  kHNumber,   // month + 40: given out locally, or a synthetic series
  kFhNumber,  // first digit 8 or 9
};

enum class CheckDigits : std::uint8_t {
  kWrong,
  kClassic,   // both sums are 0 modulo 11
  kFrom2032,  // the first sum is 1, 2 or 3 modulo 11: allowed in numbers issued from 2032 only
};

struct PersonNumber {
  PersonNumberKind kind = PersonNumberKind::kNone;
  bool synthetic = false;  // of a test series: month + 80 or + 65
  CheckDigits check = CheckDigits::kWrong;

  bool isValid() const { return kind != PersonNumberKind::kNone && check != CheckDigits::kWrong; }
};

PersonNumber readPersonNumber(std::string_view digits);

// Whether the text is, digit for digit, a person's number: what must not stand in a URL or a log.
inline bool isPersonNumber(std::string_view text) { return readPersonNumber(text).isValid(); }

// Nine digits with a right check digit, the first 8 or 9; 2 or 3 for synthetic organisations.
bool isOrganizationNumber(std::string_view text);

// One to nine digits; the register publishes no check digit.
bool isHprNumber(std::string_view text);

}  // namespace planbro::fhir
