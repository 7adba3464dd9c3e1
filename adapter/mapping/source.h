// What a journal system hands over, record by record, as trees with places.
//
// A source is described by a folder mappings/NAME with source.json (docs/mapping.md). A reader
// turns files into records; one record is one plan. A record that cannot be read comes out all the
// same, with its original bytes and at least one error, so that nothing is lost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"

namespace planbro::mapping {

enum class SourceFormat : std::uint8_t {
  kXml,
  kCsv,
  kXlsx,
  kJson,
  kBundle,  // a FHIR Bundle by itself or inside another file: source_bundle.h
};

// A table of a CSV record set, or the sheet of a workbook that has the file's name without ending;
// the top one holds the records, its children hang below its rows.
struct CsvTable {
  std::string name;    // member of the parent row; "" for the top table
  std::string file;    // "goals.csv"
  std::string key;     // the column that identifies a row; may be empty
  std::string parent;  // the column with the key of the parent's row
  // Columns that must be filled; "a|b" asks for one of them.
  std::vector<std::string> required;
  std::map<std::string, std::string> columns;  // header to member name
  bool optional = false;                       // whether the file may be missing
  std::vector<CsvTable> children;
};

struct SourceDescriptor {
  std::string name;
  std::string title;
  SourceFormat format = SourceFormat::kXml;
  std::string record;              // XML element or JSON member; "" as docs/mapping.md says
  CsvTable table;                  // CSV and XLSX only
  std::vector<std::string> files;  // endings that count in a folder; empty: by format
  std::string map;                 // canonical
  std::string bundle_map;          // canonical; "" when `map` makes a Bundle itself
  // Names that the map reads (MapLibrary::namesRead): columns that are none of them are told.
  // Empty: not known, and nothing is told.
  std::set<std::string, std::less<>> names_read;
};

// The endings of the files that count in a folder.
std::vector<std::string> sourceEndings(const SourceDescriptor& descriptor);

// From source.json. `folder_name` is the name when the text gives none.
Result<SourceDescriptor> parseDescriptor(std::string text, std::string_view folder_name);

// Offsets of a record's document told as file, line or row, and column.
class SourcePlaces {
 public:
  // From `begin` on, offsets lie in `file`; the first line there is its line `first_line`.
  struct Segment {
    std::uint32_t begin = 0;
    std::string file;
    std::uint32_t first_line = 1;
    bool rows = false;  // lines are CSV rows, columns are fields
    char separator = ',';
  };
  void add(Segment segment) { segments_.push_back(std::move(segment)); }
  // The place of the value at `node` (inside `document`), with its path as XPath or member path.
  fhir::Place placeOf(const json::Document& document, const json::Node* node) const;
  fhir::Place placeOf(const json::Document& document, std::uint32_t offset) const;

 private:
  std::vector<Segment> segments_;
};

struct SourceRecord {
  std::string name;                  // for people: "a.xml", "plans.csv row 2"
  std::string input;                 // the file, workbook or folder of tables it came in
  json::DocumentPtr document;        // null: not readable, see `issues`
  const json::Node* root = nullptr;  // the record inside the document
  std::string original;              // the bytes as they came
  std::string extension;             // of a file that keeps `original`: ".xml"
  std::shared_ptr<const SourcePlaces> places;
  std::vector<fhir::Issue> issues;
  bool repeated = false;  // the same bytes came before in this import
};

// One thread. Holds one file (or one CSV record set) at a time.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // The next record; nothing at the end.
  virtual std::optional<SourceRecord> next() = 0;
};

// `inputs` are files and folders; "-" is standard input. Trees are labelled with the names of
// `definitions`, which must outlive them. Fails when an input cannot be opened.
Result<std::unique_ptr<SourceReader>> openSource(const SourceDescriptor& descriptor,
                                                 std::vector<std::filesystem::path> inputs,
                                                 const fhir::Definitions& definitions);

// A file that a quarantine keeps (SourceRecord::original, with its extension), read as that source:
// one record, or several where a whole file was kept.
Result<std::unique_ptr<SourceReader>> openKept(const SourceDescriptor& descriptor,
                                               const std::filesystem::path& kept,
                                               const fhir::Definitions& definitions);

// The path of `node` below the record as people write it: "MsgInfo/Patient/Ident[2]/V"; an
// attribute of XML stands as its name alone.
std::string sourcePath(const json::Node& root, const json::Node* node);

}  // namespace planbro::mapping
