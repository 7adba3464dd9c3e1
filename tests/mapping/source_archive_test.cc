#include "mapping/source_archive.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/import_provenance.h"
#include "mapping/importer.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;
using testing_support::contentOf;

using Archive = testing_support::FilesTest;

TEST_F(Archive, AFileLiesThereOnceUnderItsDigestForItsOwnerAlone) {
  SourceDescriptor source;
  source.name = "s";
  source.format = SourceFormat::kJson;
  write("in/a.json", "{}");
  write("in/b.json", "{}");
  write("in/c.txt", "no");
  SourceArchive archive(folder_ / "sources", source);
  std::vector<fs::path> inputs = {folder_ / "in"};
  ASSERT_TRUE(archive.keep(inputs).has_value());
  const std::string digest = sha256Hex("{}");
  EXPECT_EQ(archive.documentOf((folder_ / "in/a.json").string()), digest);
  EXPECT_EQ(archive.documentOf((folder_ / "in/b.json").string()), digest);
  EXPECT_EQ(archive.documentOf("other"), "");
  EXPECT_EQ(contentOf(folder_ / "sources/s" / (digest + ".json")), "{}");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "sources/s"), {}), 1);
  EXPECT_EQ(fs::status(folder_ / "sources/s").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder_ / "sources/s" / (digest + ".json")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Archive, TheTablesOfAnExportAreOneDocumentThatListsThem) {
  const auto source = parseDescriptor(
      R"({"source":"s","format":"csv","map":"m","record":{"file":"plans.csv","key":"id","children":[
        {"name":"goals","file":"goals.csv","parent":"id"}]}})",
      "s");
  ASSERT_TRUE(source.has_value());
  write("in/plans.csv", "id\n1\n");
  write("in/Goals.csv", "id\n1\n2\n");
  SourceArchive archive(folder_ / "sources", *source);
  std::vector<fs::path> inputs = {folder_ / "in" / "plans.csv"};
  ASSERT_TRUE(archive.keep(inputs).has_value());
  const std::string list =
      sha256Hex("id\n1\n") + "  plans.csv\n" + sha256Hex("id\n1\n2\n") + "  goals.csv\n";
  EXPECT_EQ(archive.documentOf((folder_ / "in").string()), sha256Hex(list));
  EXPECT_EQ(contentOf(folder_ / "sources/s" / (sha256Hex(list) + ".sha256")), list);
}

// A sink that says what it has taken is current, as a store does.
class Remembering final : public Sink {
 public:
  bool isCurrent(std::string_view key) override { return current.find(key) != std::string::npos; }
  std::unique_ptr<Parcel> prepare(const json::DocumentPtr& bundle) override {
    return std::make_unique<Text>(json::write(*bundle));
  }
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool) override {
    for (const auto& parcel : parcels) {
      current = static_cast<const Text&>(*parcel).text;
      ++taken;
    }
    return std::vector<Answer>(parcels.size());
  }
  std::string current;  // the last Bundle
  int taken = 0;

 private:
  struct Text final : Parcel {
    explicit Text(std::string written) : text(std::move(written)) {}
    std::string text;
  };
};

class Provenance : public Archive {
 protected:
  Provenance() : library_(MapLibrary::load({})->library) {
    options_.source = "json-plan";
    options_.clock = &clock_;
    options_.ids = &ids_;
    options_.sources = folder_ / "sources";
    write("in/export.json",
          contentOf(PLANBRO_SOURCE_DIR "/fixtures/plans/nei-takk-til-plan/export.json"));
  }
  ImportReport run() {
    auto report = importPlans(*library_, options_, {folder_ / "in/export.json"}, sink_);
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return *report;
  }

  std::shared_ptr<const MapLibrary> library_;
  FakeClock clock_{*parseInstant("2026-11-22T12:00:00Z")};
  SequentialIds ids_;
  ImportOptions options_;
  Remembering sink_;
};

TEST_F(Provenance, NamesDocumentBatchMapAndSystemAndIsKnownByItsPlan) {
  const ImportReport report = run();
  EXPECT_EQ(report.created, 1U);
  EXPECT_EQ(report.batch, "00000000-0000-4000-8000-000000000001");
  const auto bundle = json::parse(sink_.current);
  ASSERT_TRUE(bundle.has_value());
  const json::Node& entries = *(*bundle)->root().member("entry");
  const json::Node& last = entries.children()[entries.size - 1];
  std::string text;
  json::write(**bundle, last, text);
  const auto plan = planEntry((*bundle)->root());
  ASSERT_TRUE(plan.has_value());
  const std::string url(entries.children()[*plan].member("fullUrl")->text());
  const std::string key = url.substr(9);
  const std::string document = sha256Hex(contentOf(folder_ / "in/export.json"));
  for (
      const std::string& part :
      {std::string(R"("resourceType":"Provenance")"), R"("target":[{"reference":")" + url + "\"}]",
       R"("code":")" + report.batch + "\"", R"("code":")" + document + "-",
       R"("identifier":{"system":"https://planbro.no/fhir/sid/source-document","value":")" +
           document + R"("},"display":"export.json")",
       std::string(R"("policy":["https://planbro.no/fhir/StructureMap/JsonPlanToIndividualPlan|)"),
       std::string(R"("value":"https://fagsystem.)"),
       std::string(R"("recorded":"2026-11-22T12:00:00.000Z")"),
       R"("request":{"method":"PUT","url":"Provenance?_tag=https://planbro.no/fhir/sid/import-plan|)" +
           key})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const std::string batches = contentOf(folder_ / "sources/batches.ndjson");
  EXPECT_NE(batches.find(R"("documents":[{"name":"export.json","sha256":")" + document),
            std::string::npos)
      << batches;
}

TEST_F(Provenance, TheSameRecordUnderTheSameMapsIsNotMappedAgainUnlessAskedFor) {
  EXPECT_EQ(run().created, 1U);
  EXPECT_EQ(run().unchanged, 1U);
  EXPECT_EQ(sink_.taken, 1);
  options_.again = true;
  EXPECT_EQ(run().unchanged, 0U);
  EXPECT_EQ(sink_.taken, 2);
  options_.again = false;
  options_.program = "Planbro of tomorrow";
  run();
  EXPECT_EQ(sink_.taken, 3);
  EXPECT_EQ(run().unchanged, 1U);
  write("in/export.json", contentOf(folder_ / "in/export.json") + "\n");
  run();
  EXPECT_EQ(sink_.taken, 4);
}

TEST_F(Provenance, ARecordThatComesTwiceInOneImportIsTakenTwice) {
  EXPECT_EQ(run().created, 1U);
  fs::copy(folder_ / "in/export.json", folder_ / "in/zwei.json");
  const auto report = importPlans(*library_, options_, {folder_ / "in"}, sink_);
  ASSERT_TRUE(report.has_value());
  // The first is as it was; of the second nobody knows what was in between.
  EXPECT_EQ(report->unchanged, 1U);
  EXPECT_EQ(sink_.taken, 2);
}

TEST_F(Provenance, ADryRunKeepsNothing) {
  options_.dry_run = true;
  EXPECT_EQ(run().batch, "");
  EXPECT_FALSE(fs::exists(folder_ / "sources"));
}

}  // namespace
}  // namespace planbro::mapping
