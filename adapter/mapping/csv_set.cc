#include "mapping/csv_set.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

// "Goals.CSV" and "goals" are the same table.
std::string tableKey(std::string_view file) { return toLowerAscii(fs::path(file).stem().string()); }

std::string_view takeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

// The table that a part's first line names; nothing if it is no such line.
std::optional<std::string> partOf(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("# ") || !line.ends_with(".csv")) return std::nullopt;
  const std::string_view file = line.substr(2);
  if (file.find_first_of(";,\t\"") != std::string_view::npos) return std::nullopt;
  return tableKey(file);
}

}  // namespace

std::string csvPartLine(std::string_view file) {
  return fmt::format("# {}.csv\n", fs::path(file).stem().string());
}

CsvSet CsvSet::ofFolder(fs::path folder) {
  CsvSet set(std::move(folder));
  set.folder_ = true;
  return set;
}

std::optional<CsvSet> CsvSet::ofWorkbook(const fs::path& file, std::string& original,
                                         std::vector<fhir::Issue>& issues) {
  CsvSet set(file);
  auto bytes = readSourceFile(file);
  if (!bytes) {
    fhir::Place place;
    place.source = file.string();
    issues.push_back(fhir::makeIssue("PB-2002", place, {bytes.error().message}));
    return std::nullopt;
  }
  original = std::move(*bytes);
  auto sheets = readXlsx(original, file.string(), issues);
  if (!sheets) return std::nullopt;
  for (XlsxSheet& sheet : *sheets)
    set.texts_.emplace(toLowerAscii(sheet.name), std::move(sheet.csv));
  return set;
}

CsvSet CsvSet::ofText(std::string_view text, fs::path name) {
  CsvSet set(std::move(name));
  set.part_ = !text.starts_with(kWholeSet);
  std::string* part = nullptr;
  bool quoted = false;  // a field in quotes may hold any line
  while (!text.empty()) {
    const std::string_view line = takeLine(text);
    if (const auto named = quoted ? std::nullopt : partOf(line)) {
      part = &set.texts_[*named];
      const std::string_view header = takeLine(text);
      // Standing again it repeats its header.
      if (part->empty()) *part = header;
      continue;
    }
    for (const char c : line) quoted ^= c == '"';
    if (part != nullptr) part->append(line);
  }
  return set;
}

std::optional<fs::path> CsvSet::find(const std::string& file) const {
  std::error_code error;
  if (fs::is_regular_file(name_ / file, error)) return name_ / file;
  for (const fs::directory_entry& entry : fs::directory_iterator(name_, error)) {
    if (equalsIgnoreAsciiCase(entry.path().filename().string(), file)) return entry.path();
  }
  return std::nullopt;
}

bool CsvSet::has(const std::string& file) const {
  return folder_ ? find(file).has_value() : texts_.contains(tableKey(file));
}

std::string CsvSet::nameOf(const std::string& file) const {
  if (!folder_) return fmt::format("{}!{}", name_.string(), fs::path(file).stem().string());
  const auto path = find(file);
  return (path ? *path : name_ / file).string();
}

Result<SourceBytes> CsvSet::open(const std::string& file) {
  if (folder_) {
    const auto path = find(file);
    if (!path) return fail(ErrorCode::kNotFound, "there is no such file");
    return SourceBytes::ofFile(*path);
  }
  const auto found = texts_.find(tableKey(file));
  if (found == texts_.end()) return fail(ErrorCode::kNotFound, "there is no such sheet");
  return SourceBytes::ofText(std::move(found->second));
}

}  // namespace planbro::mapping
