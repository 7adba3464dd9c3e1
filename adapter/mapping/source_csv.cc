#include "mapping/source_csv.h"

#include <fmt/format.h>

#include <deque>
#include <unordered_set>

#include "base/text.h"
#include "fhir/element.h"
#include "json/builder.h"
#include "mapping/csv_rows.h"
#include "mapping/csv_set.h"
#include "mapping/csv_table.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

// All rows of one record together, in bytes.
constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
// Of a set that cannot be read at all, what is kept of each table.
constexpr std::size_t kMaxKeptTable = std::size_t{64} << 20;
constexpr const char* kCut = "it cannot be read to its end";

// A table that is open, with where the rows of each parent lie.
struct LoadedTable {
  const CsvTable* table = nullptr;
  CsvFile file;
  bool there = false;
  CsvRows rows;  // of all but the top table
  std::vector<std::unique_ptr<LoadedTable>> children;
};

fhir::Issue refusal(std::string source, std::string why) {
  fhir::Place place;
  place.source = std::move(source);
  return fhir::makeIssue("PB-2002", std::move(place), {std::move(why)});
}

class CsvReader final : public SourceReader {
 public:
  CsvReader(SourceDescriptor descriptor, std::vector<fs::path> inputs,
            const fhir::Definitions& definitions)
      : descriptor_(std::move(descriptor)), inputs_(std::move(inputs)), definitions_(definitions) {}

  std::optional<SourceRecord> next() override {
    while (true) {
      if (failed_) return std::exchange(failed_, std::nullopt);
      if (top_ != nullptr) {
        if (const auto row = top_->file.next()) {
          has_rows_ = true;
          return record(*row);
        }
        if (!has_rows_ && !top_->file.failed()) return withoutRows();
        if (auto left = nextLeft()) return left;
        const std::unique_ptr<LoadedTable> done = std::move(top_);
        if (done->file.failed()) return cut(done->file);
        continue;
      }
      if (at_ == inputs_.size()) return std::nullopt;
      openSet(inputs_[at_++]);
    }
  }

 private:
  std::optional<CsvSet> setOf(fs::path input, std::string& original,
                              std::vector<fhir::Issue>& issues) const {
    if (input.filename().string().ends_with(kKeptCsv)) {
      auto text = readSourceFile(input);
      if (text) return CsvSet::ofText(*text, input);
      issues.push_back(refusal(input.string(), text.error().message));
      return std::nullopt;
    }
    if (descriptor_.format == SourceFormat::kXlsx)
      return CsvSet::ofWorkbook(input, original, issues);
    std::error_code error;
    if (!fs::is_directory(input, error)) input = input.parent_path();
    return CsvSet::ofFolder(input.empty() ? fs::path(".") : std::move(input));
  }

  void openSet(const fs::path& input) {
    keys_.clear();
    has_rows_ = false;
    set_issues_.clear();
    SourceRecord failed;
    failed.name = input.string();
    failed.extension = input.extension() == ".xlsx" ? ".xlsx" : kKeptCsv;
    auto set = setOf(input, failed.original, failed.issues);
    if (set) {
      auto top = std::make_unique<LoadedTable>();
      if (load(*set, *top, descriptor_.table, failed.issues, true)) {
        set_issues_ = std::move(failed.issues);
        left_.clear();
        for (const auto& child : top->children) wait(*child, top->table->file);
        top_ = std::move(top);
        input_ = set->name();
        return;
      }
      failed.name = set->name();
      failed.input = set->name();
      if (failed.original.empty()) {
        failed.original = kWholeSet;
        keepAll(*top, failed.original);
      }
    }
    failed_ = std::move(failed);
  }

