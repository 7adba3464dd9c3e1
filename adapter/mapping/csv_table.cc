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

// The separator that the first line suggests.
char separatorOf(std::string_view text) {
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

// Reads one row from the begin of a text.
class RowParser {
 public:
  RowParser(std::string_view text, char separator) : text_(text), separator_(separator) {}

  // Fields, lines and, as `end`, where it ends. False: the text ended before the row did.
  bool run(CsvRow& row) {
    while (true) {
      CsvRow::Field& field = row.fields.emplace_back();
      field.begin = static_cast<std::uint32_t>(at_);
      while (at_ < text_.size() && text_[at_] == ' ') ++at_;
      if (at_ < text_.size() && text_[at_] == '"' && !quoted(field)) {
        row.open_quote = true;
        return false;
      }
      const std::size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') ++at_;
      field.text.append(text_, begin, at_ - begin);
      const bool ended = at_ < text_.size();
      const bool line_end = ended && text_[at_] == '\n';
      if (ended) ++at_;
      if (ended && !line_end) continue;
      if (field.text.ends_with('\r')) field.text.pop_back();
      lines_ += line_end ? 1 : 0;
      row.end = at_;
      row.next_line = row.line + lines_;
      return line_end;
    }
  }

 private:
  // False: it does not end.
  bool quoted(CsvRow::Field& field) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') {
        if (at_ >= text_.size() || text_[at_] != '"') return true;
        ++at_;
      }
      lines_ += c == '\n' ? 1 : 0;
      field.text += c;
    }
    return false;
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::uint32_t lines_ = 0;
};

// Up to its first line end, or all of it.
std::string_view firstLine(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

constexpr std::size_t kUsualRow = 4096;  // first looked at; more where a row is longer
constexpr std::size_t kReadAhead = 65'536;
constexpr std::size_t kShownOfRow = 200;  // of one that is too long

}  // namespace

// A row with a fault ends with its first line, so that the rows behind it are not lost.
void CsvFile::keepToItsLine(CsvRow& row, std::string_view text) {
  row.end = row.begin;
  row.next_line = row.line + 1;
  const std::string_view line = firstLine(text);
  row.raw = utf8(row.too_long ? line.substr(0, kShownOfRow) : line);
  if (!row.raw.ends_with('\n')) row.raw += '\n';
  row.fields.clear();
  row.fields.emplace_back().text = trim(row.raw);
  while (row.end < bytes_.size()) {
    const std::string_view part = firstLine(bytes_.at(row.end, kReadAhead));
    row.end += part.size();
    if (part.empty() || part.ends_with('\n')) break;
  }
}

// A row, or the text, ends within what is looked at, or it is looked at more.
CsvRow CsvFile::rowAt(std::uint64_t begin, std::uint32_t line) {
  for (std::size_t length = kUsualRow;; length = std::min(length * 4, kMaxCsvRowBytes)) {
    const std::string_view text = bytes_.at(begin, length);
    const bool all = begin + text.size() >= bytes_.size() || text.size() < length;
    CsvRow row;
    row.line = line;
    const bool complete = RowParser(text, separator_).run(row);
    if (!complete && !all && length < kMaxCsvRowBytes) continue;
    row.begin = begin;
    if (!complete && (!all || row.open_quote)) {
      row.too_long = !all;
      keepToItsLine(row, text);
      return row;
    }
    const std::uint64_t size = row.end;
    row.raw = utf8(text.substr(0, static_cast<std::size_t>(size)));
    if (latin_) {
      row.fields.clear();
      RowParser(row.raw, separator_).run(row);
    }
    row.end = begin + size;
    return row;
  }
}

std::string CsvFile::utf8(std::string_view bytes) const {
  return latin_ ? fromWindows1252(bytes) : std::string(bytes);
}

