#include "mapping/embedded_file.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/pdf_name.h"

namespace planbro::mapping {
namespace {

constexpr std::size_t kMaxUpdates = 64;
constexpr std::size_t kMaxObjects = 1'000'000;
constexpr std::size_t kMaxAssociated = 16;
constexpr std::size_t kMaxDictionary = 65'536;  // bytes of one
constexpr std::size_t kTail = 2'048;            // where startxref stands

bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}

std::string_view withoutSpace(std::string_view text) {
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  return text;
}

// Takes a number off the front.
std::optional<std::size_t> takeNumber(std::string_view& text) {
  text = withoutSpace(text);
  std::size_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

// Takes "12 0 R" off the front: the number of the object.
std::optional<std::size_t> takeReference(std::string_view& text) {
  std::string_view rest = text;
  const auto number = takeNumber(rest);
  if (!number || !takeNumber(rest)) return std::nullopt;
  rest = withoutSpace(rest);
  if (!rest.starts_with('R')) return std::nullopt;
  text = rest.substr(1);
  return number;
}

// What stands behind a name that is whole: /AF is not the beginning of /AFRelationship.
std::optional<std::string_view> behind(std::string_view dictionary, std::string_view name) {
  for (std::size_t at = dictionary.find(name); at != std::string_view::npos;
       at = dictionary.find(name, at + 1)) {
    const std::string_view rest = dictionary.substr(at + name.size());
    if (!rest.empty() && (isSpace(rest.front()) || std::string_view("[<(/").contains(rest.front())))
      return withoutSpace(rest);
  }
  return std::nullopt;
}

std::optional<std::size_t> numberBehind(std::string_view dictionary, std::string_view name) {
  auto rest = behind(dictionary, name);
  return rest ? takeNumber(*rest) : std::nullopt;
}

std::optional<std::size_t> referenceBehind(std::string_view dictionary, std::string_view name) {
  auto rest = behind(dictionary, name);
  return rest ? takeReference(*rest) : std::nullopt;
}

class Objects {
 public:
  explicit Objects(std::string_view pdf) : pdf_(pdf) {}

  // The object that everything hangs on; nothing if the tables cannot be read.
  std::optional<std::size_t> root() {
    const std::size_t tail = pdf_.size() > kTail ? pdf_.size() - kTail : 0;
    const std::size_t last = pdf_.rfind("startxref");
    if (last == std::string_view::npos || last < tail) return std::nullopt;
    std::optional<std::size_t> root;
    std::optional<std::size_t> table = numberBehind(pdf_.substr(last), "startxref");
    for (std::size_t i = 0; table && i < kMaxUpdates; ++i) {
      const auto trailer = readTable(*table);
      if (!trailer) return std::nullopt;
      if (!root) root = referenceBehind(*trailer, "/Root");
      table = numberBehind(*trailer, "/Prev");
    }
    return root;
  }

  // An object's text up to its end or its stream; empty if there is none.
  std::string_view dictionary(std::size_t number) const {
    const auto found = places_.find(number);
    if (found == places_.end() || found->second >= pdf_.size()) return {};
    std::string_view text = pdf_.substr(found->second, kMaxDictionary);
    if (takeNumber(text) != number || !takeNumber(text)) return {};
    text = withoutSpace(text);
    if (!text.starts_with("obj")) return {};
    return text.substr(0, std::min(text.find("endobj"), text.find("stream")));
  }

  // The bytes of the stream behind a dictionary, if they are stored as they are.
  std::optional<std::string_view> stream(std::string_view dictionary) const {
    const auto length = numberBehind(dictionary, "/Length");
    if (!length || behind(dictionary, "/Filter")) return std::nullopt;
    std::string_view text =
        pdf_.substr(static_cast<std::size_t>(dictionary.data() - pdf_.data()) + dictionary.size());
    if (!text.starts_with("stream")) return std::nullopt;
    text.remove_prefix(std::string_view("stream").size());
    if (text.starts_with('\r')) text.remove_prefix(1);
    if (!text.starts_with('\n')) return std::nullopt;
    text.remove_prefix(1);
    if (text.size() < *length || !withoutSpace(text.substr(*length)).starts_with("endstream"))
      return std::nullopt;
    return text.substr(0, *length);
  }

 private:
  // The table at `at`: where objects lie that no newer table names. Its trailer.
  std::optional<std::string_view> readTable(std::size_t at) {
    if (at >= pdf_.size()) return std::nullopt;
    std::string_view text = withoutSpace(pdf_.substr(at));
    if (!text.starts_with("xref")) return std::nullopt;
    text.remove_prefix(std::string_view("xref").size());
    while (true) {
      text = withoutSpace(text);
      if (text.starts_with("trailer")) {
        text = text.substr(0, kMaxDictionary);
        return text.substr(0, text.find("startxref"));
      }
      const auto first = takeNumber(text);
      const auto count = takeNumber(text);
      if (!first || !count || *first > kMaxObjects) return std::nullopt;
      for (std::size_t i = 0; i < *count; ++i) {
        if (++entries_ > kMaxObjects) return std::nullopt;
        const auto place = takeNumber(text);
        if (!place || !takeNumber(text)) return std::nullopt;
        text = withoutSpace(text);
        if (!text.starts_with('n') && !text.starts_with('f')) return std::nullopt;
        // A free one hides what an older table says.
        places_.try_emplace(*first + i, text.front() == 'n' ? *place : pdf_.size());
        text.remove_prefix(1);
      }
    }
  }

  std::string_view pdf_;
  std::size_t entries_ = 0;
  std::unordered_map<std::size_t, std::size_t> places_;
};

}  // namespace

std::optional<std::string_view> embeddedFile(std::string_view pdf, std::string_view media_type) {
  Objects objects(pdf);
  const auto root = objects.root();
  if (!root) return std::nullopt;
  auto list = behind(objects.dictionary(*root), "/AF");
  if (!list || !list->starts_with('[')) return std::nullopt;
  list->remove_prefix(1);
  const std::string wanted = pdfNameOf(media_type);
  for (std::size_t i = 0; i < kMaxAssociated; ++i) {
    const auto reference = takeReference(*list);
    if (!reference) break;
    const auto files = behind(objects.dictionary(*reference), "/EF");
    const auto file = files ? referenceBehind(*files, "/F") : std::nullopt;
    if (!file) continue;
    const std::string_view dictionary = objects.dictionary(*file);
    const auto type = behind(dictionary, "/Subtype");
    if (!type || !type->starts_with(wanted)) continue;
    if (const auto bytes = objects.stream(dictionary)) return bytes;
  }
  return std::nullopt;
}

}  // namespace planbro::mapping
