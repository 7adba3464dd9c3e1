#include "service/entity_tag.h"

#include "base/digest.h"
#include "base/text.h"

namespace planbro::service {
namespace {

constexpr std::size_t kDigits = 32;

std::string_view withoutWeakness(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

}  // namespace

std::string entityTagOf(std::string_view bytes) {
  return "\"" + sha256Hex(bytes).substr(0, kDigits) + "\"";
}

bool namesTag(std::string_view if_none_match, std::string_view tag) {
  for (const std::string_view part : split(if_none_match, ',')) {
    const std::string_view one = trim(part);
    if (one == "*" || withoutWeakness(one) == withoutWeakness(tag)) return true;
  }
  return false;
}

}  // namespace planbro::service
