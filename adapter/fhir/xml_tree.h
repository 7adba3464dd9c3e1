// XML text as a plain tree of elements and attributes: the step between libxml2 and the typed
// reader. Safe on hostile text (see fhir/xml.h). Internal to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/xml.h"
#include "json/arena.h"

namespace planbro::fhir {

inline constexpr std::string_view kXhtmlNamespace = "http://www.w3.org/1999/xhtml";

struct XmlAttribute {
  std::string_view name;   // local name
  std::string_view value;  // entities resolved
  bool foreign = false;    // in a namespace (xsi:schemaLocation)
};

struct XmlElement {
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::string_view name;        // local name
  std::string_view name_space;  // URI
  std::string_view text;        // direct text that is not only white space, first piece
  std::uint32_t offset = 0;     // of '<' in the source
  std::uint32_t end = 0;        // behind the last '>'
  std::uint32_t first_child = kNone;
  std::uint32_t next = kNone;  // following sibling
  std::uint32_t first_attribute = 0;
  std::uint16_t attributes = 0;
  bool prefixed = false;  // written with a namespace prefix
};

// What stopped the parser.
struct XmlFault {
  std::string_view code;  // of issues.tsv
  std::string reason;
  std::uint32_t offset = 0;
};

// Views point into the text or into the tree.
class XmlTree {
 public:
  XmlTree();
  ~XmlTree();
  XmlTree(const XmlTree&) = delete;
  XmlTree& operator=(const XmlTree&) = delete;

  // `text` is UTF-8 and outlives the tree. The inside of XHTML div elements is checked but not
  // kept: the reader takes it from the text. One call a tree.
  std::optional<XmlFault> parse(std::string_view text, std::uint32_t max_depth);

  const XmlElement& root() const { return elements_.front(); }
  const XmlElement& at(std::uint32_t i) const { return elements_[i]; }
  std::span<const XmlAttribute> attributesOf(const XmlElement& element) const {
    return {attributes_.data() + element.first_attribute, element.attributes};
  }

 private:
  friend class XmlHandler;
  struct Parser;

  std::unique_ptr<Parser> parser_;  // owns the names
  std::vector<XmlElement> elements_;
  std::vector<XmlAttribute> attributes_;
  json::Arena arena_;
};

// The text as UTF-8, as its byte-order mark or its declaration says; or the fault.
std::optional<XmlFault> decodeXml(std::string& text);

// Whether `text` is one well-formed XML element without document type declaration.
bool isWellFormedElement(std::string_view text);

}  // namespace planbro::fhir
