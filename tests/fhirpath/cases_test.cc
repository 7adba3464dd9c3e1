// Runs the tables in tests/fhirpath/cases: one expression and what comes of it a line.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fhir/resource.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(PLANBRO_SOURCE_DIR) / "tests/fhirpath";

struct Case {
  std::string file;
  int line = 0;
  std::string expression, expected;
};

std::string readAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Case> allCases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder / "cases")) {
    std::ifstream in(entry.path());
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      const std::size_t tab = line.find('\t');
      if (line.starts_with('#') || tab == std::string::npos) continue;
      cases.push_back({entry.path().stem(), number, line.substr(0, tab), line.substr(tab + 1)});
    }
  }
  return cases;
}

std::string outcomeOf(const std::string& expression, const fhir::Resource& resource) {
  const auto program = compile(expression, {.singleton_casts = true});
  if (!program) return "error";
  Scratch scratch;
  const FakeClock clock({1795350960000000});
  Environment environment(scratch, resource.root());
  environment.clock = &clock;
  const auto result = evaluate(**program, resource.root(), environment);
  if (!result) return "error";
  std::string text;
  for (const Value& value : *result) text += (text.empty() ? "" : "; ") + value.toString();
  return text;
}

TEST(Cases, EveryExpressionGivesWhatItsTableSays) {
  const fhir::ReadOutcome read = fhir::readJson(readAll(kFolder / "data/patient.json"));
  ASSERT_TRUE(read.resource);
  const std::vector<Case> cases = allCases();
  ASSERT_GT(cases.size(), 700U);
  for (const Case& c : cases)
    EXPECT_EQ(outcomeOf(c.expression, read.resource), c.expected)
        << c.file << ".tsv:" << c.line << ": " << c.expression;
}

}  // namespace
}  // namespace planbro::fhirpath
