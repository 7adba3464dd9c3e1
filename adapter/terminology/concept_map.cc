#include "terminology/concept_map.h"

#include <algorithm>
#include <array>
#include <utility>

#include "terminology/code_system.h"
#include "terminology/nodes.h"

namespace planbro::terminology {
namespace {

using json::Node;

constexpr int kMaxOtherMaps = 8;

std::string ownText(const Node& node, std::string_view name) {
  return std::string(textOf(node, name));
}

// source[x] or target[x]: the value set, as uri or canonical.
std::string valueSetOf(const Node& resource, std::string_view name) {
  for (const std::string_view type : {"Canonical", "Uri"}) {
    std::string url = ownText(resource, std::string(name) + std::string(type));
    if (!url.empty()) return url;
  }
  return {};
}

std::vector<ConceptDependency> readDependencies(const Node& target, std::string_view name) {
  std::vector<ConceptDependency> dependencies;
  for (const Node& one : listOf(target, name))
    dependencies.push_back({ownText(one, "property"), ownText(one, "system"), ownText(one, "value"),
                            ownText(one, "display")});
  return dependencies;
}

void readUnmapped(const Node& unmapped, ConceptMapGroup& group) {
  const std::string_view mode = textOf(unmapped, "mode");
  if (mode == "provided") group.unmapped = ConceptMapGroup::Unmapped::kProvided;
  if (mode == "fixed") group.unmapped = ConceptMapGroup::Unmapped::kFixed;
  if (mode == "other-map") group.unmapped = ConceptMapGroup::Unmapped::kOtherMap;
  group.fixed.system = group.target;
  group.fixed.code = ownText(unmapped, "code");
  group.fixed.display = ownText(unmapped, "display");
  group.fixed.equivalence = "inexact";  // one code for everything else says little
  group.other_map = ownText(unmapped, "url");
}

ConceptMapGroup readGroup(const Node& node) {
  ConceptMapGroup group;
  group.source = ownText(node, "source");
  group.target = ownText(node, "target");
  for (const Node& element : listOf(node, "element")) {
    for (const Node& target : listOf(element, "target")) {
      TranslatedCode code;
      code.system = group.target;
      code.code = ownText(target, "code");
      code.display = ownText(target, "display");
      code.equivalence = ownText(target, "equivalence");
      code.depends_on = readDependencies(target, "dependsOn");
      code.products = readDependencies(target, "product");
      group.codes[ownText(element, "code")].push_back(std::move(code));
    }
  }
  if (const Node* unmapped = node.member("unmapped")) readUnmapped(*unmapped, group);
  return group;
}

bool sameSystem(std::string_view a, std::string_view b) {
  std::string room_a, room_b;
  return a.empty() || b.empty() || canonicalSystem(a, room_a) == canonicalSystem(b, room_b);
}

bool isMet(const ConceptDependency& wanted, std::span<const ConceptDependency> known) {
  return std::any_of(known.begin(), known.end(), [&](const ConceptDependency& one) {
    return one.property == wanted.property && one.value == wanted.value &&
           sameSystem(one.system, wanted.system);
  });
}

bool counts(const TranslatedCode& target, const TranslationRequest& request) {
  return sameSystem(target.system, request.target_system) &&
         std::all_of(
             target.depends_on.begin(), target.depends_on.end(),
             [&](const ConceptDependency& wanted) { return isMet(wanted, request.dependencies); });
}

// The equivalence as it reads the other way.
std::string turnedRound(const std::string& equivalence) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTurned{
      {{"wider", "narrower"},
       {"narrower", "wider"},
       {"subsumes", "specializes"},
       {"specializes", "subsumes"}}};
  for (const auto& [one, other] : kTurned) {
    if (equivalence == one) return std::string(other);
  }
  return equivalence;
}

}  // namespace

bool isTranslation(std::string_view equivalence) {
  return equivalence != "unmatched" && equivalence != "disjoint";
}

Result<ConceptMap> readConceptMap(const Node& resource, std::string_view otherwise) {
  ConceptMap map;
  map.url = ownText(resource, "url");
  if (map.url.empty()) map.url = "#" + ownText(resource, "id");
  if (map.url == "#") map.url += otherwise;
  if (map.url == "#")
    return fail(ErrorCode::kInvalidArgument, "a ConceptMap has neither url nor id");
  map.source_set = valueSetOf(resource, "source");
  map.target_set = valueSetOf(resource, "target");
  for (const Node& group : listOf(resource, "group")) map.groups.push_back(readGroup(group));
  return map;
}

