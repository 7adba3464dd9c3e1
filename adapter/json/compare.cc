#include "json/compare.h"

#include <optional>

namespace planbro::json {
namespace {

using SameText = bool (*)(const Node&, const Node&);

std::string shown(const Node& node) {
  if (node.kind == Kind::kObject) return "an object";
  if (node.kind == Kind::kArray) return "an array of " + std::to_string(node.size);
  constexpr std::size_t kEnough = 40;
  return (node.kind == Kind::kString ? "string '" : "'") +
         std::string(node.text().substr(0, kEnough)) + "'";
}

// The path of the first difference, built from its end upwards; nothing if there is none. The
// depth of trees is bounded by the parsers.
std::optional<std::string> difference(const Node& a, const Node& b, SameText same_text) {
  if (a.kind != b.kind) return ": " + shown(a) + " and " + shown(b);
  if (!a.isContainer()) {
    if (a.text() == b.text() || (same_text != nullptr && same_text(a, b))) return std::nullopt;
    return ": " + shown(a) + " and " + shown(b);
  }
  if (a.kind == Kind::kArray) {
    if (a.size != b.size) return ": " + shown(a) + " and " + shown(b);
    for (std::uint32_t i = 0; i < a.size; ++i) {
      if (auto inner = difference(a.children()[i], b.children()[i], same_text))
        return "[" + std::to_string(i) + "]" + *inner;
    }
    return std::nullopt;
  }
  const auto theirs = b.children();
  for (std::uint32_t i = 0; i < a.size; ++i) {
    const Node& mine = a.children()[i];
    // Mostly the order is the same.
    const Node* other = i < theirs.size() && theirs[i].name->text == mine.name->text
                            ? &theirs[i]
                            : b.member(mine.name->text);
    std::optional<std::string> inner;
    if (other == nullptr) {
      inner = ": only the first has it";
    } else {
      inner = difference(mine, *other, same_text);
    }
    if (inner) return "." + std::string(mine.name->text) + *inner;
  }
  if (a.size == b.size) return std::nullopt;
  for (const Node& other : theirs) {
    if (a.member(other.name->text) == nullptr)
      return "." + std::string(other.name->text) + ": only the second has it";
  }
  return std::nullopt;
}

}  // namespace

bool sameTree(const Node& a, const Node& b) { return !difference(a, b, nullptr); }

std::string firstDifference(const Node& a, const Node& b, SameText same_text) {
  std::string path = difference(a, b, same_text).value_or("");
  if (path.starts_with('.')) path.erase(0, 1);
  return path;
}

}  // namespace planbro::json
