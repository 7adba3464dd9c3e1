// htmlChecks(): whether a narrative is what FHIR allows. Internal to fhirpath/.
// Source: FHIR R4 narrative.html, section 2.4.0.1; invariants txt-1 and txt-2.
#pragma once

#include <string_view>

namespace planbro::fhirpath {

// Well-formed XHTML in one div, of the elements and attributes FHIR lists, with some content that
// is not only white space.
bool isSafeNarrative(std::string_view xhtml);

}  // namespace planbro::fhirpath
