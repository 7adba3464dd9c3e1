// A StructureDefinition against the one it is derived from: paths that exist, cardinalities, types,
// values and bindings that only narrow; expressions that can be understood.
//
// Of the differential everything is checked; of a snapshot, which others made from it, the
// expressions. What a definition says that its base does not know of (base not loaded, logical
// models) is passed over.
// Source: FHIR R4, structuredefinition.html, elementdefinition.html, profiling.html (5.1.0.4).
#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "fhirpath/program.h"
#include "validation/profile.h"
#include "validation/resource_rules.h"
#include "validation/values.h"

namespace planbro::validation {

using fhir::Element;
using fhir::TypeId;

namespace {

constexpr std::string_view kExtensionUrl = "http://hl7.org/fhir/StructureDefinition/Extension";
constexpr std::string_view kSystemTypes = "http://hl7.org/fhirpath/";

// An element of the base, and the one type of it that the path has chosen (0: none).
struct BaseElement {
  const ElementRule* rule = nullptr;
  TypeId chosen = 0;
};

std::uint32_t countOf(std::string_view text, std::uint32_t otherwise) {
  if (text == "*") return kUnbounded;
  std::uint32_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int strengthOf(std::string_view code) {
  if (code == "required") return 3;
  if (code == "extensible") return 2;
  return code == "preferred" ? 1 : 0;
}

class DefinitionCheck {
 public:
  explicit DefinitionCheck(const RuleContext& context)
      : context_(context),
        definitions_(context.profiles.definitions()),
        type_(context.resource.textOf("type")),
        constraint_(context.resource.textOf("derivation") == "constraint") {}

  void run() {
    checkBase();
    checkContexts();
    checkExtensionUrl();
    const Element differential = context_.resource.child("differential");
    const PathLink link{&context_.link, "differential", -1, {}};
    if (differential)
      forEachAt(differential, link, "element", [&](const Element& element, const PathLink& at) {
        checkElement(element, at);
        checkConstraints(element, at);
      });
    const Element snapshot = context_.resource.child("snapshot");
    const PathLink snapshot_link{&context_.link, "snapshot", -1, {}};
    if (snapshot && !differential)
      forEachAt(snapshot, snapshot_link, "element",
                [&](const Element& element, const PathLink& at) { checkConstraints(element, at); });
  }

 private:
  void report(std::string_view code, const PathLink& parent, const Element& holder,
              std::string_view name, std::vector<std::string> arguments) const {
    const Element element = holder.child(name);
    const PathLink at{&parent, name, -1, {}};
    context_.report(code, element ? at : parent, element ? element : holder, std::move(arguments));
  }

  void checkBase();
  void checkContexts();
  void checkExtensionUrl();
  void checkElement(const Element& element, const PathLink& link);
  void checkCardinality(const Element& element, const PathLink& link, const ElementRule& base);
  void checkTypes(const Element& element, const PathLink& link, const BaseElement& base);
  void checkProfiles(const Element& type, const PathLink& link);
  void checkValues(const Element& element, const PathLink& link, const BaseElement& base);
  void checkBinding(const Element& element, const PathLink& link, const BaseElement& base);
  void checkSlicing(const Element& element, const PathLink& link, const BaseElement& base);
  void checkConstraints(const Element& element, const PathLink& link);

  BaseElement childOf(const BaseElement& parent, std::string_view segment) const;
  BaseElement find(const CompiledProfile& profile, std::string_view path) const;
  // The types an element of the differential may have: its own, else those of the base.
  std::vector<std::string_view> typesOf(const Element& element, const BaseElement& base) const;
  bool isA(std::string_view type, std::string_view ancestor) const {
    return type == ancestor ||
           definitions_.isA(definitions_.findType(type), definitions_.findType(ancestor));
  }

  const RuleContext& context_;
  const fhir::Definitions& definitions_;
  std::string_view type_;
  bool constraint_;
  const CompiledProfile* base_ = nullptr;  // of a constraint, if it is at hand
};

void DefinitionCheck::checkBase() {
  const std::string_view url = context_.resource.textOf("baseDefinition");
  if (url.empty()) return;
  const Element base = context_.find(url, "StructureDefinition");
  const std::string own(context_.resource.textOf("url"));
  if (!base)
    return report("PB-1368", context_.link, context_.resource, "baseDefinition",
                  {own, std::string(url)});
  const std::string_view base_type = base.textOf("type");
  const bool abstract = base.textOf("abstract") == "true";
  if (constraint_ && base_type != type_)
    report("PB-1871", context_.link, context_.resource, "type",
           {std::string(type_), std::string(base_type)});
  if (context_.resource.textOf("derivation") == "specialization" && base_type == type_)
    report("PB-1872", context_.link, context_.resource, "type", {std::string(type_)});
  const std::string_view kind = context_.resource.textOf("kind");
  if ((constraint_ || !abstract) && !kind.empty() && kind != base.textOf("kind"))
    report("PB-1873", context_.link, context_.resource, "kind",
           {std::string(kind), std::string(base.textOf("kind"))});
  if (constraint_ && base_type == type_ && url != own) base_ = context_.profiles.get(url);
}

void DefinitionCheck::checkContexts() {
  for (const std::string_view name : {"context", "contextInvariant"}) {
    forEachAt(
        context_.resource, context_.link, name, [&](const Element& place, const PathLink& at) {
          if (type_ != "Extension")
            return context_.report("PB-1874", at, place, {std::string(name), std::string(type_)});
          if (place.textOf("type") != "element") return;
          const std::string_view path = place.textOf("expression");
          if (path.empty() || path.find_first_of(":#") != std::string_view::npos) return;
          const std::string_view start = path.substr(0, path.find('.'));
          const CompiledProfile* type = context_.profiles.ofType(definitions_.findType(start));
          if (type == nullptr || find(*type, path).rule == nullptr)
            report("PB-1875", at, place, "expression", {std::string(path)});
        });
  }
}

// The URL an extension's instances have is the one of its definition.
void DefinitionCheck::checkExtensionUrl() {
  const std::string_view url = context_.resource.textOf("url");
  if (type_ != "Extension" || !constraint_ || url.empty() ||
      context_.resource.textOf("baseDefinition") != kExtensionUrl)
    return;
  bool said = false;
  for (const std::string_view part : {"differential", "snapshot"}) {
    const Element list = context_.resource.child(part);
    if (said || !list) continue;
    const PathLink list_link{&context_.link, part, -1, {}};
    forEachAt(list, list_link, "element", [&](const Element& element, const PathLink& link) {
      const std::string_view id = element.textOf("id");
      if (element.textOf("path") != "Extension.url" || id.find(':') != std::string_view::npos)
        return;
      const Element fixed = element.child("fixed");
      if (!fixed) return;
      said = true;
      if (fixed.text() == url) return;
      const PathLink at{&link, "fixed", -1, fixed.typeName()};
      context_.report("PB-1876", at, fixed, {std::string(fixed.text()), std::string(url)});
    });
  }
  if (!said) context_.report("PB-1877", context_.link, context_.resource, {std::string(url)});
}

BaseElement DefinitionCheck::childOf(const BaseElement& parent, std::string_view segment) const {
  const std::string_view name = segment.substr(0, segment.find("[x]"));
  const auto in = [&](const ElementRule& rule) -> BaseElement {
    for (const ElementRule* child : rule.children) {
      const std::string_view path = child->path;
      if (path.substr(path.rfind('.') + 1) == segment || child->name == segment) return {child, 0};
    }
    // valueQuantity
    for (const ElementRule* child : rule.children) {
      if (!name.starts_with(child->name) || !child->path.ends_with("[x]")) continue;
      const std::string_view rest = name.substr(child->name.size());
      if (rest.empty()) continue;
      for (const TypeRule& type : child->types) {
        if (rest.size() == type.code.size() && equalsIgnoreAsciiCase(rest, type.code) &&
            rest.substr(1) == type.code.substr(1))
          return {child, type.type};
      }
    }
    return {};
  };
  if (const BaseElement found = in(*parent.rule); found.rule != nullptr) return found;
  const auto inType = [&](TypeId type) -> BaseElement {
    const CompiledProfile* own = context_.profiles.ofType(type);
    return own == nullptr ? BaseElement{} : in(own->root());
  };
  if (parent.chosen != 0) return inType(parent.chosen);
  for (const TypeRule& type : parent.rule->types) {
    if (const BaseElement found = inType(type.type); found.rule != nullptr) return found;
  }
  return {};
}

BaseElement DefinitionCheck::find(const CompiledProfile& profile, std::string_view path) const {
  const auto segments = split(path, '.');
  BaseElement found{&profile.root(), 0};
  for (std::size_t i = 1; i < segments.size() && found.rule != nullptr; ++i)
    found = childOf(found, segments[i]);
  return found;
}

std::vector<std::string_view> DefinitionCheck::typesOf(const Element& element,
                                                       const BaseElement& base) const {
  std::vector<std::string_view> types;
  element.forEachChild("type", [&](const Element& type) {
    if (const std::string_view code = type.textOf("code"); !code.empty()) types.push_back(code);
  });
  if (!types.empty() || base.rule == nullptr) return types;
  if (base.chosen != 0) return {definitions_.type(base.chosen).name};
  for (const TypeRule& type : base.rule->types) types.push_back(type.code);
  return types;
}

void DefinitionCheck::checkElement(const Element& element, const PathLink& link) {
  const std::string_view path = element.textOf("path");
  if (path.empty()) return;
  const std::string_view start = path.substr(0, path.find('.'));
  const bool is_root = start.size() == path.size();
  const std::string shown(path);
  if (is_root && element.child("slicing")) report("PB-1878", link, element, "slicing", {shown});
  if (!constraint_) return;
  if (!type_.empty() && type_.find(':') == std::string_view::npos && start != type_)
    return report("PB-1879", link, element, "path", {shown, std::string(type_)});
  BaseElement base;
  if (base_ != nullptr) {
    base = find(*base_, path);
    if (base.rule == nullptr) return report("PB-1880", link, element, "path", {shown});
    if (!is_root) checkCardinality(element, link, *base.rule);
  }
  checkTypes(element, link, base);
  checkValues(element, link, base);
  checkBinding(element, link, base);
  if (base.rule != nullptr && !is_root) checkSlicing(element, link, base);
}

void DefinitionCheck::checkCardinality(const Element& element, const PathLink& link,
                                       const ElementRule& base) {
  // A slice may occur less often than the element it slices.
  const bool sliced =
      element.child("sliceName") || element.textOf("id").find(':') != std::string_view::npos;
  const Element min = element.child("min");
  if (!sliced && min.hasValue() && countOf(min.text(), 0) < base.min)
    report("PB-1881", link, element, "min", {std::string(min.text()), std::to_string(base.min)});
  const Element max = element.child("max");
  if (max.hasValue() && countOf(max.text(), 0) > base.max)
    report("PB-1882", link, element, "max", {std::string(max.text()), std::to_string(base.max)});
}

void DefinitionCheck::checkTypes(const Element& element, const PathLink& link,
                                 const BaseElement& base) {
  forEachAt(element, link, "type", [&](const Element& type, const PathLink& at) {
    const std::string_view code = type.textOf("code");
    if (code.empty()) return;
    const bool is_url = code.find(':') != std::string_view::npos;
    if (!is_url && definitions_.findType(code) == 0)
      return report("PB-1883", at, type, "code", {std::string(code)});
    if (type.child("targetProfile") && code != "Reference" && code != "canonical")
      report("PB-1884", at, type, "targetProfile", {std::string(code)});
    if (!is_url) checkProfiles(type, at);
    if (base.rule == nullptr || is_url || base.rule->types.empty()) return;
    const bool allowed =
        std::any_of(base.rule->types.begin(), base.rule->types.end(), [&](const TypeRule& wider) {
          if (base.chosen != 0 && wider.type != base.chosen) return false;
          return wider.code.starts_with(kSystemTypes) || isA(code, wider.code);
        });
    if (!allowed) report("PB-1885", at, type, "code", {std::string(code)});
  });
}

// A profile on a type must be one of that type.
void DefinitionCheck::checkProfiles(const Element& type, const PathLink& link) {
  const std::string_view code = type.textOf("code");
  forEachAt(type, link, "profile", [&](const Element& canonical, const PathLink& at) {
    const std::string_view url = canonical.text();
    const Element profile = context_.find(url.substr(0, url.find('#')), "StructureDefinition");
    if (!profile) return;
    const std::string_view of = profile.textOf("type");
    if (!isA(of, code))
      context_.report("PB-1362", at, canonical,
                      {std::string(url), std::string(of), std::string(code)});
  });
}

void DefinitionCheck::checkValues(const Element& element, const PathLink& link,
                                  const BaseElement& base) {
  const std::vector<std::string_view> types = typesOf(element, base);
  for (const std::string_view name : {"fixed", "pattern", "defaultValue"}) {
    const Element value = element.child(name);
    if (!value || types.empty()) continue;
    const std::string_view type = value.typeName();
    const PathLink at{&link, name, -1, type};
    const bool fits = std::any_of(types.begin(), types.end(), [&](std::string_view wanted) {
      return wanted.starts_with(kSystemTypes) || isA(type, wanted) || isA(wanted, type);
    });
    if (!fits) {
      context_.report("PB-1886", at, value, {std::string(type)});
      continue;
    }
    if (base.rule == nullptr || name != "fixed" || base.rule->fixed == nullptr) continue;
    // A slice may say what the whole leaves open, but nothing may say otherwise.
    if (value.value() != nullptr && !equalsFixed(*value.value(), *base.rule->fixed))
      context_.report("PB-1887", at, value,
                      {value.hasValue() ? std::string(value.text()) : std::string(type)});
  }
}

void DefinitionCheck::checkBinding(const Element& element, const PathLink& link,
                                   const BaseElement& base) {
  const Element binding = element.child("binding");
  if (!binding) return;
  const std::vector<std::string_view> types = typesOf(element, base);
  const bool bindable =
      types.empty() || std::any_of(types.begin(), types.end(), [&](std::string_view type) {
        // On an extension it means the value.
        return type == "Coding" || type == "CodeableConcept" || type == "Extension" ||
               type.starts_with(kSystemTypes) || type.find(':') != std::string_view::npos ||
               isA(type, "Quantity") || isA(type, "string") || isA(type, "uri");
      });
  const PathLink at{&link, "binding", -1, {}};
  if (!bindable) context_.report("PB-1888", at, binding, {std::string(types.front())});
  const std::string_view strength = binding.textOf("strength");
  if (base.rule != nullptr && base.rule->binding.strength == Strength::kRequired &&
      !strength.empty() && strengthOf(strength) < 3)
    report("PB-1889", at, binding, "strength", {std::string(strength)});
  const std::string_view set = binding.textOf("valueSet");
  if (set.empty() || context_.profiles.terminology().valueSet(set) != nullptr) return;
  const fhir::Resource* other = context_.profiles.registry().find(set);
  if (other != nullptr && other->type() != "ValueSet")
    report("PB-1890", at, binding, "valueSet", {std::string(set), std::string(other->type())});
}

void DefinitionCheck::checkSlicing(const Element& element, const PathLink& link,
                                   const BaseElement& base) {
  const Element slicing = element.child("slicing");
  if (!slicing) return;
  const PathLink at{&link, "slicing", -1, {}};
  const bool one_type = base.rule->types.size() == 1 && base.rule->types[0].code != "Resource";
  if (base.rule->max <= 1 && one_type && !base.rule->path.ends_with("[x]"))
    context_.report("PB-1891", at, slicing, {std::string(element.textOf("path"))});
  forEachAt(slicing, at, "discriminator", [&](const Element& discriminator, const PathLink& where) {
    const std::string_view path = discriminator.textOf("path");
    BaseElement reached = base;
    for (const std::string_view step : split(path, '.')) {
      if (step == "$this" || step.empty()) continue;
      // What lies behind a function depends on more than the base says.
      if (step.find('(') != std::string_view::npos) return;
      reached = childOf(reached, step);
      if (reached.rule == nullptr)
        return report("PB-1892", where, discriminator, "path", {std::string(path)});
    }
  });
}

void DefinitionCheck::checkConstraints(const Element& element, const PathLink& link) {
  forEachAt(element, link, "constraint", [&](const Element& constraint, const PathLink& at) {
    const Element expression = constraint.child("expression");
    if (!expression.hasValue()) return;
    const auto program = fhirpath::compile(expression.text());
    if (!program)
      report("PB-1893", at, constraint, "expression",
             {std::string(constraint.textOf("key")), program.error().message});
  });
}

}  // namespace

void checkStructureDefinition(const RuleContext& context) { DefinitionCheck(context).run(); }

}  // namespace planbro::validation
