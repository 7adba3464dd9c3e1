#include "json/comments.h"

#include <algorithm>
#include <string_view>

namespace planbro::json {

std::string withoutComments(std::string text) {
  const auto blank = [&text](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (text[i] != '\n' && text[i] != '\r') text[i] = ' ';
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
      continue;
    }
    const std::string_view rest = std::string_view(text).substr(i, 2);
    std::size_t end = i;
    if (rest == "//") {
      end = std::min(text.find_first_of("\r\n", i), text.size());
    } else if (rest == "/*") {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string::npos ? text.size() : close + 2;
    } else {
      continue;
    }
    blank(i, end);
    i = end - 1;
  }
  return text;
}

}  // namespace planbro::json
