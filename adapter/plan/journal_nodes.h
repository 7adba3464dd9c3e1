// Members of plain JSON trees, with a missing one told as nothing.
#pragma once

#include <span>
#include <string_view>

#include "json/document.h"

namespace planbro::plan {

inline const json::Node* member(const json::Node* node, std::string_view name) {
  return node == nullptr || node->kind != json::Kind::kObject ? nullptr : node->member(name);
}

inline std::string_view textOf(const json::Node* node, std::string_view name) {
  const json::Node* found = member(node, name);
  return found == nullptr || found->isContainer() ? std::string_view() : found->text();
}

// The items of a list; a single value is a list of one.
inline std::span<const json::Node> itemsOf(const json::Node* node, std::string_view name) {
  const json::Node* found = member(node, name);
  if (found == nullptr) return {};
  return found->kind == json::Kind::kArray ? found->children()
                                           : std::span<const json::Node>(found, 1);
}

}  // namespace planbro::plan
