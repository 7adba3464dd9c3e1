#include "terminology/code_system.h"

#include <algorithm>

#include "base/text.h"
#include "terminology/nodes.h"

namespace planbro::terminology {
namespace {

using json::Node;

constexpr std::string_view kConceptProperties = "http://hl7.org/fhir/concept-properties#";

// The value[x] of a concept's property; a Coding's code.
std::string_view propertyText(const Node& property) {
  const Node* value = valueOf(property);
  if (value == nullptr) return {};
  return value->isContainer() ? textOf(*value, "code") : value->text();
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

std::string primaryLanguage(std::string_view tag) {
  std::string primary = toLowerAscii(tag.substr(0, tag.find('-')));
  return primary == "no" ? "nb" : primary;
}

}  // namespace

std::string_view canonicalSystem(std::string_view system, std::string& room) {
  constexpr std::string_view kKodeverk = "http://helsedir.no/fhir/CodeSystem/no-kodeverk-";
  if (system.starts_with(kKodeverk)) {
    room = "urn:oid:2.16.578.1.12.4.1.1.";
    room += system.substr(kKodeverk.size());
  } else if (system.starts_with("urn:uid:")) {
    room = "urn:oid:";
    room += system.substr(8);
  } else if (system.starts_with("2.16.578.1.12.4.1.1.")) {
    room = "urn:oid:";
    room += system;
  } else {
    return system;
  }
  return room;
}

std::string canonicalSystem(std::string_view system) {
  std::string room;
  return std::string(canonicalSystem(system, room));
}

bool servesLanguage(std::string_view language, std::string_view wanted) {
  if (language.empty() || wanted.empty()) return false;
  return primaryLanguage(language) == primaryLanguage(wanted);
}

CodeSystem::CodeSystem(const fhir::Resource& resource) : resource_(resource) {
  const Node& root = resource.document()->root();
  url_ = textOf(root, "url");
  version_ = textOf(root, "version");
  name_ = textOf(root, "name");
  language_ = textOf(root, "language");
  const std::string_view content = textOf(root, "content");
  content_ = content == "complete"     ? Content::kComplete
             : content == "fragment"   ? Content::kFragment
             : content == "supplement" ? Content::kSupplement
                                       : Content::kOther;
  // Some say "complete" and mean their own designations.
  if (root.member("supplements") != nullptr) content_ = Content::kSupplement;
  case_sensitive_ = textOf(root, "caseSensitive") != "false";
  readProperties();
  if (const Node* concepts = root.member("concept")) add(*concepts, std::nullopt);
  linkParents();
}

void CodeSystem::readProperties() {
  for (const Node& property : listOf(root(), "property")) {
    std::string_view uri = textOf(property, "uri");
    if (!uri.starts_with(kConceptProperties)) continue;
    uri.remove_prefix(kConceptProperties.size());
    if (uri == "inactive") inactive_ = textOf(property, "code");
    if (uri == "notSelectable") not_selectable_ = textOf(property, "code");
    if (uri == "status") status_ = textOf(property, "code");
  }
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
  return above == below || isBelow(indexOf(*below), indexOf(*above));
}

std::vector<std::string_view> CodeSystem::valuesOf(const Concept& concept_,
                                                   std::string_view property) const {
  if (property == "code" || property == "concept") return {concept_.code};
  if (property == "display") return {concept_.display};
  std::vector<std::string_view> values;
  if (property == "parent") {
    for (const std::uint32_t parent : concept_.parents) values.push_back(concepts_[parent].code);
    return values;
  }
  for (const Node& one : listOf(*concept_.node, "property")) {
    if (textOf(one, "code") == property) values.push_back(propertyText(one));
  }
  return values;
}

bool CodeSystem::isInactive(const Concept& tested) const {
  for (const Node& one : listOf(*tested.node, "property")) {
    const std::string_view code = textOf(one, "code");
    const std::string_view value = propertyText(one);
    if (code == inactive_ && value == "true") return true;
    if (code == status_ && (value == "retired" || value == "inactive")) return true;
  }
  return false;
}

bool CodeSystem::isAbstract(const Concept& tested) const {
  const auto properties = listOf(*tested.node, "property");
  return std::any_of(properties.begin(), properties.end(), [this](const Node& one) {
    return textOf(one, "code") == not_selectable_ && propertyText(one) == "true";
  });
}

bool CodeSystem::isDisplay(const Concept& named, std::string_view display) const {
  return named.display.empty() || names(named, display);
}

bool CodeSystem::names(const Concept& named, std::string_view display) const {
  if (!named.display.empty() && sameWords(named.display, display)) return true;
  const auto designations = listOf(*named.node, "designation");
  return std::any_of(designations.begin(), designations.end(), [&](const Node& designation) {
    return sameWords(textOf(designation, "value"), display);
  });
}

std::string_view CodeSystem::displayFor(const Concept& named, std::string_view language) const {
  if (servesLanguage(language_, language)) return named.display;
  for (const Node& designation : listOf(*named.node, "designation")) {
    if (servesLanguage(textOf(designation, "language"), language))
      return textOf(designation, "value");
  }
  return named.display;
}

}  // namespace planbro::terminology
