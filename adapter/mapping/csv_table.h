// One CSV table: its header and rows, with every fault placed.
//
// RFC 4180, with `;`, `,` or tab (whichever the header has most of), quoted fields over several
// lines, any line end, UTF-8, Windows-1252 or UTF-16. Rows are read one at a time from wherever the
// bytes lie, so that a table may be larger than the memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/issue.h"
#include "mapping/source.h"
#include "mapping/source_files.h"

namespace planbro::mapping {

inline constexpr std::size_t kMaxCsvRowBytes = std::size_t{32} << 20;

struct CsvRow {
  std::uint64_t begin = 0, end = 0;  // in the bytes of the table, line end included
  std::uint32_t line = 0;            // from 1
  std::uint32_t next_line = 0;       // of the row behind
  std::string raw;                   // as UTF-8, line end included
  struct Field {
    std::uint32_t begin = 0;  // in `raw`
    std::string text;
  };
  std::vector<Field> fields;
  bool open_quote = false;
  bool too_long = false;  // past kMaxCsvRowBytes: `raw` holds the begin of its first line alone
};

class CsvFile {
 public:
  // False: the file cannot be used at all; `issues` says why.
  bool open(SourceBytes bytes, std::string file, const CsvTable& table,
            std::vector<fhir::Issue>& issues);

  // The next row that is not empty; nothing at the end.
  std::optional<CsvRow> next();
  // Reads a row again.
  CsvRow rowAt(std::uint64_t begin, std::uint32_t line);

  // Whether rows are missing at the end because they could not be read.
  bool failed() const { return bytes_.failed(); }
  const std::string& file() const { return file_; }
  char separator() const { return separator_; }
  const std::string& header() const { return header_.raw; }
  // The whole table as UTF-8; nothing if it has more bytes than that.
  std::optional<std::string> text(std::size_t most);
  const std::vector<std::string>& columns() const { return columns_; }
  // Columns that nobody looks at: none of `names`, neither key nor parent.
  void tellUnread(const std::set<std::string, std::less<>>& names, const CsvTable& table,
                  std::vector<fhir::Issue>& issues) const;
  // The trimmed value of that column; "" if the row is too short or there is no such column.
  std::string_view value(const CsvRow& row, std::string_view column) const;
  fhir::Place placeOf(const CsvRow& row, std::string_view column = {}) const;
  // What is wrong with the row by itself: open quotes, number of fields, empty required columns.
  void check(const CsvRow& row, const CsvTable& table, std::vector<fhir::Issue>& issues) const;

 private:
  bool decode(std::vector<fhir::Issue>& issues);
  void readHeader(const CsvTable& table, std::vector<fhir::Issue>& issues, bool& good);
  void requireColumns(const CsvTable& table, std::vector<fhir::Issue>& issues, bool& good) const;
  std::string utf8(std::string_view bytes) const;
  void keepToItsLine(CsvRow& row, std::string_view text);

  SourceBytes bytes_;
  std::string file_;
  char separator_ = ',';
  bool latin_ = false;  // bytes are Windows-1252
  std::vector<std::string> columns_;
  std::unordered_map<std::string, std::size_t> index_;
  CsvRow header_;
  std::uint64_t at_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace planbro::mapping
