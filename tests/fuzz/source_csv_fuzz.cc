// Any bytes are rows that follow each other without gap or end before the text.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "mapping/csv_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace planbro::mapping;
  std::vector<planbro::fhir::Issue> issues;
  CsvTable table;
  CsvFile file;
  if (!file.open(SourceBytes::ofText({reinterpret_cast<const char*>(data), size}), "f", table,
                 issues)) {
    if (issues.empty()) std::abort();
    return 0;
  }
  std::uint64_t last = 0;
  while (const auto row = file.next()) {
    if (row->begin < last || row->end <= row->begin) std::abort();
    last = row->end;
    file.check(*row, table, issues);
  }
  return 0;
}