  bool load(CsvSet& set, LoadedTable& loaded, const CsvTable& table,
            std::vector<fhir::Issue>& issues, bool is_top) const {
    loaded.table = &table;
    bool good = true;
    if (set.has(table.file)) {
      const std::string name = set.nameOf(table.file);
      auto bytes = set.open(table.file);
      if (bytes) {
        loaded.there = loaded.file.open(std::move(*bytes), name, table, issues);
      } else {
        issues.push_back(refusal(name, bytes.error().message));
      }
      good = loaded.there;
    } else if (!table.optional && (is_top || !set.isPart())) {
      fhir::Place place;
      place.source = set.name();
      issues.push_back(fhir::makeIssue("PB-2010", place, {table.file}));
      good = false;
    }
    if (loaded.there && !descriptor_.names_read.empty())
      loaded.file.tellUnread(descriptor_.names_read, table, issues);
    if (loaded.there && !is_top) {
      loaded.rows.index(loaded.file, table.parent);
      if (loaded.file.failed()) issues.push_back(refusal(loaded.file.file(), kCut));
      good &= !loaded.file.failed();
    }
    for (const CsvTable& child : table.children) {
      loaded.children.push_back(std::make_unique<LoadedTable>());
      good &= load(set, *loaded.children.back(), child, issues, false);
    }
    return good;
  }

  static void keepAll(LoadedTable& loaded, std::string& out) {
    if (const auto text = loaded.file.text(kMaxKeptTable); text && !text->empty())
      out += fmt::format("{}{}\n", csvPartLine(loaded.table->file), *text);
    for (const auto& child : loaded.children) keepAll(*child, out);
  }

  SourceRecord cut(const CsvFile& file) const {
    SourceRecord failed;
    failed.name = file.file();
    failed.input = input_;
    failed.extension = kKeptCsv;
    failed.original = file.header();
    failed.issues.push_back(refusal(file.file(), kCut));
    return failed;
  }

  // A set whose top table has no row: one finding, not one for each row below it.
  SourceRecord withoutRows() {
    const std::unique_ptr<LoadedTable> top = std::move(top_);
    SourceRecord failed;
    failed.name = failed.input = input_;
    failed.extension = kKeptCsv;
    failed.issues = std::exchange(set_issues_, {});
    fhir::Place place;
    place.source = top->file.file();
    place.position = {1, 1};
    const std::string header = top->file.header();
    const bool cr_only = header.find('\r') < header.find_last_not_of("\r\n");
    failed.issues.push_back(fhir::makeIssue(
        "PB-2006", std::move(place),
        {cr_only ? "no row follows the header; its lines end in CR, not in LF or CRLF"
                 : "no row follows the header"}));
    failed.original = kWholeSet;
    keepAll(*top, failed.original);
    return failed;
  }

  // ---- rows that belong to no record ----

  struct Left {
    LoadedTable* table;
    std::string parent_file;
  };

  void wait(LoadedTable& loaded, const std::string& parent_file) {
    if (loaded.there) left_.push_back({&loaded, parent_file});
    for (const auto& child : loaded.children) wait(*child, loaded.table->file);
  }

  // Each becomes a record of its own, with its fault.
  std::optional<SourceRecord> nextLeft() {
    while (!left_.empty()) {
      LoadedTable& loaded = *left_.front().table;
      const auto row = loaded.rows.nextLeft(loaded.file);
      if (!row) {
        left_.pop_front();
        continue;
      }
      SourceRecord failed;
      failed.name = fmt::format("{} row {}", loaded.file.file(), row->line);
      failed.input = input_;
      failed.extension = kKeptCsv;
      failed.original = csvPartLine(loaded.table->file) + loaded.file.header() + row->raw;
      loaded.file.check(*row, *loaded.table, failed.issues);
      const std::string& column = loaded.table->parent;
      const std::string key(loaded.file.value(*row, column));
      const fhir::Place place = loaded.file.placeOf(*row, column);
      if (!key.empty()) {
        failed.issues.push_back(
            fhir::makeIssue("PB-2016", place, {left_.front().parent_file, key}));
      } else if (failed.issues.empty()) {
        failed.issues.push_back(fhir::makeIssue("PB-2014", place, {column}));
      }
      return failed;
    }
    return std::nullopt;
  }

