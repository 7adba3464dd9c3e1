#include "validation/xhtml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/text.h"

namespace planbro::validation {
namespace {

constexpr std::array<std::string_view, 65> kElements = {
    "a",    "abbr",   "acronym",  "b",       "big", "blockquote", "br",    "caption", "cite",
    "code", "col",    "colgroup", "dd",      "dfn", "div",        "dl",    "dt",      "em",
    "h1",   "h2",     "h3",       "h4",      "h5",  "h6",         "hr",    "i",       "img",
    "li",   "ol",     "p",        "pre",     "q",   "samp",       "small", "span",    "strong",
    "sub",  "sup",    "table",    "tbody",   "td",  "tfoot",      "th",    "thead",   "tr",
    "tt",   "ul",     "var",      "address", "del", "ins",        "kbd",   "bdo",     "u",
    "s",    "strike", "center",   "font",    "map", "area",       "label", "section", "article",
    "nav",  "aside"};

constexpr std::array<std::string_view, 48> kAttributes = {
    "abbr",       "accesskey",   "align",       "alt",        "axis",   "bgcolor", "border",
    "cellhalign", "cellpadding", "cellspacing", "cellvalign", "char",   "charoff", "charset",
    "cite",       "class",       "colspan",     "compact",    "coords", "dir",     "frame",
    "headers",    "height",      "href",        "hreflang",   "hspace", "id",      "lang",
    "longdesc",   "name",        "nowrap",      "rel",        "rev",    "rowspan", "rules",
    "scope",      "shape",       "span",        "src",        "start",  "style",   "summary",
    "tabindex",   "title",       "type",        "valign",     "value",  "width"};

bool isNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == ':' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Source: XML 1.0, section 2.2.
constexpr const char* kControl = "a control character";
bool isXmlCharacter(char c) { return static_cast<unsigned char>(c) >= 0x20 || isSpace(c); }

// "#x1" of "&#x1;": a reference to a character XML does not have.
bool isControlReference(std::string_view name) {
  if (!name.starts_with('#')) return false;
  name.remove_prefix(1);
  const bool hexadecimal = name.starts_with('x');
  if (hexadecimal) name.remove_prefix(1);
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), value, hexadecimal ? 16 : 10);
  return error != std::errc() || end != name.data() + name.size() ||
         (value < 0x20 && value != '\t' && value != '\n' && value != '\r');
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(trim(text)) {}

  XhtmlReport read() {
    if (!std::all_of(rest_.begin(), rest_.end(), isXmlCharacter)) faults_.insert(kControl);
    while (!rest_.empty() && !broken_) {
      if (rest_[0] == '<') {
        readMarkup();
      } else {
        readText();
      }
    }
    if (!broken_ && (!open_.empty() || !seen_root_)) broken("an element is not closed");
    report_.faults.assign(faults_.begin(), faults_.end());
    report_.links.assign(links_.begin(), links_.end());
    return std::move(report_);
  }

 private:
  void broken(std::string_view why) {
    faults_.insert("not well-formed: " + std::string(why));
    broken_ = true;
  }

  void readText() {
    const std::size_t end = std::min(rest_.find('<'), rest_.size());
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (open_.empty()) return broken("text outside the div");
    if (!std::all_of(text.begin(), text.end(), isSpace)) report_.has_content = true;
    for (std::size_t at = text.find('&'); at != std::string_view::npos;
         at = text.find('&', at + 1)) {
      const std::size_t stop = text.find(';', at);
      const std::string_view name =
          stop == std::string_view::npos ? std::string_view{} : text.substr(at + 1, stop - at - 1);
      if (name.empty() ||
          !std::all_of(name.begin(), name.end(), [](char c) { return isNameByte(c) || c == '#'; }))
        return broken("a bare &");
      if (isControlReference(name)) faults_.insert(kControl);
    }
  }

  void readMarkup() {
    if (rest_.starts_with("<!--")) {
      const std::size_t end = rest_.find("-->", 4);
      if (end == std::string_view::npos) return broken("a comment is not closed");
      rest_.remove_prefix(end + 3);
    } else if (rest_.starts_with("<![CDATA[")) {
      const std::size_t end = rest_.find("]]>");
      if (end == std::string_view::npos) return broken("a CDATA section is not closed");
      rest_.remove_prefix(end + 3);
      report_.has_content = true;
    } else if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
      broken("a declaration or processing instruction");
    } else if (rest_.starts_with("</")) {
      rest_.remove_prefix(2);
      const std::string name = takeName();
      skipSpace();
      if (!take('>')) return broken("an end tag");
      if (open_.empty() || open_.back() != name) return broken("end tags do not match");
      open_.pop_back();
    } else {
      readStartTag();
    }
  }

  void readStartTag() {
    rest_.remove_prefix(1);
    const std::string name = takeName();
    if (name.empty()) return broken("a tag has no name");
    if (open_.empty()) {
      if (seen_root_) return broken("more than one root");
      seen_root_ = true;
      if (name != "div" && !name.ends_with(":div")) faults_.insert("root " + name);
    }
    const std::string local = name.substr(name.find(':') + 1);
    if (std::find(kElements.begin(), kElements.end(), local) == kElements.end())
      faults_.insert("element " + local);
    if (local == "img") report_.has_content = true;
    while (!rest_.empty()) {
      skipSpace();
      if (take('>')) {
        open_.push_back(name);
        return;
      }
      if (rest_.starts_with("/>")) {
        rest_.remove_prefix(2);
        return;
      }
      if (!readAttribute()) return;
    }
    broken("a tag is not closed");
  }

  bool readAttribute() {
    const std::string name = takeName();
    skipSpace();
    if (name.empty() || !take('=')) return broken("an attribute"), false;
    skipSpace();
    if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\''))
      return broken("an attribute without quotes"), false;
    const char quote = rest_[0];
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return broken("an attribute is not closed"), false;
    const std::string_view value = trim(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    const bool known = name.starts_with("xmlns") || name.starts_with("xml:") ||
                       std::find(kAttributes.begin(), kAttributes.end(), name) != kAttributes.end();
    if (!known) faults_.insert("attribute " + name);
    if (name == "id" || name == "name") report_.anchors.emplace_back(value);
    if (name == "href" && value.size() > 1 && value.front() == '#') links_.emplace(value.substr(1));
    if ((name == "href" || name == "src") && toLowerAscii(value).starts_with("javascript:"))
      faults_.insert("attribute " + name + " with a script");
    return true;
  }

  std::string takeName() {
    std::size_t size = 0;
    while (size < rest_.size() && isNameByte(rest_[size])) ++size;
    std::string name(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return name;
  }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skipSpace() {
    while (!rest_.empty() && isSpace(rest_[0])) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  bool seen_root_ = false;
  bool broken_ = false;
  std::set<std::string> faults_;
  std::set<std::string> links_;
  XhtmlReport report_;
};

}  // namespace

XhtmlReport checkXhtml(std::string_view div) { return Reader(div).read(); }

}  // namespace planbro::validation
