// The rows of a child table, by the key of their parent: where they lie, not what they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/csv_table.h"

namespace planbro::mapping {

// Rows that follow each other and have one key are one run, so that an export that is sorted by
// parent needs 32 bytes a parent. One thread.
class CsvRows {
 public:
  // Reads the whole table. `parent` is the column with the key.
  void index(CsvFile& file, const std::string& parent);

  // The rows of that key, in the file's order; each key gives its rows once only, since two parents
  // of one key would both have them. `room` is what they may have in bytes, and is counted down;
  // with 0 there were more.
  std::vector<CsvRow> take(CsvFile& file, std::string_view key, std::size_t& room);

  // A row that nobody took, in the file's order; nothing at the end. Then take() no more.
  std::optional<CsvRow> nextLeft(CsvFile& file);

 private:
  struct Run {
    std::uint64_t hash = 0;  // of the key
    std::uint64_t begin = 0;
    std::uint32_t line = 0, rows = 0;
    bool taken = false;
  };

  std::string parent_;
  std::vector<Run> runs_;  // by hash, then by place; for nextLeft() by place
  bool leaving_ = false;
  std::size_t at_run_ = 0;
  std::uint32_t at_row_ = 0;
  std::uint64_t at_ = 0;
  std::uint32_t at_line_ = 0;
};

}  // namespace planbro::mapping
