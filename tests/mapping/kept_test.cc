// What a quarantine keeps can be read again as the record it was.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "json/writer.h"
#include "mapping/engine.h"
#include "mapping/importer.h"
#include "mapping/quarantine.h"
#include "mapping/source.h"
#include "mapping/source_csv.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;
using testing_support::contentOf;

class Kept : public testing_support::FilesTest {
 protected:
  static std::vector<SourceRecord> all(SourceReader& reader) {
    std::vector<SourceRecord> records;
    while (auto record = reader.next()) records.push_back(std::move(*record));
    return records;
  }

  // Every record of the input, kept and read again, is the record it was, and is kept as the same
  // bytes.
  void expectAgain(const SourceDescriptor& descriptor, const fs::path& input, std::size_t count) {
    auto reader = openSource(descriptor, {input}, fhir::Definitions::r4());
    ASSERT_TRUE(reader.has_value());
    const auto first = all(**reader);
    ASSERT_EQ(first.size(), count);
    for (const SourceRecord& record : first) {
      ASSERT_NE(record.document, nullptr);
      const fs::path kept = folder_ / ("kept" + record.extension);
      std::ofstream(kept, std::ios::binary) << record.original;
      auto again = openKept(descriptor, kept, fhir::Definitions::r4());
      ASSERT_TRUE(again.has_value());
      const auto records = all(**again);
      ASSERT_EQ(records.size(), 1U) << record.original;
      ASSERT_NE(records[0].document, nullptr) << record.original;
      EXPECT_EQ(textOf(records[0]), textOf(record)) << record.original;
      EXPECT_EQ(records[0].original, record.original);
      EXPECT_EQ(records[0].extension, record.extension);
    }
  }

  static std::string textOf(const SourceRecord& record) {
    std::string text;
    json::write(*record.document, *record.root, text);
    return text;
  }
};

TEST_F(Kept, ARecordOfCsvTablesKeepsItsRowsWhateverStandsInThem) {
  const SourceDescriptor descriptor = *parseDescriptor(
      R"({"format":"csv","map":"m","record":{"file":"plans.csv","key":"id","children":[
        {"name":"goals","file":"goals.csv","key":"goal","parent":"id","children":[
          {"name":"acts","file":"acts.csv","parent":"goal"}]}]}})",
      "s");
  write("in/plans.csv", "id;name\n1;Bl\xE5\n2;\"a\n# goals.csv\nb\"\n");
  write("in/goals.csv", "goal;id;text\ng1;1;x\ng2;1;y\ng3;2;z\n");
  write("in/acts.csv", "goal,what\ng1,walk\ng2,\"sing, loud\"\ng1,run\n");
  expectAgain(descriptor, folder_ / "in", 2);
}

TEST_F(Kept, ARecordOfAJsonArrayAndOneAloneInIt) {
  const auto descriptor = parseDescriptor(R"({"format":"json","map":"m","record":"planer"})", "s");
  ASSERT_TRUE(descriptor.has_value());
  write("two.json", R"({"planer": [ {"id":1} , {"id":2, "l":[{"a":"}]"}]} ]})");
  expectAgain(*descriptor, folder_ / "two.json", 2);
  write("one.json", R"({"planer": [ {"id":1} ]})");
  expectAgain(*descriptor, folder_ / "one.json", 1);
  write("odd.json", R"({"planer": [ null, 5 , "x", {"id":1}, true ]})");
  expectAgain(*descriptor, folder_ / "odd.json", 5);
}

TEST_F(Kept, AnElementOfAnXmlFileWhosePrefixesAreDeclaredAboveIt) {
  const auto descriptor = parseDescriptor(R"({"format":"xml","map":"m","record":"Msg"})", "s");
  ASSERT_TRUE(descriptor.has_value());
  write("two.xml",
        "<w xmlns:p='urn:p'><p:Msg><p:A V='1'/></p:Msg>\n<p:Msg><p:A V='2'/></p:Msg></w>");
  auto reader = openSource(*descriptor, {folder_ / "two.xml"}, fhir::Definitions::r4());
  ASSERT_TRUE(reader.has_value());
  for (const SourceRecord& record : all(**reader)) {
    write("kept.xml", record.original);
    auto again = openKept(*descriptor, folder_ / "kept.xml", fhir::Definitions::r4());
    ASSERT_TRUE(again.has_value());
    const auto records = all(**again);
    ASSERT_EQ(records.size(), 1U);
    ASSERT_NE(records[0].document, nullptr) << record.original;
    EXPECT_NE(textOf(records[0]).find("\"A\":{\"V\":"), std::string::npos);
  }
}

