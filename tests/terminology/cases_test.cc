// Every folder of tests/terminology/cases is a case: load/ (conformance resources) and
// questions.txt, one question a line with the answer that is right behind "=":
//   exists SYSTEM CODE = yes | no | unknown
//   contains VALUESET SYSTEM CODE = yes | no | unknown
//   subsumes SYSTEM GENERAL SPECIAL = yes | no | unknown
//   expand VALUESET = code code …     (or the codes of the issues that say why not)
//   translate MAP SYSTEM CODE = system|code, or none
// "#" begins a comment; "-" is an empty word.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "fhir/registry.h"
#include "fhir/xml.h"
#include "terminology/expansion.h"
#include "terminology/terminology.h"

namespace planbro::terminology {
namespace {

namespace files = std::filesystem;
using Words = std::vector<std::string>;

std::string read(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Words wordsOf(std::string_view line) {
  Words words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) words.emplace_back(word == "-" ? std::string_view() : word);
  }
  return words;
}

std::string shown(Membership answer) {
  if (answer == Membership::kUnknown) return "unknown";
  return answer == Membership::kMember ? "yes" : "no";
}

std::string expanded(const Terminology& terminology, const std::string& url) {
  const ValueSet* set = terminology.valueSet(url);
  if (set == nullptr) return "not loaded";
  const auto expansion = expand(*set, {});
  std::string text;
  if (!expansion) {
    for (const fhir::Issue& issue : expansion.error()) text += " " + std::string(issue.code);
  } else {
    for (const Member& member : expansion->members) text += " " + std::string(member.code);
  }
  return std::string(trim(text));
}

std::string translated(const Terminology& terminology, const Words& words) {
  const ConceptMap* map = terminology.conceptMaps().find(words[1]);
  if (map == nullptr) return "not loaded";
  const auto found = terminology.conceptMaps().translate(*map, words[2], words[3]);
  return found ? found->system + "|" + found->code : "none";
}

std::string answerTo(const Terminology& terminology, const Words& words) {
  const std::string& question = words[0];
  if (question == "exists" && words.size() == 3)
    return shown(terminology.exists(words[1], words[2]));
  if (question == "contains" && words.size() == 4) {
    const ValueSet* set = terminology.valueSet(words[1]);
    return set == nullptr ? "not loaded" : shown(set->contains(words[2], words[3]));
  }
  if (question == "subsumes" && words.size() == 4) {
    const auto answer = terminology.subsumes(words[1], words[2], words[3]);
    return answer ? (*answer ? "yes" : "no") : "unknown";
  }
  if (question == "expand" && words.size() == 2) return expanded(terminology, words[1]);
  if (question == "translate" && words.size() == 4) return translated(terminology, words);
  return "no such question";
}

TEST(TerminologyCasesTest, EveryQuestionHasTheAnswerThatIsRight) {
  const files::path root = files::path(PLANBRO_SOURCE_DIR) / "tests/terminology/cases";
  std::size_t questions = 0;
  for (const auto& folder : files::directory_iterator(root)) {
    auto registry = std::make_shared<fhir::Registry>();
    for (const auto& entry : files::directory_iterator(folder.path() / "load")) {
      auto loaded = fhir::readResource(read(entry.path()));
      ASSERT_TRUE(loaded.resource) << entry.path();
      registry->addResource(std::move(loaded.resource));
    }
    const Terminology terminology(std::move(registry));
    const std::string text = read(folder.path() / "questions.txt");
    std::size_t line_number = 0;
    for (const std::string_view line : split(text, '\n')) {
      ++line_number;
      const std::size_t equals = line.find(" = ");
      if (trim(line).empty() || line.starts_with('#')) continue;
      ASSERT_NE(equals, std::string_view::npos) << folder.path() << ":" << line_number;
      ++questions;
      EXPECT_EQ(answerTo(terminology, wordsOf(line.substr(0, equals))),
                trim(line.substr(equals + 3)))
          << folder.path().filename() << ":" << line_number << ": " << line;
    }
  }
  EXPECT_GT(questions, 40U);
}

}  // namespace
}  // namespace planbro::terminology
