// Every plan of fixtures/plans: journal export → IndividualPlan → Bundle → IndividualPlan.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fhir/canonical_base.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/engine.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const MapLibrary& library() {
  static const auto loaded = [] {
    auto result = MapLibrary::load({});
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    for (const fhir::Issue& issue : result->issues)
      ADD_FAILURE() << issue.place.source << ":" << issue.place.position.line << " "
                    << issue.text(fhir::Language::kEnglish);
    return result->library;
  }();
  return *loaded;
}

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Members in any order count as equal; arrays keep theirs.
bool sameTree(const json::Node& a, const json::Node& b, std::string& where) {
  if (a.kind != b.kind || a.size != b.size) {
    if (a.isContainer() || b.isContainer()) {
      where += " (different size or kind)";
      for (const json::Node& child : a.children()) {
        if (a.kind == json::Kind::kObject && b.kind == json::Kind::kObject &&
            b.member(child.name->text) == nullptr)
          where += " -" + std::string(child.name->text);
      }
      for (const json::Node& child : b.children()) {
        if (a.kind == json::Kind::kObject && b.kind == json::Kind::kObject &&
            a.member(child.name->text) == nullptr)
          where += " +" + std::string(child.name->text);
      }
    } else {
      where += " '" + std::string(a.text()) + "' is not '" + std::string(b.text()) + "'";
    }
    return false;
  }
  if (!a.isContainer()) {
    if (a.text() == b.text()) return true;
    where += " '" + std::string(a.text()) + "' is not '" + std::string(b.text()) + "'";
    return false;
  }
  for (std::uint32_t i = 0; i < a.size; ++i) {
    const json::Node& child = a.children()[i];
    const json::Node* other =
        a.kind == json::Kind::kArray ? &b.children()[i] : b.member(child.name->text);
    const std::string step = a.kind == json::Kind::kArray ? "[" + std::to_string(i) + "]"
                                                          : "/" + std::string(child.name->text);
    std::string below = where + step;
    if (other == nullptr || !sameTree(child, *other, below)) {
      where = below;
      return false;
    }
  }
  return true;
}

// Entries in any order: a transaction has none.
void expectSameBundle(const json::Document& made, const fs::path& expected) {
  auto document = json::parse(readFile(expected));
  ASSERT_TRUE(document.has_value()) << expected;
  const auto byUrl = [](const json::Node& bundle) {
    std::map<std::string_view, const json::Node*> entries;
    for (const json::Node& entry : bundle.member("entry")->children())
      entries[entry.member("fullUrl")->text()] = &entry;
    return entries;
  };
  const auto entries = byUrl(made.root());
  const auto wanted = byUrl((*document)->root());
  EXPECT_EQ(entries.size(), wanted.size());
  for (const auto& [url, entry] : wanted) {
    const auto found = entries.find(url);
    std::string where(entry->member("resource")->member("resourceType")->text());
    if (found == entries.end()) {
      ADD_FAILURE() << expected << ": no entry " << url << " " << where;
      continue;
    }
    EXPECT_TRUE(sameTree(*found->second, *entry, where)) << expected << ": " << where;
  }
}

void expectSame(const json::Document& made, const fs::path& expected) {
  auto document = json::parse(readFile(expected));
  ASSERT_TRUE(document.has_value()) << expected;
  std::string where;
  EXPECT_TRUE(sameTree(made.root(), (*document)->root(), where)) << expected << ": " << where;
}

std::string told(const std::vector<fhir::Issue>& issues) {
  std::string text;
  for (const fhir::Issue& issue : issues)
    text += issue.place.source + ":" + std::to_string(issue.place.position.line) + ":" +
            std::to_string(issue.place.position.column) + " " + issue.place.expression + " " +
            std::string(issue.code) + " " + issue.text(fhir::Language::kEnglish) + "\n";
  return text;
}

std::vector<fs::path> plans() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(PLANBRO_SOURCE_DIR) / "fixtures/plans"))
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

class PlanFixture : public testing::TestWithParam<fs::path> {
 protected:
  // The one record of a source, mapped.
  static Outcome mapOne(const std::string& source, const fs::path& input) {
    const SourceDescriptor* descriptor = library().findSource(source);
    if (descriptor == nullptr) {
      ADD_FAILURE() << "no source " << source;
      return {};
    }
    auto reader = openSource(*descriptor, {input}, library().definitions());
    if (!reader) {
      ADD_FAILURE() << reader.error().message;
      return {};
    }
    auto record = (*reader)->next();
    if (!record || record->document == nullptr) {
      ADD_FAILURE() << "no record: " << (record ? told(record->issues) : "");
      return {};
    }
    EXPECT_FALSE(fhir::hasErrors(record->issues)) << told(record->issues);
    Outcome outcome =
        library().transform(descriptor->map, {record->document, record->root, record->places});
    EXPECT_FALSE((*reader)->next().has_value());
    return outcome;
  }
};

TEST_P(PlanFixture, ItsCsvExportBecomesTheExpectedPlan) {
  const Outcome outcome = mapOne("csv-plan", GetParam() / "csv");
  ASSERT_NE(outcome.document, nullptr) << told(outcome.issues);
  EXPECT_FALSE(fhir::hasErrors(outcome.issues)) << told(outcome.issues);
  expectSame(*outcome.document, GetParam() / "expected/plan.json");
}

TEST_P(PlanFixture, ItsJsonExportBecomesTheExpectedPlan) {
  const Outcome outcome = mapOne("json-plan", GetParam() / "export.json");
  ASSERT_NE(outcome.document, nullptr) << told(outcome.issues);
  EXPECT_FALSE(fhir::hasErrors(outcome.issues)) << told(outcome.issues);
  expectSame(*outcome.document, GetParam() / "expected/plan.json");
}

TEST_P(PlanFixture, ThePlanBecomesTheExpectedBundleAndComesBack) {
  const Outcome plan = mapOne("json-plan", GetParam() / "export.json");
  ASSERT_NE(plan.document, nullptr);
  const std::string base = PLANBRO_CANONICAL_BASE "/StructureMap/";
  const Outcome bundle =
      library().transform(base + "IndividualPlanToBundle", {plan.document, nullptr, nullptr});
  ASSERT_NE(bundle.document, nullptr) << told(bundle.issues);
  EXPECT_FALSE(fhir::hasErrors(bundle.issues)) << told(bundle.issues);
  expectSameBundle(*bundle.document, GetParam() / "expected/bundle.json");
  const Outcome back =
      library().transform(base + "BundleToIndividualPlan", {bundle.document, nullptr, nullptr});
  ASSERT_NE(back.document, nullptr) << told(back.issues);
  std::string where;
  EXPECT_TRUE(sameTree(back.document->root(), plan.document->root(), where)) << where;
}

INSTANTIATE_TEST_SUITE_P(Plans, PlanFixture, testing::ValuesIn(plans()),
                         [](const testing::TestParamInfo<fs::path>& plan) {
                           std::string name = plan.param.filename().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace planbro::mapping