const ConceptMap* ConceptMaps::find(std::string_view url) const {
  if (!url.empty() && url.front() != '#') url = url.substr(0, url.find('#'));
  url = url.substr(0, url.find('|'));
  const auto found = maps_.find(url);
  return found == maps_.end() ? nullptr : &found->second;
}

std::expected<std::vector<TranslatedCode>, ConceptMaps::Failure> ConceptMaps::translations(
    const ConceptMap& map, const TranslationRequest& request) const {
  const ConceptMap* current = &map;
  for (int step = 0; step < kMaxOtherMaps; ++step) {
    const ConceptMap* next = nullptr;
    const auto fits = [&](const ConceptMapGroup& group) {
      return sameSystem(group.source, request.system) &&
             sameSystem(group.target, request.target_system);
    };
    std::vector<TranslatedCode> found;
    for (const ConceptMapGroup& group : current->groups) {
      if (!fits(group)) continue;
      const auto entry = group.codes.find(request.code);
      if (entry == group.codes.end()) continue;
      for (const TranslatedCode& target : entry->second) {
        if (counts(target, request)) found.push_back(target);
      }
    }
    if (!found.empty()) return found;
    for (const ConceptMapGroup& group : current->groups) {
      if (!fits(group)) continue;
      if (group.unmapped == ConceptMapGroup::Unmapped::kProvided) {
        TranslatedCode same;
        same.system = group.target;
        same.code = request.code;
        same.equivalence = "equal";
        return std::vector{same};
      }
      if (group.unmapped == ConceptMapGroup::Unmapped::kFixed) return std::vector{group.fixed};
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

namespace {

// What the groups of one map say of a code.
struct InMap {
  const TranslatedCode* code = nullptr;  // the first that is a translation
  bool known = false;
};

InMap lookUp(const ConceptMap& map, std::string_view system, std::string_view code) {
  InMap result;
  for (const ConceptMapGroup& group : map.groups) {
    if (!sameSystem(group.source, system)) continue;
    const auto entry = group.codes.find(code);
    if (entry == group.codes.end()) continue;
    for (const TranslatedCode& target : entry->second) {
      if (!target.depends_on.empty()) continue;
      result.known = true;
      if (!isTranslation(target.equivalence)) continue;
      result.code = &target;
      return result;
    }
  }
  return result;
}

}  // namespace

std::expected<const TranslatedCode*, ConceptMaps::Failure> ConceptMaps::translation(
    const ConceptMap& map, std::string_view system, std::string_view code,
    TranslatedCode& room) const {
  const ConceptMap* current = &map;
  for (int step = 0; step < kMaxOtherMaps; ++step) {
    const InMap found = lookUp(*current, system, code);
    if (found.code != nullptr) return found.code;
    if (found.known) return std::unexpected(Failure::kNoCode);
    const ConceptMap* next = nullptr;
    for (const ConceptMapGroup& group : current->groups) {
      if (!sameSystem(group.source, system)) continue;
      if (group.unmapped == ConceptMapGroup::Unmapped::kProvided) {
        room.system = group.target;
        room.code = code;
        room.equivalence = "equal";
        return &room;
      }
      if (group.unmapped == ConceptMapGroup::Unmapped::kFixed) return &group.fixed;
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

std::expected<TranslatedCode, ConceptMaps::Failure> ConceptMaps::translate(
    const ConceptMap& map, std::string_view system, std::string_view code) const {
  TranslatedCode room;
  const auto found = translation(map, system, code, room);
  if (!found.has_value()) return std::unexpected(found.error());
  return **found;
}

std::vector<TranslatedCode> reverseTranslations(const ConceptMap& map,
                                                const TranslationRequest& request) {
  std::vector<TranslatedCode> found;
  for (const ConceptMapGroup& group : map.groups) {
    if (!sameSystem(group.target, request.system) ||
        !sameSystem(group.source, request.target_system))
      continue;
    for (const auto& [code, targets] : group.codes) {
      for (const TranslatedCode& target : targets) {
        if (target.code != request.code || !isTranslation(target.equivalence)) continue;
        TranslatedCode back;
        back.system = group.source;
        back.code = code;
        back.equivalence = turnedRound(target.equivalence);
        found.push_back(std::move(back));
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const TranslatedCode& a, const TranslatedCode& b) {
    return std::tie(a.system, a.code) < std::tie(b.system, b.code);
  });
  return found;
}

}  // namespace planbro::terminology
