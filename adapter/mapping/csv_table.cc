#include "mapping/csv_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mapping/source_text.h"

namespace planbro::mapping {
namespace {

// A header as a name that maps can write.
std::string memberName(std::string_view header) {
  std::string name;
  for (const char c : header) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain) {
      name += c;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      name += '_';  // one for each character, however many bytes it has
    }
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "_");
  return name;
}

// The end of the row's first physical line.
std::uint32_t lineEnd(std::string_view text, std::uint32_t from) {
  const std::size_t end = text.find('\n', from);
  return static_cast<std::uint32_t>(end == std::string_view::npos ? text.size() : end + 1);
}

}  // namespace

char csvSeparator(std::string_view text) {
  std::size_t counts[3] = {0, 0, 0};
  constexpr char kSeparators[3] = {';', ',', '\t'};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    for (int i = 0; i < 3; ++i) counts[i] += c == kSeparators[i] ? 1 : 0;
  }
  return kSeparators[std::max_element(counts, counts + 3) - counts];
}

CsvRow readCsvRow(std::string_view text, char separator, std::uint32_t& at, std::uint32_t& line) {
  CsvRow row;
  row.begin = at;
  row.line = line;
  std::size_t i = at;
  bool end = false;
  while (!end) {
    CsvRow::Field& field = row.fields.emplace_back();
    field.begin = static_cast<std::uint32_t>(i);
    while (i < text.size() && text[i] == ' ' && separator != ' ') ++i;
    if (i < text.size() && text[i] == '"') {
      ++i;
      bool closed = false;
      while (i < text.size()) {
        if (text[i] == '"') {
          if (i + 1 < text.size() && text[i + 1] == '"') {
            field.text += '"';
            i += 2;
            continue;
          }
          ++i;
          closed = true;
          break;
        }
        if (text[i] == '\n') ++line;
        field.text += text[i++];
      }
      if (!closed) {
        // The fault is kept to its own line, so that the rows behind it are not lost.
        row.open_quote = true;
        row.end = lineEnd(text, row.begin);
        at = row.end;
        line = row.line + 1;
        return row;
      }
    }
    while (i < text.size() && text[i] != separator && text[i] != '\n') field.text += text[i++];
    if (i >= text.size()) {
      end = true;
    } else if (text[i] == '\n') {
      end = true;
      ++i;
      ++line;
    } else {
      ++i;
    }
    if (end && field.text.ends_with('\r')) field.text.pop_back();
  }
  row.end = static_cast<std::uint32_t>(i);
  at = row.end;
  return row;
}

bool CsvFile::open(std::string bytes, std::string file, const CsvTable& table,
                   std::vector<fhir::Issue>& issues) {
  file_ = std::move(file);
  auto text = decodeText(std::move(bytes), "", file_, issues);
  if (!text) return false;
  text_ = std::move(*text);
  separator_ = csvSeparator(text_);
  fhir::Place place;
  place.source = file_;
  place.position = {1, 1};
  if (trim(text_).empty()) {
    issues.push_back(fhir::makeIssue("PB-2006", place, {"the file is empty"}));
    return false;
  }
  const CsvRow header = readCsvRow(text_, separator_, at_, line_);
  header_end_ = header.end;
  bool good = true;
  for (const CsvRow::Field& field : header.fields) {
    const std::string written(trim(field.text));
    const auto renamed = table.columns.find(written);
    std::string name = renamed != table.columns.end() ? renamed->second : memberName(written);
    ++place.position.column;
    if (!index_.emplace(name, columns_.size()).second && !written.empty()) {
      --place.position.column;
      issues.push_back(fhir::makeIssue("PB-2017", place, {name}));
      ++place.position.column;
      good = false;
    }
    columns_.push_back(std::move(name));
  }
  std::vector<std::string> needed = table.required;
  if (!table.key.empty()) needed.push_back(table.key);
  if (!table.parent.empty()) needed.push_back(table.parent);
  place.position.column = 1;
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  for (const std::string& column : needed) {
    if (index_.contains(column)) continue;
    issues.push_back(fhir::makeIssue("PB-2011", place, {file_, column}));
    good = false;
  }
  return good;
}

std::optional<CsvRow> CsvFile::next() {
  while (at_ < text_.size()) {
    CsvRow row = readCsvRow(text_, separator_, at_, line_);
    const bool empty =
        !row.open_quote && std::all_of(row.fields.begin(), row.fields.end(),
                                       [](const auto& field) { return trim(field.text).empty(); });
    if (!empty) return row;
  }
  return std::nullopt;
}

CsvRow CsvFile::rowAt(std::uint32_t begin, std::uint32_t line) const {
  return readCsvRow(text_, separator_, begin, line);
}

std::string_view CsvFile::value(const CsvRow& row, std::string_view column) const {
  const auto found = index_.find(std::string(column));
  if (found == index_.end() || found->second >= row.fields.size()) return {};
  return trim(row.fields[found->second].text);
}

fhir::Place CsvFile::placeOf(const CsvRow& row, std::string_view column) const {
  fhir::Place place;
  place.source = file_;
  place.position.line = row.line;
  place.position.column = 1;
  if (const auto found = index_.find(std::string(column)); found != index_.end())
    place.position.column = static_cast<std::uint32_t>(found->second + 1);
  place.expression = column;
  return place;
}

void CsvFile::check(const CsvRow& row, const CsvTable& table,
                    std::vector<fhir::Issue>& issues) const {
  if (row.open_quote) {
    issues.push_back(fhir::makeIssue("PB-2013", placeOf(row)));
    return;
  }
  if (row.fields.size() != columns_.size()) {
    issues.push_back(
        fhir::makeIssue("PB-2012", placeOf(row),
                        {std::to_string(row.fields.size()), std::to_string(columns_.size())}));
    return;
  }
  for (const std::string& column : table.required) {
    if (value(row, column).empty())
      issues.push_back(fhir::makeIssue("PB-2014", placeOf(row, column), {column}));
  }
}

}  // namespace planbro::mapping
