// A folder of CSV files, or a workbook, as one record set: a row of the top table with its child
// rows is a record.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "fhir/definitions.h"
#include "mapping/source.h"

namespace planbro::mapping {

// `inputs` are folders, or the top table's file in one; for XLSX they are workbooks.
// What ends the name of a record set that is kept as one text (CsvSet::ofText).
inline constexpr const char* kKeptCsv = ".csv.txt";

// An input whose name ends so is such a text, whatever the source's format.
std::unique_ptr<SourceReader> openCsvSource(const SourceDescriptor& descriptor,
                                            std::vector<std::filesystem::path> inputs,
                                            const fhir::Definitions& definitions);

}  // namespace planbro::mapping
