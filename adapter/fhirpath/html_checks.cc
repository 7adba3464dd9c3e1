#include "fhirpath/html_checks.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace planbro::fhirpath {
namespace {

constexpr std::string_view kElements[] = {
    "a",     "abbr", "acronym", "b",        "bdo",   "big",    "blockquote", "br",  "caption",
    "cite",  "code", "col",     "colgroup", "dd",    "del",    "dfn",        "div", "dl",
    "dt",    "em",   "h1",      "h2",       "h3",    "h4",     "h5",         "h6",  "hr",
    "i",     "img",  "ins",     "kbd",      "li",    "map",    "area",       "ol",  "p",
    "pre",   "q",    "samp",    "small",    "span",  "strong", "sub",        "sup", "table",
    "tbody", "td",   "tfoot",   "th",       "thead", "tr",     "tt",         "ul",  "var",
};

constexpr std::string_view kAttributes[] = {
    "abbr",       "accesskey",   "align",       "alt",        "axis",    "bgcolor",  "border",
    "cellhalign", "cellpadding", "cellspacing", "cellvalign", "char",    "charoff",  "charset",
    "cite",       "class",       "color",       "colspan",    "compact", "coords",   "datetime",
    "dir",        "frame",       "headers",     "height",     "href",    "hreflang", "hspace",
    "id",         "lang",        "longdesc",    "name",       "nowrap",  "rel",      "rev",
    "rowspan",    "rules",       "scope",       "shape",      "size",    "span",     "src",
    "start",      "style",       "summary",     "tabindex",   "target",  "title",    "type",
    "usemap",     "valign",      "value",       "vspace",     "width",   "xml:lang", "xml:space",
    "xmlns",
};

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
         c == '-' || c == '_' || c == '.';
}

class NarrativeReader {
 public:
  explicit NarrativeReader(std::string_view text) : text_(text) {}

  bool run() {
    skipSpace();
    while (position_ < text_.size()) {
      if (text_[position_] == '<') {
        if (!tag()) return false;
      } else {
        if (open_.empty() && !isSpace(text_[position_])) return false;
        if (!isSpace(text_[position_])) content_ = true;
        ++position_;
      }
    }
    return open_.empty() && rooted_ && content_;
  }

 private:
  bool at(std::string_view what) const { return text_.substr(position_).starts_with(what); }
  void skipSpace() {
    while (position_ < text_.size() && isSpace(text_[position_])) ++position_;
  }
  std::string_view name() {
    const std::size_t start = position_;
    while (position_ < text_.size() && isNameCharacter(text_[position_])) ++position_;
    return text_.substr(start, position_ - start);
  }
  bool skipPast(std::string_view end) {
    const std::size_t found = text_.find(end, position_);
    if (found == std::string_view::npos) return false;
    position_ = found + end.size();
    return true;
  }

  bool tag() {
    if (at("<!--")) return skipPast("-->");
    if (at("<?")) return skipPast("?>");
    if (at("<!")) return false;  // document types and CDATA
    if (at("</")) {
      position_ += 2;
      const std::string_view closing = name();
      skipSpace();
      if (open_.empty() || open_.back() != closing || !at(">")) return false;
      open_.pop_back();
      ++position_;
      return true;
    }
    ++position_;
    const std::string_view element = name();
    if (open_.empty()) {
      if (rooted_ || element != "div") return false;
      rooted_ = true;
    }
    if (!contains(kElements, element)) return false;
    if (element == "img") content_ = true;
    for (;;) {
      skipSpace();
      if (at("/>")) {
        position_ += 2;
        return true;
      }
      if (at(">")) {
        ++position_;
        open_.push_back(element);
        return true;
      }
      if (!attribute()) return false;
    }
  }

  bool attribute() {
    const std::string_view attribute_name = name();
    if (attribute_name.empty() ||
        (!contains(kAttributes, attribute_name) && !attribute_name.starts_with("xmlns:")))
      return false;
    skipSpace();
    if (!at("=")) return false;
    ++position_;
    skipSpace();
    if (!at("\"") && !at("'")) return false;
    const char quote = text_[position_++];
    const std::size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) return false;
    std::string_view value = text_.substr(position_, end - position_);
    position_ = end + 1;
    if (value.find('<') != std::string_view::npos) return false;
    if (attribute_name != "href" && attribute_name != "src") return true;
    while (!value.empty() && isSpace(value.front())) value.remove_prefix(1);
    return !value.starts_with("javascript:") && !value.starts_with("vbscript:");
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<std::string_view> open_;
  bool rooted_ = false;
  bool content_ = false;
};

}  // namespace

bool isSafeNarrative(std::string_view xhtml) { return NarrativeReader(xhtml).run(); }

}  // namespace planbro::fhirpath
