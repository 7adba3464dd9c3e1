// The XHTML of a narrative: well-formed, only what FHIR allows, nothing active.
//
// Source: FHIR R4, narrative.html, section 2.4.0.1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace planbro::validation {

struct XhtmlReport {
  // Each once: "element script", "attribute onclick", "not well-formed: …".
  std::vector<std::string> faults;
  bool has_content = false;          // text beside white space, or an image
  std::vector<std::string> anchors;  // ids and names
  std::vector<std::string> links;    // "#…" of href, without the '#'; each once, not to nothing
};

XhtmlReport checkXhtml(std::string_view div);

}  // namespace planbro::validation
