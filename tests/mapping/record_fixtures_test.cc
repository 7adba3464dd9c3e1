// fixtures/kith and fixtures/bad: what must come of odd and of broken exports, through the
// importer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "json/parser.h"
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
  Result<Answer> take(const json::DocumentPtr& bundle, bool) override {
    bundles.push_back(bundle);
    return Answer{};
  }
  std::vector<json::DocumentPtr> bundles;
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
    // Nothing is lost: what is not in the sink lies in quarantine, with its bytes.
    for (const RecordReport& record : report->records) {
      if (record.fate != PlanFate::kQuarantined) continue;
      EXPECT_FALSE(record.findings.empty()) << shown;
      EXPECT_TRUE(fs::exists(record.quarantined)) << shown;
      EXPECT_FALSE(readFile(record.quarantined).empty()) << shown;
    }
  }

  QuietSink sink_;
};

class KithFixture : public RecordFixture {};
class BadFixture : public RecordFixture {};

TEST_P(KithFixture, EndsAsItsExpectationSays) {
  run("kith-dialogmelding", GetParam() / "message.xml");
}

TEST_P(BadFixture, EndsAsItsExpectationSays) {
  auto document = json::parse(readFile(GetParam() / "expected.json"));
  ASSERT_TRUE(document.has_value());
  fs::path input = GetParam() / "input";
  run("", input);
}

INSTANTIATE_TEST_SUITE_P(Kith, KithFixture, testing::ValuesIn(cases("kith")), nameOf);
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
