#include "validation/slice_matching.h"

#include <algorithm>

#include "validation/values.h"

namespace planbro::validation {
namespace {

using json::Node;

// Strips `prefix` and takes what stands before the next ')'.
std::optional<std::string_view> takeCall(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return std::nullopt;
  const std::size_t end = rest.find(')', prefix.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view argument = rest.substr(prefix.size(), end - prefix.size());
  rest.remove_prefix(end + 1);
  return argument;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"'))
    return text.substr(1, text.size() - 2);
  return text;
}

// The part of a fixed or pattern value that the steps lead to; through lists to their only item.
const Node* partOf(const Node& value, std::span<const Step> steps) {
  const Node* node = &value;
  for (const Step& step : steps) {
    if (step.kind != Step::kName) return nullptr;
    while (node->kind == json::Kind::kArray && node->size == 1) node = &node->children()[0];
    node = node->member(step.text);
    if (node == nullptr) return nullptr;
  }
  while (node->kind == json::Kind::kArray && node->size == 1) node = &node->children()[0];
  return node;
}

const ElementRule* childNamed(const ElementRule& rule, std::uint16_t name) {
  for (const ElementRule* child : rule.children) {
    if (child->name_id == name) return child;
  }
  return nullptr;
}

class MatchFinder {
 public:
  MatchFinder(const Discriminator& discriminator, const Profiles& profiles)
      : discriminator_(discriminator), profiles_(profiles) {}

  SliceMatch find(const ElementRule& slice) {
    look(slice, discriminator_.path, 0);
    if (found_.kind == SliceMatch::kNothing && discriminator_.kind == Discriminator::kExists) {
      found_.kind = SliceMatch::kExists;
      found_.exists = slice.min > 0 || slice.max > 0;
    }
    return found_;
  }

 private:
  bool look(const ElementRule& rule, std::span<const Step> steps, int depth) {
    if (discriminator_.kind == Discriminator::kValue && takeValue(rule, steps)) return true;
    if (steps.empty()) return takeRule(rule);
    const Step& step = steps.front();
    const auto rest = steps.subspan(1);
    switch (step.kind) {
      case Step::kName:
        return lookBelow(rule, step, rest, depth);
      case Step::kExtension:
        return lookAtExtension(rule, step, rest, depth);
      case Step::kOfType:
        return look(rule, rest, depth);
      case Step::kResolve:
        return lookAtTarget(rule, rest, depth);
    }
    return false;
  }

  bool lookBelow(const ElementRule& rule, const Step& step, std::span<const Step> rest, int depth) {
    if (const ElementRule* child = childNamed(rule, step.name)) {
      if (look(*child, rest, depth)) return true;
      // A choice that is sliced to one type says what it says in the slice.
      if (child->slices.size() == 1 && look(*child->slices.front(), rest, depth)) return true;
    }
    if (depth > 8) return false;
    for (const TypeRule& type : rule.types) {
      for (std::size_t i = 0; i < type.profiles.size(); ++i) {
        const CompiledProfile* profile = profiles_.get(*type.profiles[i]);
        const ElementRule* inner =
            profile == nullptr ? nullptr : profile->ruleOf(type.profile_elements[i]);
        if (inner == nullptr) continue;
        if (const ElementRule* child = childNamed(*inner, step.name);
            child != nullptr && look(*child, rest, depth + 1))
          return true;
      }
    }
    return false;
  }

  bool lookAtExtension(const ElementRule& rule, const Step& step, std::span<const Step> rest,
                       int depth) {
    const ElementRule* extension = childNamed(rule, profiles_.definitions().nameId("extension"));
    if (extension == nullptr) return false;
    for (const ElementRule* slice : extension->slices) {
      for (const TypeRule& type : slice->types) {
        for (ProfileSlot* slot : type.profiles) {
          if (slot->key().substr(0, slot->key().find('|')) != step.text) continue;
          if (rest.empty()) return takeRule(*slice);
          if (look(*slice, rest, depth + 1)) return true;
          const CompiledProfile* profile = profiles_.get(*slot);
          if (profile != nullptr && look(profile->root(), rest, depth + 1)) return true;
        }
      }
    }
    return false;
  }

  bool lookAtTarget(const ElementRule& rule, std::span<const Step> rest, int depth) {
    if (rest.empty()) {
      for (const TypeRule& type : rule.types) {
        for (const ReferenceTarget& target : type.targets) {
          if (target.type != 0) found_.types.push_back(target.type);
          if (target.profile != nullptr) found_.profiles.push_back(target.profile);
        }
      }
      if (discriminator_.kind == Discriminator::kProfile && !found_.profiles.empty()) {
        found_.kind = SliceMatch::kProfiles;
      } else if (!found_.types.empty()) {
        found_.kind = SliceMatch::kTypes;
      }
      return found_.kind != SliceMatch::kNothing;
    }
    if (depth > 8) return false;
    for (const TypeRule& type : rule.types) {
      for (const ReferenceTarget& target : type.targets) {
        const CompiledProfile* profile =
            target.profile == nullptr ? nullptr : profiles_.get(*target.profile);
        if (profile != nullptr && look(profile->root(), rest, depth + 1)) return true;
      }
    }
    return false;
  }

  bool takeValue(const ElementRule& rule, std::span<const Step> steps) {
    for (const auto& [node, kind] : {std::pair{rule.fixed, SliceMatch::kFixed},
                                     std::pair{rule.pattern, SliceMatch::kPattern}}) {
      if (node == nullptr) continue;
      const Node* part = partOf(*node, steps);
      if (part == nullptr) continue;
      found_.kind = steps.empty() ? kind : SliceMatch::kPattern;
      found_.node = part;
      return true;
    }
    return false;
  }

  bool takeRule(const ElementRule& rule) {
    switch (discriminator_.kind) {
      case Discriminator::kValue:
        if (rule.max == 0) {
          found_.kind = SliceMatch::kExists;
          found_.exists = false;
        } else if (rule.binding.strength == Strength::kRequired && rule.binding.set != nullptr) {
          found_.kind = SliceMatch::kBinding;
          found_.set = rule.binding.set;
        }
        break;
      case Discriminator::kType:
        for (const TypeRule& type : rule.types) {
          if (type.type != 0) found_.types.push_back(type.type);
        }
        if (!found_.types.empty()) found_.kind = SliceMatch::kTypes;
        break;
      case Discriminator::kExists:
        found_.kind = SliceMatch::kExists;
        found_.exists = rule.max > 0;
        break;
      case Discriminator::kProfile:
        for (const TypeRule& type : rule.types)
          found_.profiles.insert(found_.profiles.end(), type.profiles.begin(), type.profiles.end());
        if (!found_.profiles.empty()) found_.kind = SliceMatch::kProfiles;
        break;
    }
    return found_.kind != SliceMatch::kNothing;
  }

  const Discriminator& discriminator_;
  const Profiles& profiles_;
  SliceMatch found_;
};

// Where the steps lead from an element, tried one by one.
class Tester {
 public:
  Tester(const Profiles& profiles, const SliceTests& tests) : profiles_(profiles), tests_(tests) {}

  bool matches(const fhir::Element& element, const Discriminator& discriminator,
               const SliceMatch& match) const {
    const bool found = any(element, discriminator.path, match);
    return match.kind == SliceMatch::kExists ? found == match.exists : found;
  }

 private:
  bool any(const fhir::Element& element, std::span<const Step> steps,
           const SliceMatch& match) const {
    if (steps.empty()) return test(element, match);
    const Step& step = steps.front();
    const auto rest = steps.subspan(1);
    bool found = false;
    switch (step.kind) {
      case Step::kName:
        element.forEachChild(step.name, [&](const fhir::Element& child) {
          found = found || any(child, rest, match);
        });
        return found;
      case Step::kOfType:
        return element.type() == step.type && any(element, rest, match);
      case Step::kExtension:
        element.forEachChild("extension", [&](const fhir::Element& child) {
          found = found || (child.textOf("url") == step.text && any(child, rest, match));
        });
        return found;
      case Step::kResolve: {
        const fhir::Element target = tests_.resolve(element);
        if (target) return any(target, rest, match);
        return rest.empty() && match.kind == SliceMatch::kTypes &&
               isOneOf(tests_.targetType(element), match.types);
      }
    }
    return false;
  }

  bool isOneOf(fhir::TypeId type, const std::vector<fhir::TypeId>& types) const {
    return type != 0 && std::any_of(types.begin(), types.end(), [&](fhir::TypeId wanted) {
             return profiles_.definitions().isA(type, wanted);
           });
  }

  bool test(const fhir::Element& element, const SliceMatch& match) const {
    switch (match.kind) {
      case SliceMatch::kFixed:
        return element.value() != nullptr && equalsFixed(*element.value(), *match.node);
      case SliceMatch::kPattern:
        return element.value() != nullptr && matchesPattern(*element.value(), *match.node);
      case SliceMatch::kBinding:
        return profiles_.terminology().memberOf(element, match.set->key()).value_or(false);
      case SliceMatch::kTypes:
        return isOneOf(element.type(), match.types);
      case SliceMatch::kExists:
        return true;
      case SliceMatch::kProfiles:
        return std::any_of(match.profiles.begin(), match.profiles.end(), [&](ProfileSlot* slot) {
          const CompiledProfile* profile = profiles_.get(*slot);
          return profile != nullptr &&
                 profiles_.definitions().isA(element.type(), profile->type()) &&
                 (profile->isBaseType() || tests_.conforms(element, *profile));
        });
      case SliceMatch::kNothing:
        break;
    }
    return false;
  }

  const Profiles& profiles_;
  const SliceTests& tests_;
};

}  // namespace

std::optional<std::vector<Step>> parseDiscriminator(std::string_view path,
                                                    const fhir::Definitions& definitions) {
  std::vector<Step> steps;
  std::string_view rest = path;
  if (rest.starts_with("$this")) rest.remove_prefix(5);
  while (!rest.empty()) {
    if (rest[0] == '.') rest.remove_prefix(1);
    Step step;
    if (const auto type = takeCall(rest, "ofType(")) {
      step.kind = Step::kOfType;
      step.text = *type;
      step.type = definitions.findType(*type);
    } else if (const auto url = takeCall(rest, "extension(")) {
      step.kind = Step::kExtension;
      step.text = unquoted(*url);
    } else if (takeCall(rest, "resolve(")) {
      step.kind = Step::kResolve;
    } else {
      const std::size_t end = std::min(rest.find('.'), rest.size());
      std::string_view name = rest.substr(0, end);
      rest.remove_prefix(end);
      if (name.ends_with("[x]")) name.remove_suffix(3);
      step.text = name;
      step.name = definitions.nameId(name);
      if (step.name == 0) return std::nullopt;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

SliceMatch sliceMatch(const ElementRule& rule, const Discriminator& discriminator,
                      const Profiles& profiles) {
  return MatchFinder(discriminator, profiles).find(rule);
}

bool isInSlice(const fhir::Element& element, const Slicing& slicing, const ElementRule& slice,
               const Profiles& profiles, const SliceTests& tests) {
  const Tester tester(profiles, tests);
  bool tried = false;
  for (std::size_t i = 0; i < slicing.discriminators.size() && i < slice.matches.size(); ++i) {
    // A slice may leave one of several discriminators open.
    if (slice.matches[i].kind == SliceMatch::kNothing) continue;
    if (!tester.matches(element, slicing.discriminators[i], slice.matches[i])) return false;
    tried = true;
  }
  return tried;
}

}  // namespace planbro::validation
