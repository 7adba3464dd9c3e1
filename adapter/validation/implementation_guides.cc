// What an ImplementationGuide lists: each thing once, and profiles of the types they are said to be
// of. Source: FHIR R4, implementationguide.html.
#include <set>
#include <string>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

void checkGlobals(const RuleContext& context) {
  forEachAt(context.resource, context.link, "global",
            [&](const Element& global, const PathLink& at) {
              const Element canonical = global.child("profile");
              if (!canonical.hasValue()) return;
              const Element profile = context.find(canonical.text(), "StructureDefinition");
              const std::string_view type = global.textOf("type");
              if (!profile || type.empty() || profile.textOf("type") == type) return;
              context.report("PB-1362", {&at, "profile", -1, {}}, canonical,
                             {std::string(canonical.text()), std::string(profile.textOf("type")),
                              std::string(type)});
            });
}

// A page is one file of the guide. Pages inside pages are as deep as the document.
void checkPages(const Element& page, const PathLink& link, std::set<std::string_view>& seen,
                const RuleContext& context) {
  const Element name = page.child("name");
  if (name.hasValue() && !seen.insert(name.text()).second)
    context.report("PB-2043", {&link, "name", -1, name.typeName()}, name,
                   {std::string(name.text())});
  forEachAt(page, link, "page", [&](const Element& inner, const PathLink& at) {
    checkPages(inner, at, seen, context);
  });
}

void checkResources(const RuleContext& context) {
  const Element definition = context.resource.child("definition");
  if (!definition) return;
  const PathLink link{&context.link, "definition", -1, {}};
  std::set<std::string_view> seen;
  forEachAt(definition, link, "resource", [&](const Element& resource, const PathLink& at) {
    const Element reference = resource.child("reference");
    const std::string_view text = reference ? reference.textOf("reference") : std::string_view();
    if (!text.empty() && !seen.insert(text).second)
      context.report("PB-2043", {&at, "reference", -1, {}}, reference, {std::string(text)});
  });
  std::set<std::string_view> pages;
  if (const Element page = definition.child("page"))
    checkPages(page, {&link, "page", -1, {}}, pages, context);
}

}  // namespace

void checkImplementationGuide(const RuleContext& context) {
  checkGlobals(context);
  checkResources(context);
  std::set<std::string_view> seen;
  forEachAt(
      context.resource, context.link, "dependsOn", [&](const Element& depends, const PathLink& at) {
        const std::string_view uri = depends.textOf("uri");
        if (!uri.empty() && !seen.insert(uri).second)
          context.report("PB-2043", {&at, "uri", -1, {}}, depends.child("uri"), {std::string(uri)});
      });
}

}  // namespace planbro::validation
