#include "mapping/source_csv.h"

#include <fmt/format.h>

#include <deque>
#include <unordered_set>

#include "base/text.h"
#include "fhir/element.h"
#include "json/builder.h"
#include "mapping/csv_table.h"
#include "mapping/source_files.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

// A table that has been read, with where the rows of each parent lie.
struct LoadedTable {
  const CsvTable* table = nullptr;
  CsvFile file;
  bool there = false;
  struct Where {
    std::uint32_t begin, line;
  };
  std::unordered_map<std::string, std::vector<Where>> rows;  // by the parent's key
  std::unordered_set<std::string> used;                      // keys that found their parent
  std::vector<std::unique_ptr<LoadedTable>> children;
};

// The file of that name, in whatever case.
std::optional<fs::path> findFile(const fs::path& folder, const std::string& name) {
  std::error_code error;
  if (fs::is_regular_file(folder / name, error)) return folder / name;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (equalsIgnoreAsciiCase(entry.path().filename().string(), name)) return entry.path();
  }
  return std::nullopt;
}

class CsvReader final : public SourceReader {
 public:
  CsvReader(SourceDescriptor descriptor, std::vector<fs::path> inputs,
            const fhir::Definitions& definitions)
      : descriptor_(std::move(descriptor)), inputs_(std::move(inputs)), definitions_(definitions) {}

  std::optional<SourceRecord> next() override {
    while (true) {
      if (!waiting_.empty()) {
        SourceRecord record = std::move(waiting_.front());
        waiting_.pop_front();
        return record;
      }
      if (top_ != nullptr) {
        if (const auto row = top_->file.next()) return record(*row);
        for (const auto& child : top_->children) collectOrphans(*child, *top_);
        top_.reset();
        continue;
      }
      if (at_ == inputs_.size()) return std::nullopt;
      openSet(inputs_[at_++]);
    }
  }

