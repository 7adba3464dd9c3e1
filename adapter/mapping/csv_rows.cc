#include "mapping/csv_rows.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace planbro::mapping {
namespace {

std::uint64_t hashOf(std::string_view key) { return std::hash<std::string_view>()(key); }

}  // namespace

void CsvRows::index(CsvFile& file, const std::string& parent) {
  parent_ = parent;
  std::string last;
  std::uint64_t end = 0;  // of the last row
  while (const auto row = file.next()) {
    const std::string_view key = file.value(*row, parent);
    if (!runs_.empty() && key == last && row->begin == end) {
      ++runs_.back().rows;
    } else {
      runs_.push_back({hashOf(key), row->begin, row->line, 1, false});
      last = key;
    }
    end = row->end;
  }
  std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
    return std::tie(a.hash, a.begin) < std::tie(b.hash, b.begin);
  });
}

std::vector<CsvRow> CsvRows::take(CsvFile& file, std::string_view key, std::size_t& room) {
  std::vector<CsvRow> rows;
  const std::uint64_t hash = hashOf(key);
  const auto less = [](const Run& run, std::uint64_t wanted) { return run.hash < wanted; };
  for (auto run = std::lower_bound(runs_.begin(), runs_.end(), hash, less);
       run != runs_.end() && run->hash == hash; ++run) {
    if (run->taken) continue;
    std::uint64_t begin = run->begin;
    std::uint32_t line = run->line;
    for (std::uint32_t i = 0; i < run->rows; ++i) {
      CsvRow row = file.rowAt(begin, line);
      if (i == 0 && file.value(row, parent_) != key) break;  // another key of that hash
      run->taken = true;
      if (row.raw.size() > room) {
        room = 0;
        return rows;
      }
      room -= row.raw.size();
      begin = row.end;
      line = row.next_line;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::optional<CsvRow> CsvRows::nextLeft(CsvFile& file) {
  if (!leaving_) {
    leaving_ = true;
    std::sort(runs_.begin(), runs_.end(),
              [](const Run& a, const Run& b) { return a.begin < b.begin; });
  }
  while (at_run_ < runs_.size() && (runs_[at_run_].taken || at_row_ == runs_[at_run_].rows)) {
    ++at_run_;
    at_row_ = 0;
  }
  if (at_run_ == runs_.size()) return std::nullopt;
  if (at_row_ == 0) {
    at_ = runs_[at_run_].begin;
    at_line_ = runs_[at_run_].line;
  }
  CsvRow row = file.rowAt(at_, at_line_);
  ++at_row_;
  at_ = row.end;
  at_line_ = row.next_line;
  return row;
}

}  // namespace planbro::mapping
