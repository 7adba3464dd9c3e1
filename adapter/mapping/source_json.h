// JSON exports: one document, an array of records, or one record a line (.ndjson).
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "fhir/definitions.h"
#include "mapping/source.h"

namespace planbro::mapping {

std::unique_ptr<SourceReader> openJsonSource(const SourceDescriptor& descriptor,
                                             std::vector<std::filesystem::path> files,
                                             const fhir::Definitions& definitions);

// One document, bound when its resourceType is known; nullptr: `issues` says why.
json::DocumentPtr readSourceJson(std::string bytes, std::string_view file,
                                 const fhir::Definitions& definitions,
                                 std::vector<fhir::Issue>& issues);

// A file with one record as it stood in its array, or with a whole export.
std::unique_ptr<SourceReader> openKeptJson(const SourceDescriptor& descriptor,
                                           const std::filesystem::path& file,
                                           const fhir::Definitions& definitions);

}  // namespace planbro::mapping
