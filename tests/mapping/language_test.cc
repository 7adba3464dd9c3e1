// The mapping language part by part: every folder of tests/mapping/language is a case.
//
// map.map runs on source.json; more/ holds what is loaded beside it. The result must be
// expected.json, the codes of all issues, in order, those in issues.txt (none without the file).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "json/parser.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "mapping/source_json.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(PLANBRO_SOURCE_DIR) / "tests/mapping/language";

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> folders() {
  std::vector<fs::path> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(kCases)) {
    if (entry.is_directory()) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string pretty(const std::string& text) {
  const auto document = json::parse(text);
  return document ? json::write(**document, {.pretty = true}) : text;
}

class Language : public testing::TestWithParam<fs::path> {};

TEST_P(Language, GivesTheExpectedResultAndIssues) {
  const fs::path folder = GetParam();
  MapLibrary::Options options;
  options.builtin = false;
  if (fs::exists(folder / "more")) options.paths.push_back(folder / "more");
  options.paths.push_back(folder / "map.map");
  const auto loaded = MapLibrary::load(options);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;

  std::string codes;
  const auto note = [&](const std::vector<fhir::Issue>& issues) {
    for (const fhir::Issue& issue : issues) codes += std::string(issue.code) + "\n";
  };
  note(loaded->issues);
  std::vector<fhir::Issue> issues;
  const auto source = readSourceJson(readFile(folder / "source.json"), "source.json",
                                     loaded->library->definitions(), issues);
  ASSERT_NE(source, nullptr);
  std::string result;
  const std::string url = loaded->urls.empty() ? "" : loaded->urls.back();
  if (loaded->library->hasMap(url)) {
    const Outcome outcome = loaded->library->transform(url, {source, nullptr, nullptr});
    note(outcome.issues);
    if (outcome.document != nullptr) result = json::write(*outcome.document, {.pretty = true});
    for (const fhir::Issue& issue : outcome.issues)
      EXPECT_FALSE(issue.rule.empty()) << issue.code << " names no rule";
  }
  EXPECT_EQ(codes, readFile(folder / "issues.txt"));
  EXPECT_EQ(result, pretty(readFile(folder / "expected.json")));
}

INSTANTIATE_TEST_SUITE_P(Cases, Language, testing::ValuesIn(folders()), [](const auto& one) {
  std::string name = one.param.filename().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '-'; }, '_');
  return name;
});

}  // namespace
}  // namespace planbro::mapping
