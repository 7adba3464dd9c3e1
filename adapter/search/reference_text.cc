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
  constexpr std::string_view kHistory = "/_history/";
  std::string_view version;
  if (const std::size_t at = text.find(kHistory); at != std::string_view::npos) {
    version = text.substr(at + kHistory.size());
    text = text.substr(0, at);
  }
  std::string_view local = text;
  if (!base.empty() && text.size() > base.size() && text.starts_with(base) &&
      text[base.size()] == '/')
    local = text.substr(base.size() + 1);
  const std::size_t slash = local.find('/');
  if (slash != std::string_view::npos && isTypeName(local.substr(0, slash)) &&
      isId(local.substr(slash + 1))) {
    out.type = local.substr(0, slash);
    out.id = local.substr(slash + 1);
    if (isId(version)) out.version = version;
    return out;
  }
  out.absolute = text;
  return out;
}

std::string versionedText(const ReferenceText& reference) {
  std::string text(reference.type);
  text.append("/").append(reference.id).append("/_history/").append(reference.version);
  return text;
}

}  // namespace planbro::search
