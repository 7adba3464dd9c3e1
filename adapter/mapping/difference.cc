#include "mapping/difference.h"

#include <string>
#include <utility>

#include "json/writer.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

class Comparison {
 public:
  Comparison(const json::Document& stored, const json::Document& given)
      : stored_(stored), given_(given) {}

  std::vector<Difference::Element> run() && {
    compare(&stored_.root(), &given_.root(), "");
    return std::move(found_);
  }

 private:
  // Depth is bounded by the parser. Not both are nullptr.
  void compare(const Node* stored, const Node* given, const std::string& path) {
    if (path == "meta.versionId" || path == "meta.lastUpdated") return;
    if (found_.size() == kMostDifferences) return;
    const bool alike = stored != nullptr && given != nullptr && stored->kind == given->kind;
    if (alike && given->kind == Kind::kObject) {
      for (const Node& member : given->children())
        compare(stored->member(member.name->text), &member, below(path, member.name->text));
      for (const Node& member : stored->children()) {
        if (given->member(member.name->text) == nullptr)
          compare(&member, nullptr, below(path, member.name->text));
      }
    } else if (alike && given->kind == Kind::kArray) {
      const std::size_t most = std::max(stored->children().size(), given->children().size());
      for (std::size_t i = 0; i < most; ++i)
        compare(item(*stored, i), item(*given, i), path + "[" + std::to_string(i) + "]");
    } else if (!alike || stored->text() != given->text()) {
      found_.push_back({path, textOf(stored_, stored), textOf(given_, given)});
    }
  }

  static std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
  }
  static const Node* item(const Node& list, std::size_t index) {
    return index < list.children().size() ? &list.children()[index] : nullptr;
  }
  static std::string textOf(const json::Document& document, const Node* node) {
    std::string text;
    if (node != nullptr) json::write(document, *node, text);
    return text;
  }

  const json::Document& stored_;
  const json::Document& given_;
  std::vector<Difference::Element> found_;
};

}  // namespace

std::vector<Difference::Element> differencesOf(const json::Document& stored,
                                               const json::Document& given) {
  return Comparison(stored, given).run();
}

}  // namespace planbro::mapping
