#include "terminology/value_set.h"

#include <algorithm>

#include "terminology/terminology.h"

namespace planbro::terminology {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

std::span<const Node> listOf(const Node* node, std::string_view name) {
  const Node* member = node == nullptr ? nullptr : node->member(name);
  return member == nullptr ? std::span<const Node>{} : member->children();
}

}  // namespace

ValueSet::ValueSet(const fhir::Resource& resource, const Terminology& terminology)
    : resource_(resource) {
  const Node& root = resource.document()->root();
  url_ = textOf(root, "url");
  const Node* compose = root.member("compose");
  if (compose == nullptr) {
    if (const Node* expansion = root.member("expansion"))
      if (const Node* contains = expansion->member("contains")) addExpansion(*contains);
    return;
  }
  for (const Node& include : listOf(compose, "include"))
    includes_.push_back(compile(include, terminology));
  for (const Node& exclude : listOf(compose, "exclude"))
    excludes_.push_back(compile(exclude, terminology));
}

ValueSet::ValueSet(std::string_view system, const Terminology& terminology) : url_(system) {
  Part part;
  part.system = canonicalSystem(system);
  addWhole(part, terminology);
  includes_.push_back(std::move(part));
}

ValueSet::Part ValueSet::compile(const Node& include, const Terminology& terminology) {
  Part part;
  part.system = canonicalSystem(textOf(include, "system"));
  for (const Node& import : listOf(&include, "valueSet")) {
    part.imports.push_back(terminology.valueSet(import.text()));
    if (part.imports.back() == nullptr) {
      unknown_system_ = import.text();
    } else if (!part.imports.back()->unknownSystem().empty()) {
      unknown_system_ = part.imports.back()->unknownSystem();
    }
  }
  if (part.system.empty()) return part;
  const Node* concepts = include.member("concept");
  const Node* filters = include.member("filter");
  if (concepts != nullptr) {
    part.listed = true;
    for (const Node& listed : concepts->children()) part.codes.insert(textOf(listed, "code"));
  } else if (filters != nullptr) {
    addFiltered(part, *filters, terminology);
  } else {
    addWhole(part, terminology);
  }
  return part;
}

void ValueSet::addWhole(Part& part, const Terminology& terminology) {
  part.whole = terminology.codeSystem(part.system);
  if (part.whole != nullptr && part.whole->content() == CodeSystem::Content::kComplete) return;
  part.grammar = grammarOf(part.system);
  part.unknown = part.grammar == nullptr;
  if (part.unknown) unknown_system_ = part.system;
}

void ValueSet::addFiltered(Part& part, const Node& filters, const Terminology& terminology) {
  part.grammar = grammarOf(part.system);
  if (part.grammar != nullptr) return;
  part.listed = true;
  const CodeSystem* system = terminology.codeSystem(part.system);
  part.unknown = system == nullptr || system->content() != CodeSystem::Content::kComplete;
  if (system != nullptr) {
    for (const CodeSystem::Concept& tested : system->concepts()) {
      bool in = true;
      for (const Node& filter : filters.children()) {
        const auto passes = system->passes(
            tested, {textOf(filter, "property"), textOf(filter, "op"), textOf(filter, "value")});
        if (!passes) part.unknown = true;
        in = in && passes.value_or(false);
      }
      if (in) part.codes.insert(tested.code);
    }
  }
  if (part.unknown) unknown_system_ = part.system;
}

// Depth is bounded by that of the document.
void ValueSet::addExpansion(const Node& list) {
  for (const Node& node : list.children()) {
    const std::string system = canonicalSystem(textOf(node, "system"));
    const std::string_view code = textOf(node, "code");
    if (!code.empty() && textOf(node, "abstract") != "true") {
      auto part = std::find_if(includes_.begin(), includes_.end(),
                               [&system](const Part& p) { return p.system == system; });
      if (part == includes_.end()) {
        part = includes_.insert(includes_.end(), Part{});
        part->system = system;
        part->listed = true;
      }
      part->codes.insert(code);
    }
    if (const Node* nested = node.member("contains")) addExpansion(*nested);
  }
}

Membership ValueSet::containsIn(const Part& part, std::string_view system, std::string_view code) {
  Membership answer = Membership::kMember;
  if (!part.system.empty()) {
    if (!system.empty() && system != part.system) return Membership::kNotMember;
    bool in = part.codes.contains(code);
    if (!in && !part.listed) {
      in = (part.whole != nullptr && part.whole->find(code) != nullptr) ||
           (part.grammar != nullptr && part.grammar(code));
    } else if (!in && part.grammar != nullptr) {
      in = part.grammar(code);
    }
    if (!in) answer = part.unknown ? Membership::kUnknown : Membership::kNotMember;
  }
  for (const ValueSet* import : part.imports) {
    if (answer == Membership::kNotMember) return answer;
    const Membership there =
        import == nullptr ? Membership::kUnknown : import->contains(system, code);
    if (there != Membership::kMember) answer = there;
  }
  return answer;
}

Membership ValueSet::contains(std::string_view system, std::string_view code) const {
  const std::string wanted = canonicalSystem(system);
  Membership answer = Membership::kNotMember;
  for (const Part& part : includes_) {
    const Membership here = containsIn(part, wanted, code);
    if (here == Membership::kNotMember) continue;
    answer = here;
    if (here == Membership::kMember) break;
  }
  if (answer == Membership::kNotMember) return answer;
  for (const Part& part : excludes_) {
    if (containsIn(part, wanted, code) == Membership::kMember) return Membership::kNotMember;
  }
  return answer;
}

}  // namespace planbro::terminology
