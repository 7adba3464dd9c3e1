#include "validation/walk.h"

#include <algorithm>

#include "validation/primitives.h"
#include "validation/resource_rules.h"
#include "validation/vital_signs.h"

namespace planbro::validation {

using fhir::Element;
using fhir::TypeKind;

Walk::Walk(const validation::Profiles& profiles, const fhir::Resource& resource, Reporter& reporter)
    : profiles_(profiles),
      definitions_(resource.definitions()),
      resource_(resource),
      reporter_(reporter) {}

void Walk::run(std::span<const std::string> profiles) {
  const Element root = resource_.root();
  const PathLink link{nullptr, {}, -1, root.typeName()};
  checkResource(root, link, nullptr, {}, profiles);
}

void Walk::checkResource(const Element& resource, const PathLink& link, const Scope* outer,
                         std::string_view full_url, std::span<const std::string> profiles) {
  const bool contained =
      outer != nullptr && link.parent != nullptr && link.parent->name == "contained";
  const Scope scope{outer, resource, contained ? outer->root : resource, &link, full_url};
  const Spot spot{link, scope};
  const CompiledProfile* type = profiles_.ofType(resource.type());
  // Without a type of its own it has been reported where it stands.
  if (type == nullptr || definitions_.type(resource.type()).abstract) return;
  checkResourceId(resource, spot);
  scopes_.push_back(&scope);
  if (resource.typeName() == "Bundle") indexBundle(resource);
  checkByType(resource, type->root(), spot);
  if (resource.typeName() == "Bundle") checkBundle(resource, spot);
  if (const ResourceRule rule = profiles_.traitsOf(resource.type()).rule)
    rule({profiles_, reporter_, resource, scope.root, link, environmentOf(scope)});
  for (const std::string& profile : profiles)
    applyProfile(resource, profile, spot, resource.anyNode());
  for (const Pack& pack : profiles_.options().packs) {
    if (contained) break;
    for (const std::string& profile : pack.profilesFor(resource))
      applyProfile(resource, profile, spot, resource.anyNode());
  }
  if (profiles_.options().use_profiles) {
    if (const auto profile = vitalSignProfileOf(resource); profile.has_value())
      applyProfile(resource, *profile, spot, resource.anyNode());
    checkMetaProfiles(resource, spot);
  }
  scopes_.pop_back();
}

// The definitions call Resource.id a string; the type id is meant.
void Walk::checkResourceId(const Element& resource, Spot spot) {
  const Element id = resource.child("id");
  if (!id) return;
  const PathLink link{&spot.link, "id", -1, {}};
  if (id.sibling() != nullptr) {
    reporter_.add("PB-1326", link, id.anyNode(), {});
  } else if (id.hasValue() && !id.text().empty() && !hasFormat(Primitive::kId, id.text())) {
    reporter_.add("PB-1201", link, id.value(), {std::string(id.text().substr(0, 64)), "id"});
  }
}

void Walk::checkMetaProfiles(const Element& resource, Spot spot) {
  resource.child("meta").forEachChild("profile", [&](const Element& profile) {
    if (profile.hasValue()) applyProfile(resource, profile.text(), spot, profile.value());
  });
}

void Walk::applyProfile(const Element& resource, std::string_view canonical, Spot spot,
                        const Node* named_at) {
  const CompiledProfile* profile = profiles_.get(canonical);
  if (profile == nullptr) {
    reporter_.add("PB-1361", spot.link, named_at, {std::string(canonical)});
    return;
  }
  if (!definitions_.isA(resource.type(), profile->type())) {
    reporter_.add("PB-1362", spot.link, named_at,
                  {std::string(canonical), std::string(definitions_.type(profile->type()).name),
                   std::string(resource.typeName())});
    return;
  }
  if (!profile->isBaseType()) checkByProfile(resource, profile->root(), *profile, spot);
}

void Walk::checkByType(const Element& element, const ElementRule& rule, Spot spot) {
  if (reporter_.full()) return;
  const fhir::TypeId type = element.type();
  if (type == 0) return;  // unbound: the structure check has said so
  const TypeKind kind = definitions_.type(type).kind;
  const Node* value = element.value();
  if (kind != TypeKind::kPrimitive && (value == nullptr || value->kind != json::Kind::kObject))
    return;
  checkInvariants(element, rule.invariants, spot);
  const ElementRule* inner = &rule;
  if (rule.children.empty()) {
    const CompiledProfile* own = profiles_.ofType(type);
    if (own != nullptr && &own->root() != &rule) {
      inner = &own->root();
      checkInvariants(element, inner->invariants, spot);
    }
  }
  if (rule.binding.strength >= Strength::kExtensible) checkBinding(element, rule.binding, {}, spot);
  checkSpecialType(element, rule, spot);
  if (kind != TypeKind::kPrimitive) {
    checkStructure(*value, spot);
    checkChildrenByType(element, *inner, spot);
  } else if (element.sibling() != nullptr) {
    if (element.sibling()->isContainer()) checkStructure(*element.sibling(), spot);
    checkChildrenByType(element, *inner, spot);
  }
}

void Walk::checkChildrenByType(const Element& element, const ElementRule& rule, Spot spot) {
  constexpr std::size_t kMostRules = 128;
  std::uint16_t counts[kMostRules] = {};
  const auto& children = rule.checked_children;
  std::uint16_t last_name = 0;
  std::int32_t index = 0;
  element.forEachChild([&](const Element& child) {
    const std::uint16_t name = child.nameId();
    index = name == last_name && name != 0 ? index + 1 : 0;
    last_name = name;
    const fhir::Member* member = child.member();
    if (member == nullptr || name == 0) return;
    std::size_t at = 0;
    while (at < children.size() && children[at]->name_id != name) ++at;
    if (at == children.size()) return;
    if (at < kMostRules) ++counts[at];
    const PathLink link{&spot.link, child.name(), member->is(fhir::Member::kList) ? index : -1,
                        member->is(fhir::Member::kChoice) ? child.typeName() : std::string_view{}};
    hosts_.push_back(&element);
    if (member->is(fhir::Member::kAnyResource)) {
      const PathLink inside{&link, {}, -1, child.typeName()};
      checkResource(child, inside, &spot.scope, element.textOf("fullUrl"), {});
    } else {
      checkByType(child, *children[at], {link, spot.scope});
    }
    hosts_.pop_back();
  });
  for (std::size_t at = 0; at < children.size() && at < kMostRules; ++at) {
    const ElementRule& child = *children[at];
    if (counts[at] < child.min) {
      reporter_.add("PB-1101", spot.link, element.anyNode(),
                    {child.name, std::to_string(child.min), std::to_string(counts[at])});
    } else if (counts[at] > child.max) {
      reporter_.add("PB-1102", spot.link, element.anyNode(),
                    {child.name, std::to_string(child.max), std::to_string(counts[at])});
    }
  }
}

void Walk::checkSpecialType(const Element& element, const ElementRule& rule, Spot spot) {
  using Special = validation::Profiles::Special;
  switch (profiles_.traitsOf(element.type()).special) {
    case Special::kExtension:
      return checkExtension(element, spot);
    case Special::kReference:
      return checkReference(element, rule, {}, spot);
    case Special::kCoding:
      return checkCoding(element, rule.binding, spot);
    case Special::kIdentifier:
      return checkIdentifier(element, spot);
    case Special::kXhtml:
      return checkNarrative(element, spot);
    case Special::kQuantity:
      return checkQuantity(element, spot);
    case Special::kAttachment:
      return checkAttachment(element, spot);
    case Special::kNone:
      return;
  }
}

fhirpath::Environment Walk::environmentOf(const Scope& scope) const {
  fhirpath::Environment environment(scratch_);
  environment.resource = scope.resource;
  environment.root_resource = scope.root;
  environment.resolver = this;
  environment.terminology = &profiles_.terminology();
  environment.profiles = this;
  environment.clock = profiles_.options().clock;
  return environment;
}

void Walk::checkInvariants(const Element& element, const std::vector<Invariant>& invariants,
                           Spot spot) {
  if (invariants.empty()) return;
  const fhirpath::Environment environment = environmentOf(spot.scope);
  for (const Invariant& invariant : invariants) {
    const auto holds = fhirpath::test(*invariant.program, element, environment);
    const Reporter::Origin origin{invariant.key, invariant.profile, invariant.severity};
    if (!holds.has_value()) {
      reporter_.add("PB-1302", spot.link, element.anyNode(), {invariant.key, holds.error().message},
                    {invariant.key, invariant.profile, std::nullopt});
    } else if (!*holds && invariant.human_nb.empty()) {
      reporter_.add("PB-1301", spot.link, element.anyNode(), {invariant.key, invariant.human},
                    origin);
    } else if (!*holds) {
      reporter_.add("PB-1304", spot.link, element.anyNode(),
                    {invariant.key, invariant.human, invariant.human_nb, invariant.human_nn},
                    origin);
    }
  }
}

Element Walk::resolve(std::string_view reference, const Element& from) const {
  const Scope* scope = scopeOf(from);
  if (scope == nullptr) return {};
  if (reference.starts_with('#')) {
    if (reference.size() == 1) return scope->root;
    Element found;
    scope->root.forEachChild("contained", [&](const Element& contained) {
      if (!found && contained.textOf("id") == reference.substr(1)) found = contained;
    });
    return found;
  }
  reference = reference.substr(0, std::min(reference.find('|'), reference.find("/_history/")));
  if (const auto exact = by_full_url_.find(std::string(reference)); exact != by_full_url_.end())
    return exact->second;
  if (reference.find(':') != std::string_view::npos) return {};
  // Relative: below the same server as the entry that says it, or any entry of that type and id.
  for (const Scope* around = scope; around != nullptr; around = around->outer) {
    if (around->full_url.empty()) continue;
    const std::string_view url = around->full_url;
    if (url.starts_with("urn:")) {
      const std::string prefix(url.substr(0, url.find(':', 4) + 1));
      const auto found =
          by_full_url_.find(prefix + std::string(reference.substr(reference.rfind('/') + 1)));
      if (found != by_full_url_.end()) return found->second;
      continue;
    }
    const std::size_t id = url.rfind('/');
    const std::size_t type = id == std::string_view::npos ? id : url.rfind('/', id - 1);
    if (type == std::string_view::npos) continue;
    const auto found =
        by_full_url_.find(std::string(url.substr(0, type + 1)) + std::string(reference));
    if (found != by_full_url_.end()) return found->second;
  }
  const auto any = by_reference_.find(std::string(reference));
  return any == by_reference_.end() ? Element() : any->second;
}

std::optional<bool> Walk::conformsTo(const Element& element, std::string_view profile_url) const {
  const CompiledProfile* profile = profiles_.get(profile_url);
  if (profile == nullptr) return std::nullopt;
  return definitions_.isA(element.type(), profile->type()) &&
         (profile->isBaseType() || conforms(element, *profile));
}

bool Walk::conforms(const Element& element, const CompiledProfile& profile) const {
  const std::pair<const void*, const CompiledProfile*> key{element.anyNode(), &profile};
  // What is being tried already counts as conforming: a circle of references must end.
  if (std::find(trials_.begin(), trials_.end(), key) != trials_.end()) return true;
  trials_.push_back(key);
  const Reporter::Trial trial(reporter_);
  const PathLink link{nullptr, {}, -1, element.typeName()};
  const Scope* around = scopeOf(element);
  Scope scope;
  if (around != nullptr) scope = *around;
  if (definitions_.type(element.type()).kind == TypeKind::kResource) {
    scope.resource = element;
    if (around == nullptr || !(around->resource == element)) scope.root = element;
  }
  // A trial leaves nothing behind: what it reports is counted and dropped.
  Walk& trying = const_cast<Walk&>(*this);
  trying.scopes_.push_back(&scope);
  trying.checkByProfile(element, profile.root(), profile, {link, scope});
  trying.scopes_.pop_back();
  trials_.pop_back();
  return !trial.failed();
}

}  // namespace planbro::validation
