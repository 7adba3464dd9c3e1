#include "fhir/issue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "fhir/resource.h"
#include "json/writer.h"

namespace planbro::fhir {
namespace {

std::set<std::string> placeholders(std::string_view text) {
  static const std::regex pattern(R"(\{\d\})");
  const std::string copy(text);
  return {std::sregex_token_iterator(copy.begin(), copy.end(), pattern),
          std::sregex_token_iterator()};
}

TEST(IssueTable, EveryLineIsWholeAndEveryCodeStandsOnce) {
  std::ifstream file(PLANBRO_SOURCE_DIR "/adapter/fhir/issues.tsv");
  std::string line;
  std::size_t lines = 0;
  std::set<std::string> codes;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    ++lines;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 6) << line;
    EXPECT_TRUE(codes.insert(line.substr(0, 7)).second) << line;
    EXPECT_TRUE(std::regex_match(line.substr(0, 7), std::regex("PB-\\d{4}"))) << line;
  }
  EXPECT_EQ(lines, issueDefinitions().size());
}

TEST(IssueTable, EveryLanguageUsesTheSameArguments) {
  for (const IssueDefinition& definition : issueDefinitions()) {
    // Its arguments are one text in three languages.
    if (definition.code == "PB-1304") continue;
    EXPECT_EQ(placeholders(definition.english), placeholders(definition.bokmal)) << definition.code;
    EXPECT_EQ(placeholders(definition.english), placeholders(definition.nynorsk))
        << definition.code;
  }
}

TEST(IssueTable, EveryCodeInTheProgramStandsInIt) {
  std::set<std::string_view> known;
  for (const IssueDefinition& definition : issueDefinitions()) known.insert(definition.code);
  const std::regex code(R"(PB-\d{4})");
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(PLANBRO_SOURCE_DIR "/adapter")) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it)
      EXPECT_TRUE(known.contains(it->str())) << entry.path() << ": " << it->str();
  }
}

TEST(Issue, TheTextFollowsTheLanguage) {
  const Issue issue = makeIssue("PB-0101", {}, {"x"});
  EXPECT_EQ(issue.text(Language::kEnglish), "The text is not JSON: x.");
  EXPECT_EQ(issue.text(Language::kBokmal), "Teksten er ikke JSON: x.");
  EXPECT_EQ(languageOf("nb-NO,en;q=0.5"), Language::kBokmal);
  EXPECT_EQ(languageOf("nn"), Language::kNynorsk);
  EXPECT_EQ(languageOf("de"), Language::kEnglish);
}

TEST(Issue, AnArgumentThatIsASentenceEndsItOnce) {
  EXPECT_EQ(makeIssue("PB-2302", {}, {"The plan has no goal."}).text(Language::kEnglish),
            "The service refused the plan: The plan has no goal.");
  EXPECT_EQ(makeIssue("PB-2302", {}, {"HTTP 400"}).text(Language::kEnglish),
            "The service refused the plan: HTTP 400.");
}

TEST(Issue, AnOutcomeNamesCodePlaceAndPosition) {
  const std::vector<Issue> issues{makeIssue("PB-0105", {"Patient.name[0]", "", {3, 7}}, {"'a'"})};
  EXPECT_EQ(
      json::write(*operationOutcome(issues, Language::kEnglish)),
      R"({"resourceType":"OperationOutcome","issue":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line","valueInteger":3},{"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col","valueInteger":7}],"severity":"fatal","code":"structure","details":{"coding":[{"system":"https://planbro.no/fhir/CodeSystem/issue","code":"PB-0105"}],"text":"A member stands twice: 'a'."},"expression":["Patient.name[0]"]}]})");
}

TEST(Resource, AnUnknownResourceTypeIsAnIssueWithItsName) {
  const ReadOutcome outcome = readJson(R"({"resourceType":"Plan"})");
  EXPECT_FALSE(outcome.resource);
  ASSERT_EQ(outcome.issues.size(), 1U);
  EXPECT_EQ(outcome.issues[0].code, "PB-0109");
  EXPECT_EQ(outcome.issues[0].place.position.line, 1U);
}

}  // namespace
}  // namespace planbro::fhir
