// How records go through the importer; what comes of single ones: record_fixtures_test.cc.
#include "mapping/importer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include "json/parser.h"
#include "json/writer.h"
#include "mapping/difference.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const MapLibrary& library() {
  static const auto loaded = MapLibrary::load({});
  return *loaded->library;
}

// Keeps what it is given, and fails once it has `most`.
class KeepingSink final : public Sink {
 public:
  explicit KeepingSink(std::size_t most = 1000) : most_(most) {}
  std::unique_ptr<Parcel> prepare(const json::DocumentPtr& bundle) override {
    return std::make_unique<Text>(json::write(*bundle));
  }
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool) override {
    EXPECT_FALSE(taking_.exchange(true));  // one thread at a time
    for (const auto& parcel : parcels) {
      if (taken.size() == most_) {
        taking_ = false;
        return fail(ErrorCode::kUnavailable, "full");
      }
      taken.push_back(static_cast<const Text&>(*parcel).text);
    }
    taking_ = false;
    return std::vector<Answer>(parcels.size());
  }
  std::vector<std::string> taken;

 private:
  struct Text final : Parcel {
    explicit Text(std::string written) : text(std::move(written)) {}
    std::string text;
  };

  std::size_t most_;
  std::atomic<bool> taking_ = false;
};

std::vector<fs::path> exports() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(PLANBRO_SOURCE_DIR) / "fixtures/plans"))
    if (fs::is_directory(entry.path() / "csv")) found.push_back(entry.path() / "csv");
  std::sort(found.begin(), found.end());
  return found;
}

// The same in every import, so that results can be compared.
class OneId final : public IdSource {
 public:
  std::string next() override { return "00000000-0000-4000-8000-000000000001"; }
};

ImportOptions csvPlans() {
  static const FakeClock clock(*parseInstant("2026-11-22T12:00:00Z"));
  static OneId ids;
  ImportOptions options;
  options.source = "csv-plan";
  options.clock = &clock;
  options.ids = &ids;
  return options;
}

TEST(Importer, RecordsReachTheSinkInTheirOrderAndAsEachOneAlone) {
  KeepingSink alone, together;
  for (const fs::path& one : exports())
    ASSERT_TRUE(importPlans(library(), csvPlans(), {one}, alone).has_value());
  std::vector<std::size_t> progress;
  ImportOptions options = csvPlans();
  options.progress = [&](std::size_t done) { progress.push_back(done); };
  const auto report = importPlans(library(), options, exports(), together);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_GE(alone.taken.size(), 3U);
  EXPECT_EQ(together.taken, alone.taken);
  EXPECT_EQ(report->created, alone.taken.size());
  ASSERT_EQ(progress.size(), alone.taken.size());
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
}

TEST(Importer, OrderHoldsWithManyThreadsSmallBatchesAndAWindowOfOneRecord) {
  KeepingSink one_by_one, crowded;
  ImportOptions options = csvPlans();
  options.threads = 1;
  options.batch = 1;
  options.window_bytes = 1;
  ASSERT_TRUE(importPlans(library(), options, exports(), one_by_one).has_value());
  options.threads = 8;
  options.batch = 2;
  ASSERT_TRUE(importPlans(library(), options, exports(), crowded).has_value());
  EXPECT_EQ(one_by_one.taken, crowded.taken);
}

TEST(Differences, LeavesThatDifferAreToldWithTheirPathsAndBothValues) {
  const auto stored = json::parse(
      R"({"id":"1","meta":{"versionId":"1","tag":[{"code":"a"}]},"text":"x","list":[1,2]})");
  const auto given =
      json::parse(R"({"id":"1","meta":{"versionId":"2","tag":[{"code":"b"}]},"list":[1,3,4]})");
  const auto found = differencesOf(**stored, **given);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].path, "meta.tag[0].code");
  EXPECT_EQ(found[0].stored, R"("a")");
  EXPECT_EQ(found[0].given, R"("b")");
  EXPECT_EQ(found[1].path, "list[1]");
  EXPECT_EQ(found[2].path, "list[2]");
  EXPECT_EQ(found[2].stored, "");
  EXPECT_EQ(found[3].path, "text");
  EXPECT_EQ(found[3].given, "");
}

