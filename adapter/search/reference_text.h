// What a written reference names.
#pragma once

#include <string>
#include <string_view>

namespace planbro::search {

struct ReferenceText {
  std::string_view type;      // of a local one: "Patient"
  std::string_view id;        // of a local one
  std::string_view version;   // of a local one that names its version
  std::string_view absolute;  // of any other: the address without version
  bool isLocal() const { return !id.empty(); }
};

// "Patient/1", "Patient/1/_history/2", "BASE/Patient/1" are local; a #fragment is none (all
// empty). `base` has no slash at the end.
// Source: FHIR R4, references.html, 2.3.0.1.
ReferenceText readReference(std::string_view text, std::string_view base);

// "Patient/1/_history/2" of a local reference with a version.
std::string versionedText(const ReferenceText& reference);

}  // namespace planbro::search
