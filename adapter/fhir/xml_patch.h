// XML Patch: a `diff` of add, replace and remove operations on an XML text.
//
// Both texts are hostile: they are checked as every XML text here (no document type, no entities,
// limited depth), and a selector is limited in length and in the work it may cause.
// Source: RFC 5261; FHIR R4, http.html, section 3.1.0.8. Any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "fhir/issue.h"

namespace planbro::fhir {

// `target` as the diff leaves it, or the first operation that cannot be applied.
//
// A name without prefix in a selector is in the diff's default namespace; where the diff declares
// none, in the namespace of the target's root, as FHIR's clients write their selectors.
std::expected<std::string, Issue> applyXmlPatch(std::string diff, std::string target);

}  // namespace planbro::fhir