// Looks through all of it once: what it is in cannot be told from its begin.
bool CsvFile::decode(std::vector<fhir::Issue>& issues) {
  const std::string_view begin = bytes_.at(0, 3);
  if (begin.starts_with("\xFF\xFE") || begin.starts_with("\xFE\xFF")) {
    // Nothing but a whole text can be read here.
    fhir::Place place;
    place.source = file_;
    if (bytes_.size() > kMaxSourceBytes) {
      issues.push_back(fhir::makeIssue("PB-2007", place, {std::to_string(kMaxSourceBytes)}));
      return false;
    }
    std::string whole(bytes_.at(0, static_cast<std::size_t>(bytes_.size())));
    auto text = decodeText(std::move(whole), "", file_, issues);
    if (!text) return false;
    bytes_ = SourceBytes::ofText(std::move(*text));
    return true;
  }
  EncodingScan scan;
  for (std::uint64_t at = 0; at < bytes_.size();) {
    const std::string_view part = bytes_.at(at, kReadAhead);
    if (part.empty()) break;
    scan.add(part);
    at += part.size();
  }
  fhir::Place place;
  place.source = file_;
  if (bytes_.failed()) {
    issues.push_back(fhir::makeIssue("PB-2002", place, {"it cannot be read"}));
    return false;
  }
  latin_ = !scan.isUtf8();
  at_ = bytes_.at(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  if (latin_ && at_ > 0)
    issues.push_back(fhir::makeIssue("PB-2003", place, {"UTF-8", "ISO-8859-1"}));
  if (!latin_ && scan.hasReplacement()) issues.push_back(fhir::makeIssue("PB-2004", place));
  return true;
}

bool CsvFile::open(SourceBytes bytes, std::string file, const CsvTable& table,
                   std::vector<fhir::Issue>& issues) {
  bytes_ = std::move(bytes);
  file_ = std::move(file);
  if (!decode(issues)) return false;
  separator_ = separatorOf(bytes_.at(at_, kReadAhead));
  fhir::Place place;
  place.source = file_;
  place.position = {1, 1};
  header_ = rowAt(at_, line_);
  if (trim(header_.raw).empty()) {
    issues.push_back(fhir::makeIssue("PB-2006", place, {"the file is empty"}));
    return false;
  }
  at_ = header_.end;
  line_ = header_.next_line;
  if (!header_.raw.ends_with('\n')) header_.raw += '\n';
  bool good = true;
  readHeader(table, issues, good);
  requireColumns(table, issues, good);
  return good;
}

void CsvFile::readHeader(const CsvTable& table, std::vector<fhir::Issue>& issues, bool& good) {
  for (const CsvRow::Field& field : header_.fields) {
    const std::string written(trim(field.text));
    const auto renamed = table.columns.find(written);
    std::string name = renamed != table.columns.end() ? renamed->second : memberName(written);
    if (!index_.emplace(name, columns_.size()).second && !written.empty()) {
      fhir::Place place;
      place.source = file_;
      place.position = {1, static_cast<std::uint32_t>(columns_.size() + 1)};
      issues.push_back(fhir::makeIssue("PB-2017", place, {name}));
      good = false;
    }
    columns_.push_back(std::move(name));
  }
}

void CsvFile::requireColumns(const CsvTable& table, std::vector<fhir::Issue>& issues,
                             bool& good) const {
  std::vector<std::string> needed = table.required;
  if (!table.key.empty()) needed.push_back(table.key);
  if (!table.parent.empty()) needed.push_back(table.parent);
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  fhir::Place place;
  place.source = file_;
  place.position = {1, 1};
  const std::vector<std::string_view> there(columns_.begin(), columns_.end());
  for (const std::string& column : needed) {
    const auto names = split(column, '|');
    if (std::any_of(names.begin(), names.end(),
                    [&](std::string_view name) { return index_.contains(std::string(name)); }))
      continue;
    std::string text(names.front());
    if (const auto nearest = nearestName(names.front(), there))
      text += fmt::format(" ({}?)", *nearest);
    issues.push_back(fhir::makeIssue("PB-2011", place, {file_, std::move(text)}));
    good = false;
  }
}

void CsvFile::tellUnread(const std::set<std::string, std::less<>>& names, const CsvTable& table,
                         std::vector<fhir::Issue>& issues) const {
  // A name that the map reads and no column has may be one misspelt.
  std::vector<std::string_view> missing;
  for (const std::string& name : names) {
    if (!index_.contains(name)) missing.push_back(name);
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& column = columns_[i];
    if (names.contains(column) || column == table.key || column == table.parent) continue;
    if (trim(header_.fields[i].text).empty()) continue;
    fhir::Place place;
    place.source = file_;
    place.position = {1, static_cast<std::uint32_t>(i + 1)};
    place.expression = column;
    const auto nearest = nearestName(column, missing);
    issues.push_back(fhir::makeIssue(nearest ? "PB-3081" : "PB-3080", std::move(place),
                                     {column, nearest ? std::string(*nearest) : std::string()}));
  }
}

std::optional<CsvRow> CsvFile::next() {
  while (at_ < bytes_.size()) {
    CsvRow row = rowAt(at_, line_);
    if (bytes_.failed() || row.end <= at_) break;
    at_ = row.end;
    line_ = row.next_line;
    const bool faulty = row.open_quote || row.too_long;
    if (faulty || std::any_of(row.fields.begin(), row.fields.end(),
                              [](const auto& field) { return !trim(field.text).empty(); }))
      return row;
  }
  return std::nullopt;
}

std::optional<std::string> CsvFile::text(std::size_t most) {
  if (bytes_.size() > most) return std::nullopt;
  std::string_view all = bytes_.at(0, static_cast<std::size_t>(bytes_.size()));
  if (all.starts_with("\xEF\xBB\xBF")) all.remove_prefix(3);
  return utf8(all);
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
  if (row.too_long) {
    issues.push_back(
        fhir::makeIssue("PB-2002", placeOf(row),
                        {fmt::format("the row is longer than {} bytes", kMaxCsvRowBytes)}));
    return;
  }
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
    const auto names = split(column, '|');
    if (std::all_of(names.begin(), names.end(),
                    [&](std::string_view name) { return value(row, name).empty(); }))
      issues.push_back(
          fhir::makeIssue("PB-2014", placeOf(row, names.front()), {std::string(names.front())}));
  }
}

}  // namespace planbro::mapping