// A sink that takes all.
class Taking final : public Sink {
 public:
  std::unique_ptr<Parcel> prepare(const json::DocumentPtr&) override {
    return std::make_unique<Parcel>();
  }
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool) override {
    return std::vector<Answer>(parcels.size());
  }
};

TEST_F(Kept, WhatIsInQuarantineIsTakenOnceItsMapIsMended) {
  write("own/source.json", R"({"source":"own","format":"csv","bundleMap":"","map":"urn:own",
    "record":{"file":"plans.csv","key":"id","required":["id","kind"]}})");
  const auto writeMap = [&](const std::string& known) {
    write("own/own.map", R"(/// url = 'urn:own'
/// name = 'Own'
uses "http://hl7.org/fhir/StructureDefinition/Bundle" alias Bundle as target
group Own(source row, target b : Bundle) {
  row check ()" + known + R"() "aKnownKind";
  row -> b.type = 'transaction', b.entry as e, e.resource = create('CarePlan') as r, r.status = 'draft' "plan";
}
)");
  };
  writeMap("kind = 'a'");
  write("in/plans.csv", "id;kind\n1;a\n2;b\n3;c\n");
  Taking sink;
  ImportOptions options;
  options.source = "own";
  options.quarantine = folder_ / "quarantine";
  const auto library = [&] {
    MapLibrary::Options wanted;
    wanted.paths = {folder_ / "own"};
    const auto loaded = MapLibrary::load(wanted);
    for (const fhir::Issue& issue : loaded->issues)
      ADD_FAILURE() << issue.text(fhir::Language::kEnglish);
    return loaded->library;
  };
  auto report = importPlans(*library(), options, {folder_ / "in"}, sink);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->created, 1U);
  EXPECT_EQ(report->quarantined, 2U);
  auto waiting = keptRecords(options.quarantine);
  ASSERT_TRUE(waiting.has_value());
  ASSERT_EQ(waiting->size(), 2U);
  const std::string before = (*waiting)[0].record;
  EXPECT_NE(before.find("plans.csv row "), std::string::npos) << before;
  ASSERT_FALSE((*waiting)[0].findings.empty());
  EXPECT_EQ((*waiting)[0].findings[0].code, "PB-2211");

  // Nothing is mended: both stay, under their old names.
  report = importQuarantined(*library(), options, sink);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->quarantined, 2U);
  waiting = keptRecords(options.quarantine, "own");
  ASSERT_EQ(waiting->size(), 2U);
  EXPECT_EQ((*waiting)[0].record, before);

  writeMap("kind = 'a' or kind = 'b'");
  ImportOptions dry = options;
  dry.dry_run = true;
  report = importQuarantined(*library(), dry, sink);
  EXPECT_EQ(report->created, 1U);
  EXPECT_EQ(keptRecords(options.quarantine)->size(), 2U);
  report = importQuarantined(*library(), options, sink);
  EXPECT_EQ(report->created, 1U);
  EXPECT_EQ(report->quarantined, 1U);
  waiting = keptRecords(options.quarantine);
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_NE(contentOf((*waiting)[0].original).find("3;c"), std::string::npos);
  ASSERT_TRUE(discard((*waiting)[0]).has_value());
  EXPECT_TRUE(keptRecords(options.quarantine)->empty());
}

TEST_F(Kept, AWholeFileThatCouldNotBeReadComesApartIntoItsRecords) {
  SourceDescriptor descriptor = *parseDescriptor(
      R"({"format":"csv","map":"m","record":{"file":"plans.csv","key":"id","required":["name"]}})",
      "s");
  write("in/plans.csv", "id;navn\n1;x\n2;y\n");
  auto reader = openSource(descriptor, {folder_ / "in"}, fhir::Definitions::r4());
  const auto failed = all(**reader);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].issues.at(0).code, "PB-2011");
  write("kept" + std::string(kKeptCsv), failed[0].original);
  descriptor.table.columns = {{"navn", "name"}};
  auto again =
      openKept(descriptor, folder_ / ("kept" + std::string(kKeptCsv)), fhir::Definitions::r4());
  EXPECT_EQ(all(**again).size(), 2U);
}

}  // namespace
}  // namespace planbro::mapping
