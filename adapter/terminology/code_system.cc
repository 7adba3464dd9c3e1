#include "terminology/code_system.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace planbro::terminology {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

std::span<const Node> listOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::span<const Node>{} : member->children();
}

// The value[x] of a concept's property; a Coding's code.
std::string_view propertyText(const Node& property) {
  for (const Node& member : property.children()) {
    if (!member.name->text.starts_with("value")) continue;
    return member.isContainer() ? textOf(member, "code") : member.text();
  }
  return {};
}

bool listed(std::string_view list, std::string_view value) {
  const auto parts = split(list, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [value](std::string_view part) { return trim(part) == value; });
}

bool sameWords(std::string_view a, std::string_view b) {
  const auto folded = [](std::string_view text) {
    std::string out;
    for (const char c : trim(text)) {
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (space && !out.empty() && out.back() == ' ') continue;
      out += space ? ' ' : c;
    }
    return toLowerAscii(out);
  };
  return folded(a) == folded(b);
}

}  // namespace

std::string canonicalSystem(std::string_view system) {
  constexpr std::string_view kKodeverk = "http://helsedir.no/fhir/CodeSystem/no-kodeverk-";
  if (system.starts_with(kKodeverk))
    return "urn:oid:2.16.578.1.12.4.1.1." + std::string(system.substr(kKodeverk.size()));
  if (system.starts_with("urn:uid:")) return "urn:oid:" + std::string(system.substr(8));
  if (system.starts_with("2.16.578.1.12.4.1.1.")) return "urn:oid:" + std::string(system);
  return std::string(system);
}

CodeSystem::CodeSystem(const fhir::Resource& resource) : resource_(resource) {
  const Node& root = resource.document()->root();
  url_ = textOf(root, "url");
  const std::string_view content = textOf(root, "content");
  content_ = content == "complete"     ? Content::kComplete
             : content == "fragment"   ? Content::kFragment
             : content == "supplement" ? Content::kSupplement
                                       : Content::kOther;
  case_sensitive_ = textOf(root, "caseSensitive") != "false";
  if (const Node* concepts = root.member("concept")) add(*concepts, std::nullopt);
  linkParents();
}

// Depth is bounded by that of the document.
void CodeSystem::add(const Node& list, std::optional<std::uint32_t> parent) {
  for (const Node& node : list.children()) {
    const std::string_view code = textOf(node, "code");
    if (code.empty()) continue;
    const auto index = static_cast<std::uint32_t>(concepts_.size());
    const auto [place, fresh] = by_code_.try_emplace(code, index);
    if (!fresh) {
      if (parent) concepts_[place->second].parents.push_back(*parent);
      continue;
    }
    if (!case_sensitive_) folded_.try_emplace(toLowerAscii(code), index);
    Concept added{code, textOf(node, "display"), &node, {}};
    if (parent) added.parents.push_back(*parent);
    concepts_.push_back(std::move(added));
    if (const Node* children = node.member("concept")) add(*children, index);
  }
}

// Hierarchy given by properties instead of nesting.
void CodeSystem::linkParents() {
  for (std::uint32_t index = 0; index < concepts_.size(); ++index) {
    for (const Node& property : listOf(*concepts_[index].node, "property")) {
      const std::string_view name = textOf(property, "code");
      const bool up = name == "parent" || name == "subsumedBy";
      if (!up && name != "child") continue;
      const auto other = by_code_.find(propertyText(property));
      if (other == by_code_.end() || other->second == index) continue;
      if (up) {
        concepts_[index].parents.push_back(other->second);
      } else {
        concepts_[other->second].parents.push_back(index);
      }
    }
  }
}

const CodeSystem::Concept* CodeSystem::find(std::string_view code) const {
  if (const auto found = by_code_.find(code); found != by_code_.end())
    return &concepts_[found->second];
  if (case_sensitive_) return nullptr;
  const auto found = folded_.find(toLowerAscii(code));
  return found == folded_.end() ? nullptr : &concepts_[found->second];
}

bool CodeSystem::isBelow(std::uint32_t index, std::uint32_t ancestor) const {
  std::vector<std::uint32_t> todo = {index};
  std::vector<bool> seen(concepts_.size());
  while (!todo.empty()) {
    const std::uint32_t next = todo.back();
    todo.pop_back();
    if (seen[next]) continue;
    seen[next] = true;
    for (const std::uint32_t parent : concepts_[next].parents) {
      if (parent == ancestor) return true;
      todo.push_back(parent);
    }
  }
  return false;
}

std::optional<bool> CodeSystem::subsumes(std::string_view general, std::string_view special) const {
  const Concept* above = find(general);
  const Concept* below = find(special);
  if (above == nullptr || below == nullptr) return std::nullopt;
  return above == below || isBelow(static_cast<std::uint32_t>(below - concepts_.data()),
                                   static_cast<std::uint32_t>(above - concepts_.data()));
}

std::optional<bool> CodeSystem::passes(const Concept& tested, const Filter& filter) const {
  const auto below = [&] { return subsumes(filter.value, tested.code).value_or(false); };
  if (filter.op == "is-a") return below();
  if (filter.op == "is-not-a") return !below();
  if (filter.op == "descendent-of") return below() && tested.code != filter.value;
  if (filter.op == "generalizes") return subsumes(tested.code, filter.value).value_or(false);
  std::vector<std::string_view> values;
  if (filter.property == "code" || filter.property == "concept") {
    values.push_back(tested.code);
  } else if (filter.property == "display") {
    values.push_back(tested.display);
  } else {
    for (const Node& property : listOf(*tested.node, "property")) {
      if (textOf(property, "code") == filter.property) values.push_back(propertyText(property));
    }
    if (filter.property == "parent") {
      for (const std::uint32_t parent : tested.parents) values.push_back(concepts_[parent].code);
    }
  }
  const auto any = [&values](auto&& check) {
    return std::any_of(values.begin(), values.end(), check);
  };
  if (filter.op == "=") {
    return any([&](std::string_view value) { return value == filter.value; });
  }
  if (filter.op == "in" || filter.op == "not-in") {
    const bool in = any([&](std::string_view value) { return listed(filter.value, value); });
    return in == (filter.op == "in");
  }
  if (filter.op == "exists") return values.empty() != (filter.value == "true");
  if (filter.op == "regex") {
    const RE2 pattern({filter.value.data(), filter.value.size()}, RE2::Quiet);
    if (!pattern.ok()) return std::nullopt;
    return any([&](std::string_view value) {
      return RE2::FullMatch({value.data(), value.size()}, pattern);
    });
  }
  return std::nullopt;
}

bool CodeSystem::isDisplay(const Concept& named, std::string_view display) const {
  if (named.display.empty() || sameWords(named.display, display)) return true;
  const auto designations = listOf(*named.node, "designation");
  return std::any_of(designations.begin(), designations.end(), [&](const Node& designation) {
    return sameWords(textOf(designation, "value"), display);
  });
}

}  // namespace planbro::terminology
