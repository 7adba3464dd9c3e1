#include "plan/journal_words.h"

#include "fhir/builtin_files.h"
#include "json/parser.h"

namespace planbro::plan {
namespace {

constexpr std::string_view kFolder = "mappings/common/ConceptMap-";
constexpr std::string_view kEnding = ".json";

std::string_view text(const json::Node& node, std::string_view member) {
  const json::Node* found = node.member(member);
  return found == nullptr ? std::string_view() : found->text();
}

}  // namespace

JournalWords::JournalWords() {
  for (const std::string& path : fhir::builtinFiles(kFolder)) {
    const auto document = json::parse(*fhir::builtinFile(path));
    if (!document) continue;  // the maps are tested; a broken one has no words
    const std::string map =
        path.substr(kFolder.size(), path.size() - kFolder.size() - kEnding.size());
    const json::Node* groups = (*document)->root().member("group");
    if (groups == nullptr) continue;
    for (const json::Node& group : groups->children()) {
      const std::string system(text(group, "target"));
      const json::Node* elements = group.member("element");
      if (elements == nullptr) continue;
      for (const json::Node& element : elements->children()) {
        const json::Node* targets = element.member("target");
        if (targets == nullptr || targets->size == 0) continue;
        const std::string code(text(targets->children().front(), "code"));
        const std::string word(text(element, "code"));
        const std::string display(text(targets->children().front(), "display"));
        words_.try_emplace({map, system, code}, word, display);
        words_.try_emplace({map, "", code}, word, display);
        codes_.try_emplace({map, word}, code);
      }
    }
  }
}

const JournalWords& JournalWords::builtin() {
  static const JournalWords words;
  return words;
}

std::string_view JournalWords::wordFor(std::string_view map, std::string_view system,
                                       std::string_view code) const {
  const auto found = words_.find(std::tuple(map, system, code));
  return found == words_.end() ? std::string_view() : std::string_view(found->second.word);
}

std::string_view JournalWords::exactWordFor(std::string_view map, const json::Node& coding) const {
  const std::string_view system = text(coding, "system");
  const std::string_view display = text(coding, "display");
  const std::size_t said = 1 + (system.empty() ? 0 : 1) + (display.empty() ? 0 : 1);
  const auto found = words_.find(std::tuple(map, system, text(coding, "code")));
  // Something else than these three, a version say, is in no word.
  if (found == words_.end() || found->second.display != display || coding.size != said) return {};
  return found->second.word;
}

std::string_view JournalWords::codeFor(std::string_view map, std::string_view word) const {
  const auto found = codes_.find(std::tuple(map, word));
  return found == codes_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace planbro::plan
