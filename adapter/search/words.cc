#include "search/words.h"

#include <utility>

#include "search/folding.h"

namespace planbro::search {
namespace {

using fhir::Element;
using store::IndexRow;
using store::Predicate;
using Op = Predicate::Op;
using Words = std::set<std::string, std::less<>>;

constexpr std::size_t kMaxWordBytes = 64;

bool isWordByte(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

// Calls `take` with each word and whether a * stands behind it.
template <typename Take>
void forEachWord(std::string_view folded, Take&& take) {
  std::size_t begin = 0;
  while (begin < folded.size()) {
    while (begin < folded.size() && !isWordByte(folded[begin])) ++begin;
    std::size_t end = begin;
    while (end < folded.size() && isWordByte(folded[end])) ++end;
    if (end > begin)
      take(folded.substr(begin, std::min(end - begin, kMaxWordBytes)),
           end < folded.size() && folded[end] == '*');
    begin = end;
  }
}

void addWords(std::string_view text, Words& words) {
  forEachWord(foldLetters(text), [&](std::string_view word, bool) {
    if (words.size() < kMaxWords) words.emplace(word);
  });
}

// A tag parts words.
std::string withoutTags(std::string_view markup) {
  std::string text;
  text.reserve(markup.size());
  bool inside = false;
  for (const char byte : markup) {
    if (byte == '<') inside = true;
    text += inside ? ' ' : byte;
    if (byte == '>') inside = false;
  }
  return text;
}

void addRows(const Words& words, std::string_view parameter, std::vector<IndexRow>& rows) {
  for (const std::string& word : words) {
    IndexRow& row = rows.emplace_back();
    row.kind = IndexRow::Kind::kString;
    row.parameter = parameter;
    row.value = word;
  }
}

Predicate wordTest(std::string_view parameter, std::string_view word, bool begins) {
  Predicate out;
  out.op = begins ? Op::kStartsWith : Op::kEquals;
  out.row.kind = IndexRow::Kind::kString;
  out.row.parameter = parameter;
  out.row.value = word;
  return out;
}

}  // namespace

Words wordsOf(std::string_view text) {
  Words words;
  addWords(text, words);
  return words;
}

void extractWords(const Element& resource, std::vector<IndexRow>& rows) {
  Words narrative;
  Words others;
  std::vector<Element> open{resource};
  while (!open.empty()) {
    const Element element = open.back();
    open.pop_back();
    if (element.hasValue()) {
      const std::string_view type = element.typeName();
      if (type == "xhtml") {
        addWords(withoutTags(element.text()), narrative);
      } else if (type == "string" || type == "markdown") {
        addWords(element.text(), others);
      }
    }
    element.forEachChild([&](const Element& child) { open.push_back(child); });
  }
  addRows(narrative, kTextParameter, rows);
  std::erase_if(others, [&](const std::string& word) { return narrative.contains(word); });
  addRows(others, kContentParameter, rows);
}

std::optional<Predicate> wordsPredicate(std::string_view parameter, std::string_view value) {
  Predicate all;
  forEachWord(foldLetters(value), [&](std::string_view word, bool begins) {
    if (parameter == kTextParameter) {
      all.children.push_back(wordTest(kTextParameter, word, begins));
      return;
    }
    Predicate either;
    either.op = Op::kOr;
    either.children.push_back(wordTest(kContentParameter, word, begins));
    either.children.push_back(wordTest(kTextParameter, word, begins));
    all.children.push_back(std::move(either));
  });
  if (all.children.empty()) return std::nullopt;
  return all;
}

}  // namespace planbro::search
