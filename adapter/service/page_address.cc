#include "service/page_address.h"

#include "service/request.h"

namespace planbro::service {

std::string pageAddress(std::string start, const Fields& asked,
                        std::optional<std::string_view> cursor) {
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    start += separator;
    start += percentEncode(name);
    start += '=';
    start += percentEncode(value);
    separator = '&';
  };
  for (const auto& [name, value] : asked) {
    if (name != "_cursor") add(name, value);
  }
  if (cursor.has_value()) add("_cursor", *cursor);
  return start;
}

}  // namespace planbro::service
