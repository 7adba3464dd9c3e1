#include "terminology/expansion.h"

#include <algorithm>

#include "base/text.h"
#include "terminology/nodes.h"

namespace planbro::terminology {
namespace {

std::string_view issueOf(Gap::Kind kind) {
  switch (kind) {
    case Gap::Kind::kCodeSystem:
      return "PB-1620";
    case Gap::Kind::kVersion:
      return "PB-1621";
    case Gap::Kind::kFragment:
      return "PB-1622";
    case Gap::Kind::kValueSet:
      return "PB-1623";
    case Gap::Kind::kCircle:
      return "PB-1624";
    case Gap::Kind::kFilter:
      return "PB-1625";
    case Gap::Kind::kGrammar:
      return "PB-1626";
  }
  return "PB-1620";
}

constexpr bool isWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// ASCII and the letters of Norwegian fold; that is what lists here are written in.
std::string folded(std::string_view text) {
  std::string out = toLowerAscii(text);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    // U+00C0 to U+00DE, but the multiplication sign: capital Latin letters in two bytes.
    if (static_cast<unsigned char>(out[i]) != 0xC3) continue;
    const auto low = static_cast<unsigned char>(out[i + 1]);
    if (low >= 0x80 && low <= 0x9E && low != 0x97) out[i + 1] = static_cast<char>(low + 0x20);
  }
  return out;
}

bool beginsAWord(const std::string& text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if (at == 0 || !isWordByte(text[at - 1]) || !isWordByte(word.front())) return true;
  }
  return false;
}

class TextFilter {
 public:
  explicit TextFilter(std::string_view filter) {
    for (const std::string_view word : split(filter, ' ')) {
      if (!trim(word).empty()) words_.push_back(folded(trim(word)));
    }
  }

  bool passes(const Member& member) const {
    if (words_.empty()) return true;
    std::string text = folded(member.code) + "\n" + folded(member.display);
    if (member.described != nullptr) {
      for (const json::Node& designation : listOf(*member.described->node, "designation"))
        text += "\n" + folded(textOf(designation, "value"));
    }
    return std::all_of(words_.begin(), words_.end(),
                       [&](const std::string& word) { return beginsAWord(text, word); });
  }

 private:
  std::vector<std::string> words_;
};

std::string_view displayFor(const Member& member, std::string_view language) {
  if (member.listed != nullptr) {
    for (const json::Node& designation : listOf(*member.listed, "designation")) {
      if (servesLanguage(textOf(designation, "language"), language))
        return textOf(designation, "value");
    }
  }
  if (member.described == nullptr) return member.display;
  const std::string_view there = member.source->displayFor(*member.described, language);
  return there == member.described->display ? member.display : there;
}

}  // namespace

std::vector<fhir::Issue> gapIssues(const ValueSet& set) {
  std::vector<fhir::Issue> issues;
  for (const Gap& gap : set.gaps())
    issues.push_back(fhir::makeIssue(issueOf(gap.kind), {}, {std::string(set.url()), gap.what}));
  return issues;
}

std::expected<Expansion, std::vector<fhir::Issue>> expand(const ValueSet& set,
                                                          const ExpansionRequest& request) {
  if (!set.gaps().empty()) return std::unexpected(gapIssues(set));
  Expansion expansion;
  expansion.members = set.members();
  for (Member& member : expansion.members) {
    if (!request.language.empty()) member.display = displayFor(member, request.language);
  }
  const TextFilter filter(request.filter);
  std::erase_if(expansion.members, [&](const Member& member) {
    return (request.active_only && member.inactive) ||
           (request.selectable_only && member.abstract) || !filter.passes(member);
  });
  expansion.total = expansion.members.size();
  if (!request.count.has_value() && expansion.total > request.limit) {
    return std::unexpected(std::vector{fhir::makeIssue(
        "PB-1627", {},
        {std::string(set.url()), std::to_string(expansion.total), std::to_string(request.limit)})});
  }
  const std::size_t first = std::min<std::size_t>(request.offset, expansion.total);
  const std::size_t most =
      std::min<std::size_t>(request.count.value_or(request.limit), expansion.total - first);
  const auto begin = expansion.members.begin() + static_cast<std::ptrdiff_t>(first);
  expansion.members = {begin, begin + static_cast<std::ptrdiff_t>(most)};
  return expansion;
}

}  // namespace planbro::terminology
