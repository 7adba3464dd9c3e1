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

}  // namespace planbro::mapping
