// fixtures/kith, plo, fhir-bundle, xlsx and bad: what must come of foreign, odd and broken exports,
// through the importer. `holds` of an expectation are FHIRPath expressions that are true of the
// transaction; report.txt is what people are told, to the letter.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fhir/resource.h"
#include "fhirpath/program.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/importer.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const MapLibrary& library() {
  static const auto loaded = MapLibrary::load({});
  return *loaded->library;
}

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Takes every Bundle and says nothing.
class QuietSink final : public Sink {
 public:
  std::unique_ptr<Parcel> prepare(const json::DocumentPtr& bundle) override {
    return std::make_unique<Kept>(bundle);
  }
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool) override {
    for (const auto& parcel : parcels) bundles.push_back(static_cast<const Kept&>(*parcel).bundle);
    return std::vector<Answer>(parcels.size());
  }
  std::vector<json::DocumentPtr> bundles;

 private:
  struct Kept final : Parcel {
    explicit Kept(json::DocumentPtr one) : bundle(std::move(one)) {}
    json::DocumentPtr bundle;
  };
};

std::vector<fs::path> cases(const char* folder) {
  std::vector<fs::path> found;
  for (const auto& entry :
       fs::directory_iterator(fs::path(PLANBRO_SOURCE_DIR) / "fixtures" / folder))
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string nameOf(const testing::TestParamInfo<fs::path>& parameter) {
  std::string name = parameter.param.filename().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class RecordFixture : public testing::TestWithParam<fs::path> {
 protected:
  void run(const std::string& source, const fs::path& input) {
    auto document = json::parse(readFile(GetParam() / "expected.json"));
    ASSERT_TRUE(document.has_value());
    const json::Node& expected = (*document)->root();
    ImportOptions options;
    options.source = source.empty() ? std::string(expected.member("source")->text()) : source;
    options.quarantine =
        fs::path(testing::TempDir()) / "planbro_quarantine" / GetParam().filename();
    fs::remove_all(options.quarantine);
    const auto report = importPlans(library(), options, {input}, sink_);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    const std::string shown = formatReport(*report, fhir::Language::kEnglish);
    const std::string_view outcome = expected.member("outcome")->text();
    if (outcome == "refused") {
      EXPECT_EQ(report->created, 0U) << shown;
      EXPECT_GE(report->quarantined, 1U) << shown;
    } else {
      EXPECT_GE(report->created, 1U) << shown;
    }
    for (const json::Node& code : expected.member("findings")->children()) {
      EXPECT_TRUE(std::any_of(report->records.begin(), report->records.end(),
                              [&](const RecordReport& record) {
                                return std::any_of(record.findings.begin(), record.findings.end(),
                                                   [&](const fhir::Issue& issue) {
                                                     return issue.code == code.text();
                                                   });
                              }))
          << code.text() << " is missing from:\n"
          << shown;
    }
    EXPECT_EQ(withoutFolders(shown), readFile(GetParam() / "report.txt"));
    if (const json::Node* holds = expected.member("holds"); holds != nullptr) {
      ASSERT_EQ(sink_.bundles.size(), 1U) << shown;
      for (const json::Node& expression : holds->children())
        expectTrue(*sink_.bundles.front(), std::string(expression.text()));
    }
    // Nothing is lost: what is not in the sink lies in quarantine, with its bytes.
    for (const RecordReport& record : report->records) {
      if (record.fate != PlanFate::kQuarantined) continue;
      EXPECT_FALSE(record.findings.empty()) << shown;
      EXPECT_TRUE(fs::exists(record.quarantined)) << shown;
      EXPECT_FALSE(readFile(record.quarantined).empty()) << shown;
    }
  }

  // Files by their names alone, without where the quarantine keeps them; rules without their line
  // in the map.
  static constexpr const char* kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  static std::string withoutFolders(std::string report) {
    const std::string folder = GetParam().string() + "/";
    for (auto at = report.find(folder); at != std::string::npos; at = report.find(folder, at))
      report.erase(at, folder.size());
    for (auto at = report.find(" -> "); at != std::string::npos; at = report.find(" -> ", at + 1)) {
      const auto end = report.find('\n', at);
      if (report.substr(at, end - at).contains("planbro_quarantine")) report.erase(at, end - at);
    }
    for (auto at = report.find(" ["); at != std::string::npos; at = report.find(" [", at + 1)) {
      const auto colon = report.find_first_not_of(kLetters, at + 2);
      const auto end = report.find_first_not_of("0123456789", colon + 1);
      if (colon != std::string::npos && report[colon] == ':' && end > colon + 1)
        report.erase(colon, end - colon);
    }
    return report;
  }

  static void expectTrue(const json::Document& bundle, const std::string& expression) {
    const auto read = fhir::readJson(json::write(bundle));
    ASSERT_TRUE(read.resource);
    const auto program = fhirpath::compile(expression);
    ASSERT_TRUE(program.has_value()) << expression << ": " << program.error().message;
    fhirpath::Scratch scratch;
    fhirpath::Environment environment(scratch, read.resource.root());
    const auto result = fhirpath::evaluate(**program, read.resource.root(), environment);
    ASSERT_TRUE(result.has_value()) << expression << ": " << result.error().message;
    ASSERT_EQ(result->size(), 1U) << expression << "\n" << json::write(bundle);
    EXPECT_EQ((*result)[0].toString(), "true") << expression << "\n" << json::write(bundle);
  }

  QuietSink sink_;
};

class KithFixture : public RecordFixture {};
class PloFixture : public RecordFixture {};
class FhirBundleFixture : public RecordFixture {};
class XlsxFixture : public RecordFixture {};
class BadFixture : public RecordFixture {};

TEST_P(KithFixture, EndsAsItsExpectationSays) {
  run("kith-dialogmelding", GetParam() / "message.xml");
}

TEST_P(PloFixture, EndsAsItsExpectationSays) { run("kith-plo", GetParam() / "message.xml"); }

TEST_P(FhirBundleFixture, EndsAsItsExpectationSays) {
  run("fhir-bundle", GetParam() / "input.json");
}

TEST_P(XlsxFixture, EndsAsItsExpectationSays) { run("xlsx-plan", GetParam() / "export.xlsx"); }

TEST_P(BadFixture, EndsAsItsExpectationSays) {
  auto document = json::parse(readFile(GetParam() / "expected.json"));
  ASSERT_TRUE(document.has_value());
  fs::path input = GetParam() / "input";
  run("", input);
}

INSTANTIATE_TEST_SUITE_P(Kith, KithFixture, testing::ValuesIn(cases("kith")), nameOf);
INSTANTIATE_TEST_SUITE_P(Plo, PloFixture, testing::ValuesIn(cases("plo")), nameOf);
INSTANTIATE_TEST_SUITE_P(FhirBundle, FhirBundleFixture, testing::ValuesIn(cases("fhir-bundle")),
                         nameOf);
INSTANTIATE_TEST_SUITE_P(Xlsx, XlsxFixture, testing::ValuesIn(cases("xlsx")), nameOf);
INSTANTIATE_TEST_SUITE_P(Bad, BadFixture, testing::ValuesIn(cases("bad")), nameOf);

TEST(KithSamples, EveryRealMessageEndsAsADraftOrAFinding) {
  const fs::path folder = fs::path(PLANBRO_SOURCE_DIR) / "../shared/samples/kith-dialogmelding";
  if (!fs::exists(folder)) {
    std::puts("passed over: ../shared/samples is not there");
    return;
  }
  QuietSink sink;
  ImportOptions options;
  options.source = "kith-dialogmelding";
  const auto report = importPlans(library(), options, {folder}, sink);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_GE(report->total(), 19U);
  EXPECT_EQ(report->created, sink.bundles.size());
  for (const RecordReport& record : report->records) {
    if (record.fate != PlanFate::kQuarantined) continue;
    EXPECT_TRUE(fhir::hasErrors(record.findings)) << record.record;
    const auto error = std::find_if(
        record.findings.begin(), record.findings.end(),
        [](const fhir::Issue& issue) { return issue.severity <= fhir::Severity::kError; });
    if (error != record.findings.end()) {
      EXPECT_FALSE(error->place.source.empty()) << record.record;
    }
  }
}

}  // namespace
}  // namespace planbro::mapping
