// XML of any schema as a tree (docs/mapping.md says how it looks).
//
// Hardened: no DTD, no entities, no network, limits on size, depth, attributes and elements.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "mapping/source.h"

namespace planbro::mapping {

inline constexpr std::size_t kMaxSourceXmlDepth = 100;
inline constexpr std::size_t kMaxSourceXmlAttributes = 50;  // of one element
inline constexpr std::size_t kMaxSourceXmlElements = 2'000'000;

// The document has one member, named as the root element; a FHIR resource is the document itself,
// as readSourceResource() says. nullptr: `issues` says why, with the place in `file`.
json::DocumentPtr readSourceXml(std::string bytes, std::string_view file,
                                const fhir::Definitions& definitions,
                                std::vector<fhir::Issue>& issues);

// A FHIR resource as XML (fhir::isFhirXml) is the tree that its JSON is. nullptr as above.
json::DocumentPtr readSourceResource(std::string bytes, std::string_view file,
                                     const fhir::Definitions& definitions,
                                     std::vector<fhir::Issue>& issues);

// The outermost elements of that local name, or resources of that type, in document order; with ""
// the root.
std::vector<const json::Node*> xmlRecords(const json::Document& document, std::string_view name);

std::unique_ptr<SourceReader> openXmlSource(const SourceDescriptor& descriptor,
                                            std::vector<std::filesystem::path> files,
                                            const fhir::Definitions& definitions);

}  // namespace planbro::mapping
