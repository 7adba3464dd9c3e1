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

struct Binding {
  std::string_view value_set;
  bool required = false;
};

// What is bound, by the path of the element.
void addBindings(const Node& model, std::map<std::string_view, Binding>& bound) {
  const Node* snapshot = model.member("snapshot");
  const Node* elements = snapshot == nullptr ? nullptr : snapshot->member("element");
  if (elements == nullptr) return;
  for (const Node& element : elements->children()) {
    const Node* binding = element.member("binding");
    if (binding == nullptr) continue;
    const std::string_view strength = textOf(*binding, "strength");
    if (strength != "required" && strength != "extensible") continue;
    bound.emplace(textOf(element, "path"),
                  Binding{textOf(*binding, "valueSet"), strength == "required"});
  }
}

CodeBindings::Codes codesOf(const terminology::ValueSet& set) {
  CodeBindings::Codes codes{std::string(set.url()), {}};
  for (const terminology::Member& one : set.members()) codes.codes.emplace_back(one.code);
  std::ranges::sort(codes.codes);
  return codes;
}

std::map<std::string, CodeBindings::Codes, std::less<>> codesBySystem(
    const terminology::ValueSet& set) {
  std::map<std::string, CodeBindings::Codes, std::less<>> systems;
  for (const terminology::Member& one : set.members())
    systems[std::string(one.system)].codes.emplace_back(one.code);
  for (auto& [system, codes] : systems) {
    codes.value_set = set.url();
    std::ranges::sort(codes.codes);
  }
  return systems;
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
  std::map<std::string_view, Binding> bound;
  for (const Node* model : models) addBindings(*model, bound);
  if (bound.empty()) return;
  const auto registry = std::make_shared<fhir::Registry>();
  registry->addOwnProfiles();
  const terminology::Terminology terminology(registry);
  for (const fhir::Member& member : definitions.members()) {
    const auto found = bound.find(member.path);
    if (found == bound.end()) continue;
    const std::string_view type = definitions.type(member.type).name;
    const bool required = found->second.required;
    if (type != "Coding" && type != (required ? "code" : "CodeableConcept")) continue;
    const terminology::ValueSet* set = terminology.valueSet(found->second.value_set);
    if (set == nullptr || !set->gaps().empty()) continue;
    if (required) {
      codes_.emplace(&member, codesOf(*set));
    } else {
      extensible_.push_back({std::string(member.path), codesBySystem(*set)});
    }
  }
}

const CodeBindings::Codes* CodeBindings::of(const fhir::Member& member) const {
  const auto found = codes_.find(&member);
  return found == codes_.end() ? nullptr : &found->second;
}

}  // namespace planbro::mapping
