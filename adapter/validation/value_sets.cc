// What a ValueSet includes must exist: systems, codes, filters.
// Source: FHIR R4, valueset.html (compose), codesystem.html (filters 4.8.10).
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "terminology/code_system.h"
#include "terminology/grammars.h"
#include "validation/primitives.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;
using terminology::CodeSystem;

namespace {

// What a filter may ask of every code system, beside its own properties and filters.
constexpr std::array<std::string_view, 6> kCommonProperties = {"concept", "code",  "display",
                                                               "parent",  "child", "inactive"};
// Operators whose value is a code of the system.
constexpr std::array<std::string_view, 6> kHierarchyOperators = {
    "is-a", "descendent-of", "is-not-a", "generalizes", "child-of", "descendent-leaf"};

template <typename List>
bool in(std::string_view wanted, const List& list) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// The type a filter's property has in the code system; "" if it is not declared there.
struct Property {
  bool known = false;
  std::string_view type;
};

Property propertyOf(const Element& system, std::string_view code) {
  Property found;
  system.forEachChild("property", [&](const Element& property) {
    if (found.known || property.textOf("code") != code) return;
    found = {true, property.textOf("type")};
  });
  system.forEachChild("filter", [&](const Element& filter) {
    found.known = found.known || filter.textOf("code") == code;
  });
  found.known = found.known || in(code, kCommonProperties);
  return found;
}

// "system|version#code"
bool isCodingText(std::string_view text) {
  const std::size_t hash = text.rfind('#');
  return hash != std::string_view::npos && hash + 1 < text.size() &&
         text.substr(0, hash).find(':') != std::string_view::npos;
}

bool isFilterValue(std::string_view type, std::string_view value) {
  if (type == "boolean") return value == "true" || value == "false";
  if (type == "integer") return hasFormat(Primitive::kInteger, value);
  if (type == "decimal") return hasFormat(Primitive::kDecimal, value);
  if (type == "dateTime") return hasFormat(Primitive::kDateTime, value);
  return type != "Coding" || isCodingText(value);
}

void checkFilter(const Element& filter, const PathLink& link, const Element& system,
                 const CodeSystem* known, const RuleContext& context) {
  const std::string property(filter.textOf("property"));
  const std::string_view op = filter.textOf("op");
  const Element value = filter.child("value");
  if (!value.hasValue()) return;
  const PathLink at{&link, "value", -1, {}};
  const std::string text(value.text());
  if (op == "regex") {
    const RE2 expression({text.data(), text.size()}, RE2::Quiet);
    if (!expression.ok()) context.report("PB-1828", at, value, {property, "regex", text});
    return;
  }
  if (op == "exists") {
    if (text != "true" && text != "false")
      context.report("PB-1828", at, value, {property, "boolean", text});
    return;
  }
  if (!system) return;
  const Property declared = propertyOf(system, property);
  if (!declared.known) {
    context.report("PB-1827", link, filter, {property, std::string(system.textOf("url"))});
    return;
  }
  if (in(op, kHierarchyOperators) || ((property == "concept" || property == "code") && op == "=")) {
    if (known != nullptr && known->content() == CodeSystem::Content::kComplete &&
        known->find(text) == nullptr)
      context.report("PB-1603", at, value, {text, std::string(system.textOf("url"))});
    return;
  }
  const bool list = op == "in" || op == "not-in";
  if (!list && !isFilterValue(declared.type, text))
    context.report("PB-1828", at, value, {property, std::string(declared.type), text});
}

void checkConcepts(const Element& include, const PathLink& link, std::string_view system,
                   const CodeSystem* known, const RuleContext& context) {
  const bool complete = known != nullptr && known->content() == CodeSystem::Content::kComplete &&
                        !known->concepts().empty();
  const terminology::Grammar grammar = complete ? nullptr : terminology::grammarOf(system);
  if (!complete && grammar == nullptr) return;
  forEachAt(include, link, "concept", [&](const Element& entry, const PathLink& at) {
    const std::string_view code = entry.textOf("code");
    if (code.empty()) return;
    const bool exists = complete ? known->find(code) != nullptr : grammar(code);
    if (!exists) context.report("PB-1603", at, entry, {std::string(code), std::string(system)});
  });
}

void checkInclude(const Element& include, const PathLink& link, const RuleContext& context) {
  forEachAt(include, link, "valueSet", [&](const Element& import, const PathLink& at) {
    if (!import.hasValue() || context.profiles.terminology().valueSet(import.text()) != nullptr ||
        context.find(import.text(), "ValueSet"))
      return;
    const fhir::Resource* other = context.profiles.registry().find(import.text());
    if (other != nullptr) {
      context.report("PB-1825", at, import,
                     {std::string(import.text()), std::string(other->type())});
    } else {
      context.report("PB-1605", at, import, {std::string(import.text())});
    }
  });
  const Element named = include.child("system");
  if (!named.hasValue()) return;
  const PathLink at{&link, "system", -1, {}};
  const std::string_view system = named.text();
  const std::string shown(system);
  if (system.find(':') == std::string_view::npos) {
    context.report(system.starts_with('#') ? "PB-1822" : "PB-1821", at, named, {shown});
    return;
  }
  if (system.find('|') != std::string_view::npos) {
    context.report("PB-1823", at, named, {shown});
    return;
  }
  const CodeSystem* known = context.profiles.terminology().codeSystem(system);
  if (known != nullptr && known->content() == CodeSystem::Content::kSupplement) {
    context.report("PB-1610", at, named, {shown});
    return;
  }
  const fhir::Resource* resource = context.profiles.registry().find(system, "CodeSystem");
  if (resource == nullptr && context.profiles.registry().find(system, "ValueSet") != nullptr) {
    context.report("PB-1824", at, named, {shown});
    return;
  }
  checkConcepts(include, link, system, known, context);
  const Element definition = resource == nullptr ? Element() : resource->root();
  forEachAt(include, link, "filter", [&](const Element& filter, const PathLink& filter_link) {
    checkFilter(filter, filter_link, definition, known, context);
  });
}

}  // namespace

void checkValueSet(const RuleContext& context) {
  const Element compose = context.resource.child("compose");
  if (!compose) return;
  const PathLink link{&context.link, "compose", -1, {}};
  for (const std::string_view part : {"include", "exclude"}) {
    forEachAt(compose, link, part, [&](const Element& include, const PathLink& at) {
      checkInclude(include, at, context);
    });
  }
}

}  // namespace planbro::validation
