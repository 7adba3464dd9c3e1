#include "validation/profile_pruning.h"

#include <algorithm>
#include <set>

namespace planbro::validation {
namespace {

class Pruning {
 public:
  explicit Pruning(const Profiles& profiles) : profiles_(profiles) {}

  // Elements and their slices; the depth is bounded by kMaxElementDepth.
  void prune(ElementRule& rule, const ElementRule* base) {
    const bool slice = !rule.slice_name.empty();
    if (base != nullptr) {
      if (!slice && rule.min <= base->min && rule.max >= base->max) rule.checks_cardinality = false;
      rule.checks_types = rule.types.size() < base->types.size();
      rule.checks_targets = !sameTargets(rule, *base);
      rule.checks_binding =
          rule.binding.url != base->binding.url || rule.binding.strength != base->binding.strength;
      std::erase_if(rule.invariants, [base](const Invariant& own) {
        return std::any_of(base->invariants.begin(), base->invariants.end(),
                           [&own](const Invariant& there) { return there.key == own.key; });
      });
      if (rule.max_length == base->max_length) rule.max_length = 0;
    }
    rule.checks_profiles = std::any_of(rule.types.begin(), rule.types.end(),
                                       [](const TypeRule& t) { return !t.profiles.empty(); });
    if (rule.binding.strength < Strength::kExtensible) rule.checks_binding = false;
    for (ElementRule* child : rule.children) {
      if (pruned_.insert(child).second) {
        const ElementRule* below = child->only_type == 0 ? baseChild(base, *child) : nullptr;
        // Under a restricted choice the type's own rules are the base.
        if (below == nullptr && rule.types.size() == 1 && rule.types[0].type != 0) {
          if (const CompiledProfile* type = profiles_.ofType(rule.types[0].type))
            below = baseChild(&type->root(), *child);
        }
        prune(*child, below);
      }
      if (child->checks_anything) rule.checked_children.push_back(child);
    }
    for (ElementRule* one : rule.slices) {
      if (pruned_.insert(one).second) prune(*one, base);
    }
    rule.checks_anything =
        slice || rule.checks_cardinality || rule.checks_types || rule.checks_targets ||
        rule.checks_binding || rule.checks_profiles || rule.checks_slices || rule.max_length != 0 ||
        rule.fixed != nullptr || rule.pattern != nullptr || rule.min_value != nullptr ||
        rule.max_value != nullptr || !rule.invariants.empty() || !rule.checked_children.empty();
  }

 private:
  // The rule of the base types for the child of that name below `base`, whose type may decide.
  const ElementRule* baseChild(const ElementRule* base, const ElementRule& child) const {
    if (base == nullptr) return nullptr;
    const auto in = [&child](const ElementRule& rule) -> const ElementRule* {
      for (const ElementRule* candidate : rule.children) {
        if (candidate->name_id == child.name_id && candidate->slice_name.empty()) return candidate;
      }
      return nullptr;
    };
    if (const ElementRule* found = in(*base)) return found;
    if (base->types.size() != 1 || base->types[0].type == 0) return nullptr;
    const CompiledProfile* type = profiles_.ofType(base->types[0].type);
    return type == nullptr ? nullptr : in(type->root());
  }

  static bool sameTargets(const ElementRule& rule, const ElementRule& base) {
    if (rule.types.size() != 1 || base.types.size() != 1) return rule.types.size() == 0;
    const auto& a = rule.types[0].targets;
    const auto& b = base.types[0].targets;
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const ReferenceTarget& x, const ReferenceTarget& y) {
                        return x.type == y.type && x.profile == y.profile;
                      });
  }

  const Profiles& profiles_;
  std::set<const ElementRule*> pruned_;
};

}  // namespace

void pruneToBase(ElementRule& root, fhir::TypeId type, const Profiles& profiles) {
  const CompiledProfile* base = profiles.ofType(type);
  Pruning(profiles).prune(root, base == nullptr ? nullptr : &base->root());
}

}  // namespace planbro::validation