 private:
  void openSet(fs::path folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) folder = folder.parent_path();
    if (folder.empty()) folder = ".";
    folder_ = folder;
    keys_.clear();
    std::vector<fhir::Issue> issues;
    auto top = std::make_unique<LoadedTable>();
    const bool good = load(*top, descriptor_.table, issues, true);
    if (good) {
      top_ = std::move(top);
      set_issues_ = std::move(issues);
      return;
    }
    SourceRecord failed;
    failed.name = folder.string();
    failed.extension = ".csv.txt";
    failed.issues = std::move(issues);
    keepAll(*top, failed.original);
    waiting_.push_back(std::move(failed));
  }

  bool load(LoadedTable& loaded, const CsvTable& table, std::vector<fhir::Issue>& issues,
            bool is_top) {
    loaded.table = &table;
    bool good = true;
    const auto path = findFile(folder_, table.file);
    if (path) {
      auto bytes = readSourceFile(*path);
      if (bytes) {
        loaded.there = loaded.file.open(std::move(*bytes), path->string(), table, issues);
        good = loaded.there;
      } else {
        fhir::Place place;
        place.source = path->string();
        issues.push_back(fhir::makeIssue("PB-2002", place, {bytes.error().message}));
        good = false;
      }
    } else if (!table.optional) {
      fhir::Place place;
      place.source = folder_.string();
      issues.push_back(fhir::makeIssue("PB-2010", place, {table.file}));
      good = false;
    }
    if (loaded.there && !is_top) index(loaded);
    for (const CsvTable& child : table.children) {
      loaded.children.push_back(std::make_unique<LoadedTable>());
      good &= load(*loaded.children.back(), child, issues, false);
    }
    return good;
  }

  // Rows whose parent cannot be told become records of their own, with their fault.
  void index(LoadedTable& loaded) {
    while (const auto row = loaded.file.next()) {
      const std::string key(loaded.file.value(*row, loaded.table->parent));
      if (!key.empty()) {
        loaded.rows[key].push_back({row->begin, row->line});
        continue;
      }
      std::vector<fhir::Issue> issues;
      loaded.file.check(*row, *loaded.table, issues);
      if (issues.empty())
        issues.push_back(fhir::makeIssue("PB-2014", loaded.file.placeOf(*row, loaded.table->parent),
                                         {loaded.table->parent}));
      keepRow(loaded.file, *row, std::move(issues));
    }
  }

  void keepRow(const CsvFile& file, const CsvRow& row, std::vector<fhir::Issue> issues) {
    SourceRecord failed;
    failed.name = fmt::format("{} row {}", file.file(), row.line);
    failed.extension = ".csv.txt";
    failed.issues = std::move(issues);
    failed.original = fmt::format("# {}\n{}{}", fs::path(file.file()).filename().string(),
                                  file.header(), file.raw(row));
    waiting_.push_back(std::move(failed));
  }

  static void keepAll(const LoadedTable& loaded, std::string& out) {
    if (!loaded.file.text().empty())
      out += fmt::format("# {}\n{}\n", fs::path(loaded.file.file()).filename().string(),
                         loaded.file.text());
    for (const auto& child : loaded.children) keepAll(*child, out);
  }

  void collectOrphans(LoadedTable& loaded, const LoadedTable& parent) {
    for (const auto& [key, rows] : loaded.rows) {
      if (loaded.used.contains(key)) continue;
      for (const LoadedTable::Where& where : rows) {
        const CsvRow row = loaded.file.rowAt(where.begin, where.line);
        keepRow(loaded.file, row,
                {fhir::makeIssue("PB-2016", loaded.file.placeOf(row, loaded.table->parent),
                                 {parent.table->file, key})});
      }
    }
    for (const auto& child : loaded.children) collectOrphans(*child, loaded);
  }

  // Row by row: the text first, since the tree's offsets count in it, then the tree.
  struct Part {
    LoadedTable* table;
    CsvRow row;
    std::uint32_t begin;      // in the record's text
    std::vector<Part> below;  // in the order of the tables
  };

  Part gather(LoadedTable& loaded, CsvRow row, SourceRecord& record, SourcePlaces& places,
              std::string& text, int depth) {
    loaded.file.check(row, *loaded.table, record.issues);
    Part part{&loaded, std::move(row), static_cast<std::uint32_t>(text.size()), {}};
    places.add({part.begin, loaded.file.file(), part.row.line, true, loaded.file.separator()});
    text += loaded.file.raw(part.row);
    if (!text.ends_with('\n')) text += '\n';
    const std::string key(loaded.file.value(part.row, loaded.table->key));
    for (const auto& child : loaded.children) {
      const auto rows = child->rows.find(key);
      if (rows == child->rows.end() || key.empty()) continue;
      // A key that stands twice would give both rows the same children.
      if (!child->used.insert(key).second) continue;
      for (const LoadedTable::Where& where : rows->second)
        part.below.push_back(gather(*child, child->file.rowAt(where.begin, where.line), record,
                                    places, text, depth + 1));
    }
    return part;
  }

  void write(const Part& part, json::Builder& builder) {
    const CsvFile& file = part.table->file;
    builder.at(part.begin).beginObject();
    for (std::size_t i = 0; i < part.row.fields.size() && i < file.columns().size(); ++i) {
      const std::string_view value = trim(part.row.fields[i].text);
      if (value.empty()) continue;
      builder.key(file.columns()[i])
          .at(part.begin + part.row.fields[i].begin - part.row.begin)
          .string(value);
    }
    for (const auto& child : part.table->children) {
      bool open = false;
      for (const Part& below : part.below) {
        if (below.table != child.get()) continue;
        if (!open) builder.key(child->table->name).at(below.begin).beginArray();
        open = true;
        write(below, builder);
      }
      if (open) builder.endArray();
    }
    builder.endObject();
  }

  static void keepOriginal(const Part& part, std::string& out, std::string& last) {
    const CsvFile& file = part.table->file;
    if (last != file.file()) {
      last = file.file();
      out += fmt::format("# {}\n{}", fs::path(last).filename().string(), file.header());
    }
    out += file.raw(part.row);
    if (!out.ends_with('\n')) out += '\n';
    for (const Part& below : part.below) keepOriginal(below, out, last);
  }

  SourceRecord record(const CsvRow& row) {
    SourceRecord record;
    record.name = fmt::format("{} row {}", top_->file.file(), row.line);
    record.extension = ".csv.txt";
    record.issues = set_issues_;
    set_issues_.clear();  // told once
    auto places = std::make_shared<SourcePlaces>();
    std::string text;
    const Part whole = gather(*top_, row, record, *places, text, 0);
    const std::string key(top_->file.value(row, descriptor_.table.key));
    if (!key.empty() && !keys_.insert(key).second)
      record.issues.push_back(
          fhir::makeIssue("PB-2015", top_->file.placeOf(row, descriptor_.table.key), {key}));
    std::string last;
    keepOriginal(whole, record.original, last);
    json::Builder builder(&definitions_.names(), std::move(text));
    write(whole, builder);
    record.document = std::move(builder).finish(
        [&](json::DocumentMaker& maker) { fhir::bind(maker, definitions_); });
    record.root = &record.document->root();
    record.places = std::move(places);
    return record;
  }

  SourceDescriptor descriptor_;
  std::vector<fs::path> inputs_;
  const fhir::Definitions& definitions_;
  std::size_t at_ = 0;
  fs::path folder_;
  std::unique_ptr<LoadedTable> top_;
  std::unordered_set<std::string> keys_;
  std::vector<fhir::Issue> set_issues_;
  std::deque<SourceRecord> waiting_;
};

}  // namespace

std::unique_ptr<SourceReader> openCsvSource(const SourceDescriptor& descriptor,
                                            std::vector<fs::path> inputs,
                                            const fhir::Definitions& definitions) {
  return std::make_unique<CsvReader>(descriptor, std::move(inputs), definitions);
}

}  // namespace planbro::mapping