TEST(Importer, StrictRefusesWhatIsTakenWithAWarningOtherwise) {
  ImportOptions options;
  options.source = "kith-dialogmelding";
  const fs::path message = fs::path(PLANBRO_SOURCE_DIR) / "fixtures/kith/uten-fornavn/message.xml";
  KeepingSink sink;
  auto report = importPlans(library(), options, {message}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->created, 1U);
  EXPECT_EQ(report->codes.count("PB-2221"), 1U);
  options.strict = true;
  report = importPlans(library(), options, {message}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->created, 0U);
  EXPECT_EQ(report->quarantined, 1U);
  EXPECT_EQ(report->codes.at("PB-4067").findings, 1U);
  EXPECT_EQ(sink.taken.size(), 1U);
}

TEST(Importer, WhatAMapCallsAnErrorIsTakenAndToldAndRefusedByStrict) {
  ImportOptions options = csvPlans();
  const fs::path input = fs::path(PLANBRO_SOURCE_DIR) / "fixtures/bad/responsible-is-nobody/input";
  KeepingSink sink;
  auto report = importPlans(library(), options, {input}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->created, 1U);
  EXPECT_EQ(report->codes.count("PB-2222"), 1U);
  options.strict = true;
  report = importPlans(library(), options, {input}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->quarantined, 1U);
  EXPECT_EQ(report->codes.count("PB-4067"), 1U);
}

TEST(Importer, ACodeThatAnExtensibleBindingDoesNotHaveIsTakenWithAWarningAndRefusedByStrict) {
  const testing_support::ScratchFolder scratch("importer_foreign_code");
  std::string text = testing_support::contentOf(fs::path(PLANBRO_SOURCE_DIR) /
                                                "fixtures/kith/koordinator-9034-8/message.xml");
  const std::string role = R"(<RoleToPatient V="8")";
  ASSERT_TRUE(text.contains(role));
  text.replace(text.find(role), role.size(), R"(<RoleToPatient V="88")");
  const fs::path message = scratch.path() / "message.xml";
  std::ofstream(message, std::ios::binary) << text;
  ImportOptions options;
  options.source = "kith-dialogmelding";
  KeepingSink sink;
  auto report = importPlans(library(), options, {message}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->created, 1U);
  ASSERT_EQ(report->codes.count("PB-2226"), 1U);
  const auto& findings = report->records.front().findings;
  const auto found =
      std::ranges::find_if(findings, [](const auto& one) { return one.code == "PB-2226"; });
  EXPECT_EQ(found->place.position.line, 77U);
  EXPECT_TRUE(found->place.expression.ends_with("RoleToPatient/V")) << found->place.expression;
  options.strict = true;
  report = importPlans(library(), options, {message}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->quarantined, 1U);
  EXPECT_EQ(report->codes.count("PB-4067"), 1U);
}

// A source of one's own: its map, run over one JSON record.
ImportReport importedBy(const std::string& rules, const std::string& bundle_map) {
  const testing_support::ScratchFolder scratch("importer_own_source");
  const std::string url = "https://vik.example/fhir/StructureMap/Vik";
  std::ofstream(scratch.path() / "source.json")
      << R"({"source": "vik", "format": "json", "map": ")" << url << R"(")" << bundle_map << "}";
  std::ofstream(scratch.path() / "vik.map") << "/// url = '" << url << "'\n/// name = 'Vik'\n"
                                            << rules;
  std::ofstream(scratch.path() / "export.json") << R"({"nr": "14850450030"})";
  const auto own = MapLibrary::load({.paths = {scratch.path()}});
  EXPECT_TRUE(own.has_value());
  ImportOptions options;
  options.source = "vik";
  KeepingSink sink;
  auto report = importPlans(*own->library, options, {scratch.path() / "export.json"}, sink);
  EXPECT_TRUE(report.has_value());
  EXPECT_TRUE(sink.taken.empty());
  return std::move(*report);
}

