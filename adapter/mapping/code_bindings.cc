#include "mapping/code_bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/text.h"
#include "fhir/registry.h"
#include "terminology/terminology.h"

namespace planbro::mapping {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view() : member->text();
}

// Value sets by the path of the element that is bound to them.
void addRequired(const Node& model, std::map<std::string_view, std::string_view>& bound) {
  const Node* snapshot = model.member("snapshot");
  const Node* elements = snapshot == nullptr ? nullptr : snapshot->member("element");
  if (elements == nullptr) return;
  for (const Node& element : elements->children()) {
    const Node* binding = element.member("binding");
    if (binding == nullptr || textOf(*binding, "strength") != "required") continue;
    bound.emplace(textOf(element, "path"), textOf(*binding, "valueSet"));
  }
}

}  // namespace

std::string withNearest(std::string_view code, std::string_view nearest) {
  if (nearest.empty()) return std::string(code);
  return fmt::format("{} ({}?)", code, nearest);
}

bool CodeBindings::Codes::has(std::string_view code) const {
  return std::ranges::binary_search(codes, code);
}

std::string_view CodeBindings::Codes::nearest(std::string_view code) const {
  const std::vector<std::string_view> names(codes.begin(), codes.end());
  return nearestName(code, names).value_or(std::string_view());
}

CodeBindings::CodeBindings(std::span<const Node* const> models,
                           const fhir::Definitions& definitions) {
  std::map<std::string_view, std::string_view> bound;
  for (const Node* model : models) addRequired(*model, bound);
  if (bound.empty()) return;
  const auto registry = std::make_shared<fhir::Registry>();
  registry->addOwnProfiles();
  const terminology::Terminology terminology(registry);
  for (const fhir::Member& member : definitions.members()) {
    const auto found = bound.find(member.path);
    if (found == bound.end()) continue;
    const std::string_view type = definitions.type(member.type).name;
    if (type != "code" && type != "Coding") continue;
    const terminology::ValueSet* set = terminology.valueSet(found->second);
    if (set == nullptr || !set->gaps().empty()) continue;
    Codes codes{std::string(set->url()), {}};
    for (const terminology::Member& one : set->members()) codes.codes.emplace_back(one.code);
    std::ranges::sort(codes.codes);
    codes_.emplace(&member, std::move(codes));
  }
}

const CodeBindings::Codes* CodeBindings::of(const fhir::Member& member) const {
  const auto found = codes_.find(&member);
  return found == codes_.end() ? nullptr : &found->second;
}

}  // namespace planbro::mapping
