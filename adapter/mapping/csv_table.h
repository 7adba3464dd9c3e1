// One CSV file: its header and rows, with every fault placed.
//
// RFC 4180, with `;`, `,` or tab (whichever the header has most of), quoted fields over several
// lines, any line end, UTF-8 or Windows-1252.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/issue.h"
#include "mapping/source.h"

namespace planbro::mapping {

struct CsvRow {
  std::uint32_t begin = 0, end = 0;  // in the file's text, line end included
  std::uint32_t line = 0;            // from 1
  struct Field {
    std::uint32_t begin = 0;
    std::string text;
  };
  std::vector<Field> fields;
  bool open_quote = false;
};

// Reads the row that begins at `at`, which is moved behind it. `at` must lie inside the text.
CsvRow readCsvRow(std::string_view text, char separator, std::uint32_t& at, std::uint32_t& line);

// The separator that the first line suggests.
char csvSeparator(std::string_view text);

class CsvFile {
 public:
  // False: the file cannot be used at all; `issues` says why.
  bool open(std::string bytes, std::string file, const CsvTable& table,
            std::vector<fhir::Issue>& issues);

  // The next row that is not empty; nothing at the end.
  std::optional<CsvRow> next();
  // Reads a row again.
  CsvRow rowAt(std::uint32_t begin, std::uint32_t line) const;

  const std::string& file() const { return file_; }
  char separator() const { return separator_; }
  std::string_view text() const { return text_; }
  std::string_view header() const { return std::string_view(text_).substr(0, header_end_); }
  std::string_view raw(const CsvRow& row) const {
    return std::string_view(text_).substr(row.begin, row.end - row.begin);
  }
  const std::vector<std::string>& columns() const { return columns_; }
  // The trimmed value of that column; "" if the row is too short or there is no such column.
  std::string_view value(const CsvRow& row, std::string_view column) const;
  fhir::Place placeOf(const CsvRow& row, std::string_view column = {}) const;
  // What is wrong with the row by itself: open quotes, number of fields, empty required columns.
  void check(const CsvRow& row, const CsvTable& table, std::vector<fhir::Issue>& issues) const;

 private:
  std::string text_, file_;
  char separator_ = ',';
  std::vector<std::string> columns_;
  std::unordered_map<std::string, std::size_t> index_;
  std::uint32_t header_end_ = 0, at_ = 0, line_ = 1;
};

}  // namespace planbro::mapping
