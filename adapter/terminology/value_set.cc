#include "terminology/value_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "terminology/nodes.h"
#include "terminology/terminology.h"

namespace planbro::terminology {

using json::Node;

ValueSet::ValueSet(const fhir::Resource& resource, const Terminology& terminology)
    : document_(resource.document()) {
  read(document_->root(), terminology);
}

ValueSet::ValueSet(const Node& resource, const Terminology& terminology) {
  read(resource, terminology);
}

ValueSet::ValueSet(std::string_view system, const Terminology& terminology) : url_(system) {
  Part part;
  part.system = canonicalSystem(system);
  findSource(part, {}, terminology);
  part.named = part.source == nullptr ? std::string_view(url_) : part.source->url();
  addWhole(part);
  includes_.push_back(std::move(part));
}

void ValueSet::read(const Node& root, const Terminology& terminology) {
  root_ = &root;
  url_ = textOf(root, "url");
  const Node* compose = root.member("compose");
  if (compose != nullptr) {
    without_inactive_ = textOf(*compose, "inactive") == "false";
    for (const Node& include : listOf(*compose, "include"))
      includes_.push_back(compile(include, terminology));
    for (const Node& exclude : listOf(*compose, "exclude"))
      excludes_.push_back(compile(exclude, terminology));
    if (gaps_.empty()) return;
  }
  // A given expansion counts where the composition is missing or cannot be followed.
  const Node* expansion = root.member("expansion");
  const Node* given = expansion == nullptr ? nullptr : expansion->member("contains");
  if (given == nullptr) return;
  forget();
  addExpansion(*given, terminology);
}

void ValueSet::forget() {
  includes_.clear();
  excludes_.clear();
  gaps_.clear();
  unknown_system_.clear();
}

void ValueSet::addGap(Gap::Kind kind, std::string what) {
  const bool known = std::any_of(gaps_.begin(), gaps_.end(), [&](const Gap& gap) {
    return gap.kind == kind && gap.what == what;
  });
  if (!known) gaps_.push_back({kind, std::move(what)});
}

void ValueSet::Part::list(std::string_view code, const Node* node) {
  if (codes.emplace(code, node).second) order.push_back(code);
}

bool ValueSet::Part::holds(std::string_view code) const {
  if (codes.contains(code)) return true;
  if (source == nullptr || source->caseSensitive()) return false;
  const CodeSystem::Concept* found = source->find(code);
  return found != nullptr && codes.contains(found->code);
}

ValueSet::Part ValueSet::compile(const Node& include, const Terminology& terminology) {
  Part part;
  part.named = textOf(include, "system");
  part.system = canonicalSystem(part.named);
  for (const Node& import : listOf(include, "valueSet"))
    addImport(part, import.text(), terminology);
  if (part.system.empty()) return part;
  findSource(part, textOf(include, "version"), terminology);
  const Node* concepts = include.member("concept");
  const Node* filters = include.member("filter");
  if (concepts != nullptr) {
    part.listed = true;
    for (const Node& listed : concepts->children()) part.list(textOf(listed, "code"), &listed);
  } else if (filters != nullptr) {
    addFiltered(part, *filters);
  } else {
    addWhole(part);
  }
  return part;
}

void ValueSet::addImport(Part& part, std::string_view url, const Terminology& terminology) {
  const ValueSet* import = terminology.valueSet(url);
  part.imports.push_back(import);
  if (import == nullptr) {
    unknown_system_ = url;
    addGap(terminology.isCompiling(url) ? Gap::Kind::kCircle : Gap::Kind::kValueSet,
           std::string(url));
    return;
  }
  if (!import->unknownSystem().empty()) unknown_system_ = import->unknownSystem();
  for (const Gap& gap : import->gaps()) addGap(gap.kind, gap.what);
}

// A version that is asked for is that version: another may have other codes. What is listed code by
// code is taken as it stands, and then the newest serves for names.
void ValueSet::findSource(Part& part, std::string_view version, const Terminology& terminology) {
  part.grammar = grammarOf(part.system);
  part.source = terminology.codeSystem(part.system);
  if (version.empty() || part.source == nullptr || part.source->version() == version) return;
  const std::string wanted = fmt::format("{}|{}", part.system, version);
  if (const CodeSystem* exact = terminology.codeSystem(wanted)) {
    part.source = exact;
  } else {
    part.missing_version = wanted;
  }
}

void ValueSet::addWhole(Part& part) {
  if (isComplete(part)) {
    part.grammar = nullptr;
    return;
  }
  if (part.grammar != nullptr) return addGap(Gap::Kind::kGrammar, part.system);
  addMissing(part);
}

bool ValueSet::isComplete(const Part& part) {
  return part.source != nullptr && part.source->content() == CodeSystem::Content::kComplete &&
         part.missing_version.empty();
}

void ValueSet::addMissing(Part& part) {
  part.unknown = true;
  unknown_system_ = part.system;
  if (!part.missing_version.empty()) {
    part.source = nullptr;
    return addGap(Gap::Kind::kVersion, part.missing_version);
  }
  const bool fragment =
      part.source != nullptr && part.source->content() == CodeSystem::Content::kFragment;
  addGap(fragment ? Gap::Kind::kFragment : Gap::Kind::kCodeSystem, part.system);
}

void ValueSet::addFiltered(Part& part, const Node& filters) {
  if (!isComplete(part)) addMissing(part);
  part.listed = true;
  if (part.source == nullptr) return;
  std::vector<CodeSystem::Filter> asked;
  for (const Node& filter : filters.children())
    asked.push_back({textOf(filter, "property"), textOf(filter, "op"), textOf(filter, "value")});
  const auto selected = part.source->select(asked);
  if (!selected.has_value()) {
    const CodeSystem::Filter& refused = selected.error();
    part.unknown = true;
    unknown_system_ = part.system;
    return addGap(Gap::Kind::kFilter,
                  fmt::format("{} {} {}", refused.property, refused.op, refused.value));
  }
  for (const std::uint32_t index : *selected)
    part.list(part.source->concepts()[index].code, nullptr);
}

// Depth is bounded by that of the document.
void ValueSet::addExpansion(const Node& list, const Terminology& terminology) {
  for (const Node& node : list.children()) {
    const std::string_view named = textOf(node, "system");
    const std::string system = canonicalSystem(named);
    const std::string_view code = textOf(node, "code");
    if (!code.empty() && textOf(node, "abstract") != "true") {
      auto part = std::find_if(includes_.begin(), includes_.end(),
                               [&system](const Part& p) { return p.system == system; });
      if (part == includes_.end()) {
        part = includes_.insert(includes_.end(), Part{});
        part->system = system;
        part->named = named;
        part->listed = true;
        part->source = terminology.codeSystem(system);
      }
      part->list(code, &node);
    }
    if (const Node* nested = node.member("contains")) addExpansion(*nested, terminology);
  }
}

Membership ValueSet::containsIn(const Part& part, std::string_view system,
                                std::string_view code) const {
  Membership answer = Membership::kMember;
  if (part.system.empty() && part.imports.empty()) return Membership::kNotMember;
  if (!part.system.empty()) {
    if (!system.empty() && system != part.system) return Membership::kNotMember;
    const CodeSystem::Concept* known = part.source == nullptr ? nullptr : part.source->find(code);
    bool in = part.holds(code);
    if (!in && !part.listed)
      in = known != nullptr || (part.grammar != nullptr && part.grammar(code));
    const bool possible = part.unknown && (part.grammar == nullptr || part.grammar(code));
    if (in && without_inactive_ && known != nullptr && part.source->isInactive(*known))
      return Membership::kNotMember;
    if (!in) answer = possible ? Membership::kUnknown : Membership::kNotMember;
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
  std::string room;
  const std::string_view wanted = canonicalSystem(system, room);
  Membership answer = Membership::kNotMember;
  for (const Part& part : includes_) {
    const Membership here = containsIn(part, wanted, code);
    if (here == Membership::kNotMember) continue;
    answer = here;
    if (here == Membership::kMember) break;
  }
  if (answer == Membership::kNotMember) return answer;
  for (const Part& part : excludes_) {
    const Membership here = containsIn(part, wanted, code);
    if (here == Membership::kMember) return Membership::kNotMember;
    if (here == Membership::kUnknown) answer = Membership::kUnknown;
  }
  return answer;
}

Member ValueSet::memberOf(const Part& part, std::string_view code, const Node* listed) const {
  Member member;
  member.system = part.named;
  member.source = part.source;
  member.code = code;
  member.listed = listed;
  if (listed != nullptr) {
    member.document = document_;
    member.display = textOf(*listed, "display");
    member.inactive = textOf(*listed, "inactive") == "true";
  }
  member.described = part.source == nullptr ? nullptr : part.source->find(code);
  if (member.described == nullptr) return member;
  if (member.display.empty()) member.display = member.described->display;
  member.inactive = member.inactive || part.source->isInactive(*member.described);
  member.abstract = part.source->isAbstract(*member.described);
  return member;
}

std::vector<Member> ValueSet::membersOf(const Part& part) const {
  std::vector<Member> members;
  if (part.system.empty()) {
    if (!part.imports.empty() && part.imports.front() != nullptr)
      members = part.imports.front()->members();
  } else if (part.listed) {
    for (const std::string_view code : part.order)
      members.push_back(memberOf(part, code, part.codes.at(code)));
  } else if (part.source != nullptr) {
    for (const CodeSystem::Concept& one : part.source->concepts())
      members.push_back(memberOf(part, one.code, nullptr));
  }
  std::erase_if(members, [&](const Member& member) {
    std::string room;
    return containsIn(part, canonicalSystem(member.system, room), member.code) !=
           Membership::kMember;
  });
  return members;
}

std::vector<Member> ValueSet::members() const {
  std::vector<Member> all;
  std::set<std::pair<std::string, std::string_view>> seen;
  const bool alone = includes_.size() == 1;
  for (const Part& part : includes_) {
    for (Member& member : membersOf(part)) {
      const std::string system = canonicalSystem(member.system);
      if (!alone && !seen.emplace(system, member.code).second) continue;
      const bool excluded =
          std::any_of(excludes_.begin(), excludes_.end(), [&](const Part& exclude) {
            return containsIn(exclude, system, member.code) == Membership::kMember;
          });
      if (!excluded) all.push_back(member);
    }
  }
  return all;
}

std::vector<std::string> ValueSet::usedCodeSystems() const {
  std::set<std::string> used;
  for (const Part& part : includes_) {
    if (!part.system.empty()) {
      std::string canonical(part.named);
      if (part.source != nullptr && !part.source->version().empty())
        canonical += "|" + std::string(part.source->version());
      used.insert(std::move(canonical));
    }
    for (const ValueSet* import : part.imports) {
      if (import != nullptr)
        used.merge([&] {
          auto inner = import->usedCodeSystems();
          return std::set<std::string>(inner.begin(), inner.end());
        }());
    }
  }
  return {used.begin(), used.end()};
}

}  // namespace planbro::terminology