  // ---- a record, row by row: the text first, since the tree's offsets count in it ----

  struct Part {
    LoadedTable* table;
    CsvRow row;
    std::uint32_t begin;      // in the record's text
    std::vector<Part> below;  // in the order of the tables
  };
  struct Gathering {
    SourceRecord& record;
    SourcePlaces& places;
    std::string text;
    std::size_t room = kMaxRecordBytes;
  };

  // Recursion is bounded by the descriptor's tables.
  static Part gather(LoadedTable& loaded, CsvRow row, Gathering& to) {
    loaded.file.check(row, *loaded.table, to.record.issues);
    Part part{&loaded, std::move(row), static_cast<std::uint32_t>(to.text.size()), {}};
    to.places.add({part.begin, loaded.file.file(), part.row.line, true, loaded.file.separator()});
    to.text += part.row.raw;
    if (!to.text.ends_with('\n')) to.text += '\n';
    const std::string key(loaded.file.value(part.row, loaded.table->key));
    if (key.empty()) return part;
    for (const auto& child : loaded.children) {
      if (!child->there) continue;
      for (CsvRow& below : child->rows.take(child->file, key, to.room))
        part.below.push_back(gather(*child, std::move(below), to));
    }
    return part;
  }

  static void write(const Part& part, json::Builder& builder) {
    const CsvFile& file = part.table->file;
    builder.at(part.begin).beginObject();
    for (std::size_t i = 0; i < part.row.fields.size() && i < file.columns().size(); ++i) {
      const std::string_view value = trim(part.row.fields[i].text);
      if (value.empty()) continue;
      builder.key(file.columns()[i]).at(part.begin + part.row.fields[i].begin).string(value);
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

  static void keepOriginal(const Part& part, std::string& out, const LoadedTable*& last) {
    if (last != part.table) {
      last = part.table;
      out += csvPartLine(part.table->table->file) + part.table->file.header();
    }
    out += part.row.raw;
    if (!out.ends_with('\n')) out += '\n';
    for (const Part& below : part.below) keepOriginal(below, out, last);
  }

  SourceRecord record(const CsvRow& row) {
    SourceRecord record;
    record.name = fmt::format("{} row {}", top_->file.file(), row.line);
    record.input = input_;
    record.extension = kKeptCsv;
    record.issues = std::exchange(set_issues_, {});  // told once
    auto places = std::make_shared<SourcePlaces>();
    Gathering gathering{record, *places, {}};
    const Part whole = gather(*top_, row, gathering);
    const fhir::Place place = top_->file.placeOf(row, descriptor_.table.key);
    if (gathering.room == 0)
      record.issues.push_back(fhir::makeIssue("PB-2007", place, {std::to_string(kMaxRecordBytes)}));
    const std::string key(top_->file.value(row, descriptor_.table.key));
    if (!key.empty() && !keys_.insert(key).second)
      record.issues.push_back(fhir::makeIssue("PB-2015", place, {key}));
    const LoadedTable* last = nullptr;
    keepOriginal(whole, record.original, last);
    json::Builder builder(&definitions_.names(), std::move(gathering.text));
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
  std::string input_;  // of the open set
  std::unique_ptr<LoadedTable> top_;
  bool has_rows_ = false;  // whether its top table has any
  std::deque<Left> left_;
  std::unordered_set<std::string> keys_;
  std::vector<fhir::Issue> set_issues_;
  std::optional<SourceRecord> failed_;  // a set that cannot be read
};

}  // namespace

std::unique_ptr<SourceReader> openCsvSource(const SourceDescriptor& descriptor,
                                            std::vector<fs::path> inputs,
                                            const fhir::Definitions& definitions) {
  return std::make_unique<CsvReader>(descriptor, std::move(inputs), definitions);
}

}  // namespace planbro::mapping
