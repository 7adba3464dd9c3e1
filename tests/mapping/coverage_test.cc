#include "mapping/coverage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "json/parser.h"
#include "mapping/engine.h"
#include "mapping/source_json.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMap = R"(
map "urn:m" = m
uses "http://hl7.org/fhir/StructureDefinition/CarePlan" alias CarePlan as target
group g(source src, target tgt : CarePlan) {
  src.state as v -> tgt.status = v "status";
  src.kind as v where $this = 'plan' -> tgt.intent = v "intent";
  src.person as p where known.exists() -> tgt.subject as s then { p.name as v -> s.display = v "name"; } "person";
  src.items as i -> tgt.activity as a, a.detail as d then { i.status as v -> d.status = v "status"; } "items";
  src as all -> tgt.meta as m, m.profile = 'urn:profile' "profile";
}
)";

Coverage covered(const std::vector<std::string>& sources) {
  const fs::path file = fs::path(testing::TempDir()) / "coverage_test.map";
  std::ofstream(file) << kMap;
  MapLibrary::Options options;
  options.builtin = false;
  options.paths = {file};
  const auto loaded = MapLibrary::load(options);
  EXPECT_TRUE(loaded.has_value() && loaded->issues.empty());
  Coverage coverage;
  const auto profile = json::parse(
      R"({"url":"urn:profile","differential":{"element":[{"id":"CarePlan.title","path":"CarePlan.title","min":1},)"
      R"({"id":"CarePlan.category:kind","path":"CarePlan.category","min":1}]}})");
  coverage.require((*profile)->root());
  TransformOptions run;
  run.coverage = &coverage;
  for (const std::string& source : sources) {
    std::vector<fhir::Issue> issues;
    const auto document = readSourceJson(source, "s.json", loaded->library->definitions(), issues);
    loaded->library->transform("urn:m", {document, nullptr, nullptr}, run);
  }
  return coverage;
}

std::vector<std::string> paths(const auto& list) {
  std::vector<std::string> all;
  for (const auto& one : list) all.push_back(one.path);
  return all;
}

using Paths = std::vector<std::string>;

TEST(Coverage, NamesTheOutermostFieldsThatNoRuleLooksAt) {
  const auto report =
      covered({R"({"state":"active","kind":"x","person":{"known":"1","name":"N","secret":"s"},)"
               R"("other":{"a":"1","b":["2","3"]},"items":[{"status":"completed"},{"note":"n"}]})"})
          .report();
  EXPECT_EQ(report.records, 1U);
  EXPECT_EQ(paths(report.unread), (Paths{"items.note", "other", "person.secret"}));
}

TEST(Coverage, AFieldReadInOneRecordIsRead) {
  const auto coverage = covered({R"({"state":"active","person":{"name":"N"}})",
                                 R"({"state":"active","person":{"known":"1","name":"N"}})"});
  EXPECT_EQ(paths(coverage.report().unread), Paths{});
  const auto other = covered({R"({"state":"active","person":{"name":"N"}})"});
  EXPECT_EQ(paths(other.report().unread), Paths{"person.name"});
}

TEST(Coverage, NamesRequiredElementsOfTypeAndProfile) {
  const auto report =
      covered({R"({"state":"active","items":[{"status":"completed"},{"note":"n"}]})",
               R"({"state":"active","kind":"plan","person":{"known":"1","name":"N"}})"})
          .report();
  EXPECT_EQ(paths(report.unwritten), (Paths{"CarePlan.title"}));
  EXPECT_EQ(report.unwritten[0].profile, "urn:profile");
  EXPECT_EQ(report.unwritten[0].missing, 2U);
  EXPECT_EQ(paths(report.sometimes), (Paths{"CarePlan.intent", "CarePlan.subject"}));
}

TEST(Coverage, RecordsWithErrorsAreNotCounted) {
  const auto report = covered({R"({"state":["active","x y  z"],"lost":"1"})"}).report();
  EXPECT_EQ(report.records, 0U);
  EXPECT_TRUE(report.unread.empty());
}

TEST(Coverage, ColumnsThatTieTablesTogetherAreNotMissed) {
  Coverage coverage = covered({R"({"state":"active","items":[{"status":"completed","of":"1"}]})"});
  EXPECT_EQ(paths(coverage.report().unread), Paths{"items.of"});
  CsvTable table;
  table.children.emplace_back();
  table.children[0].name = "items";
  table.children[0].parent = "of";
  coverage.tiedBy(table);
  EXPECT_EQ(paths(coverage.report().unread), Paths{});
}

TEST(Coverage, ThreadsAreAddedUp) {
  Coverage whole = covered({R"({"state":"active","lost":"1"})"});
  whole.merge(covered({R"({"state":"active","lost":"1","gone":"2"})"}));
  const auto report = whole.report();
  EXPECT_EQ(report.records, 2U);
  EXPECT_EQ(paths(report.unread), (Paths{"gone", "lost"}));
  EXPECT_EQ(report.unread[1].records, 2U);
}

}  // namespace
}  // namespace planbro::mapping