TEST(Importer, AMapThatForgetsTheIdentifierIsAnErrorOfTheRecordAtItsPlace) {
  const ImportReport report = importedBy(
      R"(uses "https://planbro.no/fhir/StructureDefinition/IndividualPlan" alias IndividualPlan as target
imports "https://planbro.no/fhir/StructureMap/PersonNumber"
group Vik(source j, target plan : IndividualPlan) {
  j.nr as v -> plan.owner as o then PersonNumber(v, o) "owner";
  j -> plan.participant as p, p.key = 'owner', p.kind = 'owner' "ownerTakesPart";
}
)",
      "");
  EXPECT_EQ(report.quarantined, 1U);
  ASSERT_EQ(report.records.size(), 1U);
  ASSERT_EQ(report.records[0].findings.size(), 1U);
  const fhir::Issue& finding = report.records[0].findings[0];
  EXPECT_EQ(finding.code, "PB-2303");
  EXPECT_EQ(finding.place.position.line, 1U);
  EXPECT_EQ(finding.rule, "https://vik.example/fhir/StructureMap/Vik");
}

TEST(Importer, AMapThatMakesABundleWithoutAPlanIsAnErrorOfTheRecord) {
  const ImportReport report = importedBy(
      R"(uses "http://hl7.org/fhir/StructureDefinition/Bundle" alias Bundle as target
group Vik(source j, target b : Bundle) { j -> b.type = 'transaction' "type"; }
)",
      R"(, "bundleMap": "")");
  EXPECT_EQ(report.quarantined, 1U);
  EXPECT_EQ(report.codes.count("PB-2306"), 1U);
}

TEST(Importer, TheReportTellsNoMoreThanItMayAndCountsTheRest) {
  KeepingSink sink;
  ImportOptions options;
  options.source = "kith-dialogmelding";
  options.most_told = 1;
  const auto report =
      importPlans(library(), options, {fs::path(PLANBRO_SOURCE_DIR) / "fixtures/kith"}, sink);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->records.size(), 1U);
  EXPECT_GT(report->untold, 1U);
  EXPECT_GT(report->codes.at("PB-2221").records, 1U);
  const std::string text = formatReport(*report, fhir::Language::kEnglish);
  EXPECT_NE(text.find("more records have findings"), std::string::npos) << text;
}

TEST(Report, FindingsThatSayTheSameAreOneWithTheirCount) {
  const std::vector<fhir::Issue> findings = {
      fhir::makeIssue("PB-2223", {"a", "f", {1, 1}}), fhir::makeIssue("PB-2006", {}, {"x"}),
      fhir::makeIssue("PB-2223", {"b", "f", {2, 1}}), fhir::makeIssue("PB-2006", {}, {"y"})};
  const auto told = toldFindings(findings);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].count, 2U);
  EXPECT_EQ(told[0].issue->place.expression, "a");
  EXPECT_EQ(told[1].count, 1U);
}

TEST(Report, EveryWordIsInTheLanguageAskedFor) {
  ImportReport report;
  report.quarantined = 1;
  report.codes["PB-2004"] = {.severity = fhir::Severity::kWarning, .findings = 1, .records = 1};
  RecordReport& record = report.records.emplace_back();
  record.record = "plans.csv row 2";
  record.fate = PlanFate::kQuarantined;
  record.findings.push_back(fhir::makeIssue("PB-2004", {}));
  record.findings.push_back(fhir::makeIssue("PB-2013", {}));
  const std::string bokmal = formatReport(report, fhir::Language::kBokmal);
  for (const char* part : {"  advarsel PB-2004: 1 i 1 poster\n", "plans.csv row 2: satt til side\n",
                           "  advarsel PB-2004: Kilden", "  feil PB-2013: Et felt"})
    EXPECT_NE(bokmal.find(part), std::string::npos) << part << "\n" << bokmal;
  const std::string nynorsk = formatReport(report, fhir::Language::kNynorsk);
  for (const char* part :
       {"  åtvaring PB-2004: 1 i 1 postar\n", "plans.csv row 2: sett til side\n"})
    EXPECT_NE(nynorsk.find(part), std::string::npos) << part << "\n" << nynorsk;
  const std::string english = formatReport(report, fhir::Language::kEnglish);
  for (const char* part : {"  warning PB-2004: 1 in 1 records\n", "plans.csv row 2: quarantined\n"})
    EXPECT_NE(english.find(part), std::string::npos) << part << "\n" << english;
}

TEST(Importer, AFailingSinkEndsTheImport) {
  KeepingSink sink(1);
  const auto report = importPlans(library(), csvPlans(), exports(), sink);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sink.taken.size(), 1U);
}

}  // namespace
}  // namespace planbro::mapping
