// Maps written as StructureMap resources: every folder of tests/mapping/structure_map is a case.
//
// map.map or map.json becomes expected.json and, where it has concept maps inside,
// expected-concept-maps.txt; what is read from that is written the same again. Where there is a
// source.json, both maps make the same of it. The cases of tests/mapping/language run as resources,
// too; what R4 cannot say stands in their not-in-r4.txt.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fhir/resource.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "mapping/fml_parser.h"
#include "mapping/source_json.h"
#include "mapping/structure_map_reader.h"
#include "mapping/structure_map_writer.h"
#include "support/command.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;
using testing_support::contentOf;

const fs::path kTests = fs::path(PLANBRO_SOURCE_DIR) / "tests/mapping";
constexpr StructureMapOptions kOptions{.id = "M",
                                       .publisher = "Publisher of others",
                                       .version = "0.1",
                                       .concept_map_base = "http://example.org/ConceptMap"};

std::vector<fs::path> foldersOf(const fs::path& root) {
  std::vector<fs::path> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    if (entry.is_directory()) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string nameOf(const testing::TestParamInfo<fs::path>& one) {
  std::string name = one.param.filename().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '-'; }, '_');
  return name;
}

MapModel modelOf(const fs::path& folder) {
  if (fs::exists(folder / "map.map")) {
    auto model = parseFml(contentOf(folder / "map.map"));
    EXPECT_TRUE(model.has_value()) << (model ? "" : model.error().message);
    return model ? std::move(*model) : MapModel{};
  }
  const auto document = json::parse(contentOf(folder / "map.json"));
  EXPECT_TRUE(document.has_value());
  auto model = readStructureMap((*document)->root());
  EXPECT_TRUE(model.has_value()) << (model ? "" : model.error().message);
  return model ? std::move(*model) : MapModel{};
}

std::string pretty(const json::DocumentPtr& document) {
  return json::write(*document, {.pretty = true});
}

std::string pretty(const std::vector<json::DocumentPtr>& documents) {
  std::string text;
  for (const json::DocumentPtr& one : documents) text += pretty(one) + "\n";
  return text;
}

// What the map of `file` makes of the folder's source, and the codes of what it says.
std::string resultOf(const fs::path& folder, const std::vector<fs::path>& files,
                     const std::string& url) {
  MapLibrary::Options options;
  options.builtin = false;
  if (fs::exists(folder / "more")) options.paths.push_back(folder / "more");
  options.paths.insert(options.paths.end(), files.begin(), files.end());
  const auto loaded = MapLibrary::load(options);
  if (!loaded) return loaded.error().message;
  std::string said;
  for (const fhir::Issue& issue : loaded->issues) said += std::string(issue.code) + "\n";
  if (!loaded->library->hasMap(url)) return said;
  std::vector<fhir::Issue> issues;
  const auto source = readSourceJson(contentOf(folder / "source.json"), "source.json",
                                     loaded->library->definitions(), issues);
  const Outcome outcome = loaded->library->transform(url, {source, nullptr, nullptr});
  for (const fhir::Issue& issue : outcome.issues) said += std::string(issue.code) + "\n";
  return outcome.document == nullptr ? said : said + json::write(*outcome.document);
}

// The written map and its concept maps as files.
std::vector<fs::path> filesOf(const WrittenMap& written) {
  const fs::path scratch = fs::path(std::getenv("TEST_TMPDIR")) / "structure-map";
  fs::remove_all(scratch);
  fs::create_directories(scratch);
  std::vector<fs::path> files;
  const auto add = [&](const json::DocumentPtr& document) {
    files.push_back(scratch / (std::to_string(files.size()) + ".json"));
    std::ofstream(files.back()) << json::write(*document);
  };
  for (const json::DocumentPtr& one : written.concept_maps) add(one);
  add(written.map);
  return files;
}

class StructureMap : public testing::TestWithParam<fs::path> {};

TEST_P(StructureMap, IsWrittenAsExpectedReadAgainAndRunsAlike) {
  const fs::path folder = GetParam();
  const MapModel model = modelOf(folder);
  const auto written = writeStructureMap(model, kOptions);
  ASSERT_TRUE(written.has_value()) << written.error().message;
  const std::string text = pretty(written->map);
  const auto expected = json::parse(contentOf(folder / "expected.json"));
  EXPECT_EQ(text, expected ? pretty(*expected) : "");
  EXPECT_EQ(pretty(written->concept_maps), contentOf(folder / "expected-concept-maps.txt"));
  const auto checked = fhir::readJson(text);
  ASSERT_TRUE(checked.resource);
  EXPECT_TRUE(checked.issues.empty());

  const auto again = readStructureMap(written->map->root());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  const auto rewritten = writeStructureMap(*again, kOptions);
  ASSERT_TRUE(rewritten.has_value());
  EXPECT_EQ(pretty(rewritten->map), text);
  if (!fs::exists(folder / "source.json")) return;
  const fs::path own = folder / (fs::exists(folder / "map.map") ? "map.map" : "map.json");
  const std::string result = resultOf(folder, {own}, model.url);
  EXPECT_EQ(resultOf(folder, filesOf(*written), model.url), result);
  EXPECT_TRUE(result.starts_with('{')) << result;
}

INSTANTIATE_TEST_SUITE_P(Cases, StructureMap,
                         testing::ValuesIn(foldersOf(kTests / "structure_map")), nameOf);

class LanguageAsResource : public testing::TestWithParam<fs::path> {};

TEST_P(LanguageAsResource, RunsLikeTheText) {
  const fs::path folder = GetParam();
  const MapModel model = modelOf(folder);
  const auto written = writeStructureMap(model, kOptions);
  if (fs::exists(folder / "not-in-r4.txt")) {
    ASSERT_FALSE(written.has_value());
    std::string why = contentOf(folder / "not-in-r4.txt");
    if (why.ends_with('\n')) why.pop_back();
    EXPECT_NE(written.error().message.find(why), std::string::npos) << written.error().message;
    return;
  }
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(resultOf(folder, filesOf(*written), model.url),
            resultOf(folder, {folder / "map.map"}, model.url));
}

INSTANTIATE_TEST_SUITE_P(Cases, LanguageAsResource,
                         testing::ValuesIn(foldersOf(kTests / "language")), nameOf);

}  // namespace
}  // namespace planbro::mapping
