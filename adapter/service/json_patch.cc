// JSON Patch (RFC 6902) with JSON Pointers (RFC 6901).
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.h"
#include "json/edit_tree.h"
#include "service/patch.h"

namespace planbro::service {
namespace {

using json::EditTree;
using json::Kind;
using json::Node;
using Item = EditTree::Item;

// The reference tokens of a pointer, unescaped; nothing if it is none.
std::optional<std::vector<std::string>> tokensOf(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else {
      const char escape = i + 1 < pointer.size() ? pointer[++i] : '\0';
      if (escape != '0' && escape != '1') return std::nullopt;
      tokens.back() += escape == '0' ? '~' : '/';
    }
  }
  return tokens;
}

// An array index as RFC 6901 writes it: no sign, no leading zero.
std::optional<std::size_t> indexOf(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return index;
}

class JsonPatch {
 public:
  JsonPatch(const json::DocumentPtr& patch, const json::DocumentPtr& target)
      : patch_(patch), tree_(target) {}

  std::expected<json::DocumentPtr, fhir::Issue> run(bool drop_emptied) {
    const Node& list = patch_->root();
    if (list.kind != Kind::kArray) return std::unexpected(refusal("PB-4040", {"/", "an array"}));
    if (list.size > kMaxPatchOperations) return std::unexpected(tooLarge());
    for (const Node& operation : list.children()) {
      if (auto refused = apply(operation)) return std::unexpected(std::move(*refused));
      if (tree_.isOverfull()) return std::unexpected(tooLarge());
      ++number_;
    }
    if (drop_emptied) tree_.dropEmptied();
    if (!tree_.fits()) return std::unexpected(tooLarge());
    return tree_.finish(nullptr);
  }

 private:
  using Refused = std::optional<fhir::Issue>;

  static fhir::Issue refusal(std::string_view code, std::vector<std::string> arguments) {
    return fhir::makeIssue(code, {}, std::move(arguments));
  }
  static fhir::Issue tooLarge() {
    return refusal("PB-4045", {std::to_string(kMaxPatchOperations)});
  }
  std::string place(std::string_view member = {}) const {
    return "/" + std::to_string(number_) + (member.empty() ? "" : "/" + std::string(member));
  }
  std::string name() const { return std::to_string(number_ + 1); }

  Refused apply(const Node& operation) {
    const Node* op = operation.member("op");
    if (op == nullptr || op->kind != Kind::kString)
      return refusal("PB-4040", {place("op"), "add, remove, replace, move, copy or test"});
    std::vector<std::string> path;
    if (auto refused = pointer(operation, "path", &path)) return refused;
    const std::string_view kind = op->text();
    if (kind == "add" || kind == "replace" || kind == "test") {
      const Node* value = operation.member("value");
      if (value == nullptr) return refusal("PB-4040", {place("value"), "a value"});
      if (kind == "test") return test(path, *value);
      if (kind == "replace") {
        if (find(path) == nullptr) return nothingAt(path);
        return put(path, tree_.value(*value, patch_), true);
      }
      return put(path, tree_.value(*value, patch_), false);
    }
    if (kind == "remove") return remove(path);
    if (kind != "move" && kind != "copy")
      return refusal("PB-4040", {place("op"), "add, remove, replace, move, copy or test"});
    std::vector<std::string> from;
    if (auto refused = pointer(operation, "from", &from)) return refused;
    Item* moved = find(from);
    if (moved == nullptr) return nothingAt(from);
    if (kind == "copy") return put(path, tree_.copyOf(*moved), false);
    // "The 'from' location MUST NOT be a proper prefix of the 'path' location."
    if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin()))
      return refusal("PB-4040", {place("from"), "a place that is not around the path"});
    if (from == path) return std::nullopt;
    if (auto refused = remove(from)) return refused;
    return put(path, moved, false);
  }

  Refused pointer(const Node& operation, std::string_view member, std::vector<std::string>* out) {
    const Node* node = operation.member(member);
    auto tokens =
        node != nullptr && node->kind == Kind::kString ? tokensOf(node->text()) : std::nullopt;
    if (!tokens.has_value()) return refusal("PB-4040", {place(member), "a JSON Pointer"});
    *out = std::move(*tokens);
    return std::nullopt;
  }

  Refused nothingAt(const std::vector<std::string>& path) const {
    std::string text;
    for (const std::string& token : path) text += "/" + token;
    return refusal("PB-4041", {name(), text.empty() ? "/" : text.substr(0, 200)});
  }

  Item* step(Item& parent, std::string_view token) {
    if (parent.kindNow() == Kind::kObject) return tree_.member(parent, token);
    if (parent.kindNow() != Kind::kArray) return nullptr;
    const auto index = indexOf(token);
    auto& items = tree_.itemsOf(parent);
    return index.has_value() && *index < items.size() ? items[*index] : nullptr;
  }

  // What stands at the first `count` tokens of the path.
  Item* find(const std::vector<std::string>& path, std::size_t count) {
    Item* item = tree_.root();
    for (std::size_t i = 0; i < count && item != nullptr; ++i) item = step(*item, path[i]);
    return item;
  }
  Item* find(const std::vector<std::string>& path) { return find(path, path.size()); }

  Refused put(const std::vector<std::string>& path, Item* value, bool replaces) {
    if (path.empty()) {
      tree_.setRoot(value);
      return std::nullopt;
    }
    Item* parent = find(path, path.size() - 1);
    if (parent == nullptr) return nothingAt(path);
    if (parent->kindNow() == Kind::kObject) {
      tree_.setMember(*parent, path.back(), value);
      return std::nullopt;
    }
    if (parent->kindNow() != Kind::kArray) return nothingAt(path);
    auto& items = tree_.itemsOf(*parent);
    const auto index =
        path.back() == "-" && !replaces ? std::optional(items.size()) : indexOf(path.back());
    if (!index.has_value()) return nothingAt(path);
    if (replaces) {
      items[*index] = value;
      return std::nullopt;
    }
    if (*index > items.size())
      return refusal("PB-4047", {name(), path.back(), std::to_string(items.size())});
    tree_.insert(*parent, *index, value);
    return std::nullopt;
  }

  Refused remove(const std::vector<std::string>& path) {
    Item* item = find(path);
    // Without the whole document nothing would be left to be a document.
    if (item == nullptr || path.empty()) return nothingAt(path);
    Item* parent = find(path, path.size() - 1);
    std::erase(tree_.itemsOf(*parent), item);
    return std::nullopt;
  }

  Refused test(const std::vector<std::string>& path, const Node& value) {
    Item* item = find(path);
    if (item == nullptr) return nothingAt(path);
    if (tree_.equals(*item, value)) return std::nullopt;
    std::string text;
    for (const std::string& token : path) text += "/" + token;
    return refusal("PB-4043", {name(), text.substr(0, 200)});
  }

  const json::DocumentPtr& patch_;
  EditTree tree_;
  std::size_t number_ = 0;
};

}  // namespace

std::expected<json::DocumentPtr, fhir::Issue> applyJsonPatch(const json::DocumentPtr& patch,
                                                             const json::DocumentPtr& target,
                                                             bool drop_emptied) {
  return JsonPatch(patch, target).run(drop_emptied);
}

}  // namespace planbro::service
