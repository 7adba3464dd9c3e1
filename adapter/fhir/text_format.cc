// What a text is, told by its beginning.
#include <string>
#include <string_view>

#include "fhir/xml.h"

namespace planbro::fhir {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Begins at the first element: declaration, instructions and comments are passed over. Empty: there
// is none, or a document type comes first.
std::string_view fromRoot(std::string_view text) {
  while (true) {
    const std::size_t begin = text.find('<');
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    std::string_view close;
    if (text.starts_with("<?")) close = "?>";
    if (text.starts_with("<!--")) close = "-->";
    if (close.empty()) return text.starts_with("<!") ? std::string_view() : text;
    const std::size_t end = text.find(close, 2);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + close.size());
  }
}

// The value of the attribute `wanted` in the tag that `text` begins with; "" if there is none.
std::string_view attributeOf(std::string_view text, std::string_view wanted) {
  while (true) {
    const std::size_t name_begin = text.find_first_not_of(kSpace);
    if (name_begin == std::string_view::npos) return {};
    text.remove_prefix(name_begin);
    const std::size_t name_end = text.find_first_of(" \t\r\n=>/");
    if (name_end == 0 || name_end == std::string_view::npos) return {};
    const std::string_view name = text.substr(0, name_end);
    const std::size_t open = text.find_first_not_of(" \t\r\n=", name_end);
    if (open == std::string_view::npos || (text[open] != '"' && text[open] != '\'')) return {};
    const std::size_t close = text.find(text[open], open + 1);
    if (close == std::string_view::npos) return {};
    if (name == wanted) return text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
  }
}

}  // namespace

Format formatOf(std::string_view text) {
  // Also of a UTF-16 text, whose other bytes are NUL.
  const std::size_t first =
      text.find_first_not_of(std::string_view(" \t\r\n\0\xEF\xBB\xBF\xFE\xFF", 10));
  return first != std::string_view::npos && text[first] == '<' ? Format::kXml : Format::kJson;
}

bool isFhirXml(std::string_view text) {
  constexpr std::size_t kMaxWideHead = 65'536;
  if (formatOf(text) != Format::kXml) return false;
  std::string narrow;  // of UTF-16 the halves that are no NUL
  if (text.substr(0, kMaxWideHead).contains('\0')) {
    narrow = text.substr(0, kMaxWideHead);
    std::erase(narrow, '\0');
    text = narrow;
  }
  std::string_view root = fromRoot(text);
  const std::size_t end = root.find_first_of(" \t\r\n/>");
  if (root.empty() || end == std::string_view::npos) return false;
  const std::string_view name = root.substr(1, end - 1);
  const std::size_t colon = name.find(':');
  const std::string declaration =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  return attributeOf(root.substr(end), declaration) == kFhirNamespace;
}

}  // namespace planbro::fhir
