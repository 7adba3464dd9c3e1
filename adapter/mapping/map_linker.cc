#include "mapping/map_linker.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace planbro::mapping {
namespace {

using fhir::Issue;

bool matchesUrl(std::string_view pattern, std::string_view url) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern.substr(0, pattern.find('|')) == url;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return url.size() >= head.size() + tail.size() && url.starts_with(head) && url.ends_with(tail);
}

// Whether an import of `from` names `other`. Of contained maps only those know that stand in the
// same container, unless one is named with its container's url.
bool matchesImport(std::string_view pattern, const CompiledMap& from, const CompiledMap& other) {
  const CompiledMap* around = from.container == nullptr ? &from : from.container;
  if (pattern.starts_with('#')) {
    if (pattern == "#") return from.container == &other;
    return other.container == around &&
           std::string_view(other.url).substr(around->url.size()) == pattern;
  }
  if (other.container == nullptr) return matchesUrl(pattern, other.url);
  if (other.container == around && matchesUrl(pattern, other.inner_url)) return true;
  return pattern == other.url;
}

class Linker {
 public:
  Linker(std::span<CompiledMap* const> maps, std::span<const CompiledMap* const> known,
         const ConceptMaps& concept_maps, std::vector<Issue>& issues)
      : maps_(maps), all_(maps.begin(), maps.end()), concept_maps_(concept_maps), issues_(issues) {
    all_.insert(all_.end(), known.begin(), known.end());
  }

  std::vector<bool> run() {
    std::set<const CompiledMap*> faulty;
    const auto each = [&](const auto& work) {
      for (CompiledMap* map : maps_) {
        good_ = true;
        map_ = map;
        work(*map);
        if (!good_) faulty.insert(map);
      }
    };
    each([&](CompiledMap& map) {
      map.imported = {&map};
      for (std::size_t i = 0; i < map.imported.size(); ++i) addImports(map, *map.imported[i]);
      addDefaults(map);
    });
    each([&](CompiledMap& map) {
      for (auto& group : map.groups) link(*group);
    });
    const std::set<const CompiledMap*> by_themselves = faulty;
    each([&](const CompiledMap& map) {
      for (const CompiledMap* other : map.imported) {
        if (other != &map && by_themselves.contains(other)) fault("PB-2112", 0, {other->url});
      }
    });
    std::vector<bool> whole;
    for (const CompiledMap* map : maps_) whole.push_back(!faulty.contains(map));
    return whole;
  }

 private:
  void addImports(CompiledMap& map, const CompiledMap& from) {
    for (const std::string& import : from.imports) {
      bool found = false;
      for (const CompiledMap* other : all_) {
        if (!matchesImport(import, from, *other)) continue;
        found = true;
        addImport(map, *other);
      }
      if (!found && &from == &map) fault("PB-2106", 0, {import});
    }
    // What a map contains it knows, imported or not, as it knows contained concept maps.
    for (const CompiledMap* other : all_) {
      if (other->container == &from) addImport(map, *other);
    }
  }

  static void addImport(CompiledMap& map, const CompiledMap& other) {
    if (std::find(map.imported.begin(), map.imported.end(), &other) == map.imported.end())
      map.imported.push_back(&other);
  }

  static void addDefaults(CompiledMap& map) {
    for (const CompiledMap* from : map.imported) {
      for (const auto& group : from->groups) {
        if (group->type_mode != TypeMode::kNone && group->inputs.size() == 2 &&
            group->inputs[0].type != 0 && group->inputs[1].type != 0)
          map.defaults.push_back(group.get());
      }
    }
  }

  void fault(std::string_view code, std::uint32_t line, std::vector<std::string> arguments) {
    good_ = false;
    fhir::Place place;
    place.source = map_->origin;
    place.position.line = line;
    issues_.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  void link(CompiledGroup& group) {
    if (!group.extends_name.empty()) {
      group.extends = map_->findGroup(group.extends_name);
      if (group.extends == nullptr) fault("PB-2108", group.line, {group.name, group.extends_name});
      int depth = 0;
      for (const CompiledGroup* base = group.extends; base != nullptr; base = base->extends) {
        if (++depth <= 32) continue;
        fault("PB-2108", group.line, {group.name, group.extends_name});
        group.extends = nullptr;
        break;
      }
    }
    for (CompiledRule& rule : group.rules) link(rule);
  }

  void link(CompiledRule& rule) {
    for (CompiledDependent& dependent : rule.dependents) {
      dependent.group = map_->findGroup(dependent.name);
      if (dependent.group == nullptr) {
        fault("PB-2108", rule.line, {rule.path, dependent.name});
      } else if (dependent.group->inputs.size() != dependent.params.size()) {
        fault("PB-2109", rule.line,
              {rule.path, dependent.name, std::to_string(dependent.group->inputs.size()),
               std::to_string(dependent.params.size())});
      }
    }
    for (CompiledTarget& target : rule.targets) {
      if (target.transform == Transform::kTranslate && target.params.size() > 1 &&
          target.params[1].kind == ModelParam::Kind::kString)
        std::tie(target.concept_map, target.concept_maps) =
            map_->findConceptMap(target.params[1].text, concept_maps_);
    }
    for (CompiledRule& inner : rule.rules) link(inner);
  }

  std::span<CompiledMap* const> maps_;
  std::vector<const CompiledMap*> all_;  // these and the known ones
  const ConceptMaps& concept_maps_;
  std::vector<Issue>& issues_;
  CompiledMap* map_ = nullptr;
  bool good_ = true;
};

}  // namespace

std::vector<bool> linkMaps(std::span<CompiledMap* const> maps,
                           std::span<const CompiledMap* const> known,
                           const ConceptMaps& concept_maps, std::vector<Issue>& issues) {
  return Linker(maps, known, concept_maps, issues).run();
}

}  // namespace planbro::mapping
