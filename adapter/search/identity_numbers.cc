#include <cctype>
#include <string>

#include "fhir/norwegian_ids.h"
#include "search/search_request.h"

namespace planbro::search {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Eleven digits from `begin` with word boundaries, one blank or hyphen allowed after the sixth.
bool isNumberAt(std::string_view value, std::size_t begin) {
  if (begin > 0 && isWordCharacter(value[begin - 1])) return false;
  std::string digits;
  std::size_t at = begin;
  for (; at < value.size() && digits.size() < 11; ++at) {
    if (isDigit(value[at])) {
      digits += value[at];
    } else if (digits.size() != 6 || (value[at] != ' ' && value[at] != '-' && value[at] != '+') ||
               value[at - 1] != digits.back()) {
      return false;
    }
  }
  if (digits.size() != 11 || (at < value.size() && isWordCharacter(value[at]))) return false;
  return fhir::isPersonNumber(digits);
}

}  // namespace

bool mentionsNationalIdentityNumber(std::string_view value) {
  for (const std::string_view system :
       {fhir::kFodselsnummerSystem, fhir::kDNumberSystem, fhir::kFhNumberSystem}) {
    const std::string_view oid = system.substr(std::string_view("urn:oid:").size());
    for (std::size_t at = value.find(oid); at != std::string_view::npos;
         at = value.find(oid, at + 1)) {
      const std::size_t end = at + oid.size();
      if (end == value.size() || (!isDigit(value[end]) && value[end] != '.')) return true;
    }
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (isDigit(value[i]) && isNumberAt(value, i)) return true;
  }
  return false;
}

}  // namespace planbro::search
