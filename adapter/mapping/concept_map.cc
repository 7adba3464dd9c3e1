#include "mapping/concept_map.h"

#include <fmt/format.h>

namespace planbro::mapping {
namespace {

using json::Node;

constexpr int kMaxOtherMaps = 8;

std::string textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string() : std::string(member->text());
}

bool translates(std::string_view equivalence) {
  return equivalence != "unmatched" && equivalence != "disjoint";
}

void readUnmapped(const Node& unmapped, ConceptMapGroup& group) {
  const std::string mode = textOf(unmapped, "mode");
  if (mode == "provided") group.unmapped = ConceptMapGroup::Unmapped::kProvided;
  if (mode == "fixed") group.unmapped = ConceptMapGroup::Unmapped::kFixed;
  if (mode == "other-map") group.unmapped = ConceptMapGroup::Unmapped::kOtherMap;
  group.fixed = {group.target, textOf(unmapped, "code"), textOf(unmapped, "display")};
  group.other_map = textOf(unmapped, "url");
}

ConceptMapGroup readGroup(const Node& node) {
  ConceptMapGroup group;
  group.source = textOf(node, "source");
  group.target = textOf(node, "target");
  if (const Node* elements = node.member("element")) {
    for (const Node& element : elements->children()) {
      const Node* targets = element.member("target");
      if (targets == nullptr) continue;
      for (const Node& target : targets->children()) {
        if (!translates(textOf(target, "equivalence"))) continue;
        group.codes.emplace(
            textOf(element, "code"),
            TranslatedCode{group.target, textOf(target, "code"), textOf(target, "display")});
        break;
      }
    }
  }
  if (const Node* unmapped = node.member("unmapped")) readUnmapped(*unmapped, group);
  return group;
}

}  // namespace

Result<ConceptMap> readConceptMap(const Node& resource) {
  ConceptMap map;
  map.url = textOf(resource, "url");
  if (map.url.empty()) map.url = "#" + textOf(resource, "id");
  if (map.url == "#")
    return fail(ErrorCode::kInvalidArgument, "a ConceptMap has neither url nor id");
  if (const Node* groups = resource.member("group")) {
    for (const Node& group : groups->children()) map.groups.push_back(readGroup(group));
  }
  return map;
}

const ConceptMap* ConceptMaps::find(std::string_view url) const {
  if (!url.empty() && url.front() != '#') url = url.substr(0, url.find('#'));
  url = url.substr(0, url.find('|'));
  const auto found = maps_.find(url);
  return found == maps_.end() ? nullptr : &found->second;
}

std::expected<TranslatedCode, ConceptMaps::Failure> ConceptMaps::translate(
    const ConceptMap& map, std::string_view system, std::string_view code) const {
  const ConceptMap* current = &map;
  for (int step = 0; step < kMaxOtherMaps; ++step) {
    const ConceptMap* next = nullptr;
    const auto fits = [&](const ConceptMapGroup& group) {
      return system.empty() || group.source.empty() || group.source == system;
    };
    for (const ConceptMapGroup& group : current->groups) {
      if (!fits(group)) continue;
      if (const auto found = group.codes.find(std::string(code)); found != group.codes.end())
        return found->second;
    }
    for (const ConceptMapGroup& group : current->groups) {
      if (!fits(group)) continue;
      if (group.unmapped == ConceptMapGroup::Unmapped::kProvided)
        return TranslatedCode{group.target, std::string(code), {}};
      if (group.unmapped == ConceptMapGroup::Unmapped::kFixed) return group.fixed;
      if (group.unmapped == ConceptMapGroup::Unmapped::kOtherMap) {
        next = find(group.other_map);
        if (next == nullptr) return std::unexpected(Failure::kNoMap);
        break;
      }
    }
    if (next == nullptr) return std::unexpected(Failure::kNoCode);
    current = next;
  }
  return std::unexpected(Failure::kLoop);
}

}  // namespace planbro::mapping
