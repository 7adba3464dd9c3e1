// Short ways through the nodes of a conformance resource. Internal to terminology/.
#pragma once

#include <span>
#include <string_view>

#include "json/document.h"

namespace planbro::terminology {

// The text of that member; "" if there is none.
inline std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

// The items of that member; none if there is none.
inline std::span<const json::Node> listOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::span<const json::Node>{} : member->children();
}

// The member value[x]; nullptr if there is none.
inline const json::Node* valueOf(const json::Node& node) {
  for (const json::Node& member : node.children()) {
    if (member.name->text.starts_with("value")) return &member;
  }
  return nullptr;
}

}  // namespace planbro::terminology
