// Where the tables of a record set lie: files of a folder, sheets of a workbook, or the parts of a
// text that a quarantine keeps.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "mapping/source_files.h"
#include "mapping/source_xlsx.h"

namespace planbro::mapping {

class CsvSet {
 public:
  static CsvSet ofFolder(std::filesystem::path folder);
  // Nothing: `issues` says why; `original` has the file's bytes then.
  static std::optional<CsvSet> ofWorkbook(const std::filesystem::path& file, std::string& original,
                                          std::vector<fhir::Issue>& issues);
  // `text` is made of parts "# goals.csv", header and rows. A part may stand several times. Of a
  // record tables may be missing that had no rows for it; of what begins with kWholeSet none.
  static CsvSet ofText(std::string_view text, std::filesystem::path name);

  // "export", "plans.xlsx"
  std::string name() const { return name_.string(); }
  // Whether a table that is not there means nothing.
  bool isPart() const { return part_; }
  // Whether there is a table of that file name, in whatever case.
  bool has(const std::string& file) const;
  // For people: "export/goals.csv", "plans.xlsx!goals".
  std::string nameOf(const std::string& file) const;
  // Each table once. kNotFound, kIo.
  Result<SourceBytes> open(const std::string& file);

 private:
  explicit CsvSet(std::filesystem::path name) : name_(std::move(name)) {}
  std::optional<std::filesystem::path> find(const std::string& file) const;

  std::filesystem::path name_;
  bool folder_ = false;
  bool part_ = false;
  std::map<std::string, std::string, std::less<>> texts_;  // by sheet or file name, lower case
};

inline constexpr std::string_view kWholeSet = "# all tables\n";

// The line that begins a part of a kept text: "# goals.csv".
std::string csvPartLine(std::string_view file);

}  // namespace planbro::mapping
