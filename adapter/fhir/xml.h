// FHIR XML to a bound resource and back, through the same tree as JSON.
//
// Reading is driven by the definitions: what repeats becomes an array, value[x] gets its typed
// name, numbers and booleans their JSON kinds with the text as written, id and extensions of a
// primitive its `_sibling`, with nulls where a list has gaps. The narrative's div is kept as
// written. Elements the definitions do not know, wrong namespaces and repeated elements that do
// not stand together are issues and are kept. Every node knows its offset in the XML text.
//
// Input is hostile: a document type declaration is refused, no entity beyond XML's own five, no
// network, no file; depth, attributes and sizes are limited (base/limits.h).
// Source: FHIR R4, xml.html (section 2.6.1). Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/resource.h"

namespace planbro::fhir {

inline constexpr std::string_view kFhirNamespace = "http://hl7.org/fhir";
inline constexpr std::size_t kMaxXmlAttributes = 50;                            // on one tag
inline constexpr std::size_t kMaxXmlTextBytes = std::size_t{10} * 1000 * 1000;  // one attribute

// `text` in the encoding its declaration or byte-order mark says (UTF-8, UTF-16, ISO 8859-1, …).
ReadOutcome readXml(std::string text, const Definitions& definitions = Definitions::r4());

// JSON or XML, told by the first character that is no white space.
Format formatOf(std::string_view text);
// Whether it is XML whose root element is in FHIR's namespace. Only the beginning is looked at.
bool isFhirXml(std::string_view text);
ReadOutcome readResource(std::string text, const Definitions& definitions = Definitions::r4());

struct XmlOptions {
  bool pretty = false;  // two spaces a level; the narrative is left as it is
};

// What writing could not express in XML (an unknown member that is no element, a character XML
// has no way to write, a list where one value belongs) is an issue; the rest is written.
struct XmlText {
  std::string text;
  std::vector<Issue> issues;
};

XmlText writeXml(const Resource& resource, const XmlOptions& options = {});

}  // namespace planbro::fhir
