// A spreadsheet (Office Open XML, .xlsx) as the texts of CSV tables, one a sheet.
//
// Source: ECMA-376 part 1, 18 (SpreadsheetML), transitional and strict.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"

namespace planbro::mapping {

// A workbook is hostile input: a small file can unpack to any size.
inline constexpr std::size_t kMaxXlsxEntries = 2'000;
inline constexpr std::size_t kMaxXlsxBytes = std::size_t{128} << 20;  // of the parts that are read
inline constexpr std::size_t kMaxXlsxCells = 5'000'000;
inline constexpr std::size_t kMaxXlsxRows = 1'048'576;  // what a sheet may have
inline constexpr std::size_t kMaxXlsxColumns = 1'024;

struct XlsxSheet {
  std::string name;
  // Separator ';', every field quoted, line N is row N of the sheet, all rows as wide as the first.
  std::string csv;
};

// The worksheets in their order. Cells with a date format become "2026-11-22" or, with a time of
// day, "2026-11-22T13:00:00"; true and false become "ja" and "nei"; a number format of zeros keeps
// leading zeros; a formula gives its stored value; an error value is an issue (PB-2018). Nothing if
// it is no workbook, is damaged or over a limit: `issues` says why. Never executes anything, never
// leaves the file.
std::optional<std::vector<XlsxSheet>> readXlsx(std::string_view bytes, std::string_view file,
                                               std::vector<fhir::Issue>& issues);

}  // namespace planbro::mapping
