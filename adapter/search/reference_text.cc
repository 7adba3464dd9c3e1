#include "search/reference_text.h"

#include <algorithm>

namespace planbro::search {
namespace {

bool isTypeName(std::string_view text) {
  return !text.empty() && text[0] >= 'A' && text[0] <= 'Z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

bool isId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

}  // namespace

ReferenceText readReference(std::string_view text, std::string_view base) {
  ReferenceText out;
  if (text.empty() || text[0] == '#') return out;
  text = text.substr(0, text.find("/_history/"));
  std::string_view local = text;
  if (!base.empty() && text.size() > base.size() && text.starts_with(base) &&
      text[base.size()] == '/')
    local = text.substr(base.size() + 1);
  const std::size_t slash = local.find('/');
  if (slash != std::string_view::npos && isTypeName(local.substr(0, slash)) &&
      isId(local.substr(slash + 1))) {
    out.type = local.substr(0, slash);
    out.id = local.substr(slash + 1);
    return out;
  }
  out.absolute = text;
  return out;
}

}  // namespace planbro::search
