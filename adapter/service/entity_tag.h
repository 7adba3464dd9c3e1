// Entity tags of answers that are no stored versions (those have conditions.h): RFC 9110, sections
// 8.8.3 and 13.1.2.
#pragma once

#include <string>
#include <string_view>

namespace planbro::service {

// The strong tag of those bytes, from their digest: "\"1f0c…\"".
std::string entityTagOf(std::string_view bytes);

// Whether an If-None-Match names `tag`, by weak comparison, or is "*".
bool namesTag(std::string_view if_none_match, std::string_view tag);

}  // namespace planbro::service
