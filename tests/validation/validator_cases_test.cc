// Every folder of tests/validation/cases is a case: input.json (or input.xml), expected.txt with
// one line an issue ("severity code expression line:column"), optionally profile.txt (canonical
// URLs, one a line) and load/ (conformance resources).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "fhir/registry.h"
#include "fhir/xml.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

namespace files = std::filesystem;

std::string read(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> linesOf(const files::path& path) {
  std::vector<std::string> lines;
  const std::string text = read(path);
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) lines.emplace_back(trim(line));
  }
  return lines;
}

std::vector<files::path> foldersIn(const files::path& folder) {
  std::vector<files::path> found;
  for (const auto& entry : files::directory_iterator(folder)) {
    if (entry.is_directory()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> found(const files::path& folder) {
  auto registry = std::make_shared<fhir::Registry>();
  if (files::exists(folder / "load")) {
    for (const auto& entry : files::directory_iterator(folder / "load")) {
      auto loaded = fhir::readResource(read(entry.path()));
      EXPECT_TRUE(loaded.resource) << entry.path();
      if (loaded.resource) registry->addResource(std::move(loaded.resource));
    }
  }
  const ValidationContext context(std::move(registry));
  const bool xml = files::exists(folder / "input.xml");
  auto input = fhir::readResource(read(folder / (xml ? "input.xml" : "input.json")));
  std::vector<fhir::Issue> issues = std::move(input.issues);
  if (input.resource) {
    const auto more = context.validate(input.resource, linesOf(folder / "profile.txt"));
    issues.insert(issues.end(), more.begin(), more.end());
  }
  std::vector<std::string> lines;
  for (const fhir::Issue& issue : issues) {
    std::string line = std::string(severityCode(issue.severity)) + " " + std::string(issue.code) +
                       " " + issue.place.expression;
    line += " " + std::to_string(issue.place.position.line) + ":" +
            std::to_string(issue.place.position.column);
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(ValidatorCasesTest, EveryCaseGivesExactlyTheIssuesItExpects) {
  const files::path root = files::path(PLANBRO_SOURCE_DIR) / "tests/validation/cases";
  std::size_t cases = 0;
  for (const files::path& folder : foldersIn(root)) {
    ++cases;
    auto wanted = linesOf(folder / "expected.txt");
    std::sort(wanted.begin(), wanted.end());
    const auto got = found(folder);
    std::string shown;
    for (const std::string& line : got) shown += line + "\n";
    EXPECT_EQ(got, wanted) << folder.filename() << " found:\n" << shown;
  }
  EXPECT_GT(cases, 20U);
}

}  // namespace
}  // namespace planbro::validation
