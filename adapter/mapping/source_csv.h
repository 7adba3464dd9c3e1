// A folder of CSV files as one record set: a row of the top table with its child rows is a record.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "fhir/definitions.h"
#include "mapping/source.h"

namespace planbro::mapping {

// `inputs` are folders, or the top table's file in one.
std::unique_ptr<SourceReader> openCsvSource(const SourceDescriptor& descriptor,
                                            std::vector<std::filesystem::path> inputs,
                                            const fhir::Definitions& definitions);

}  // namespace planbro::mapping
