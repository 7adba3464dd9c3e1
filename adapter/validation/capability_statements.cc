// What a CapabilityStatement says of search parameters and profiles must agree with their
// definitions.
// Source: FHIR R4, capabilitystatement.html.
#include <string>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

void checkSearchParam(const Element& parameter, const PathLink& link, const RuleContext& context) {
  const Element definition = parameter.child("definition");
  const Element type = parameter.child("type");
  if (!definition.hasValue() || !type.hasValue()) return;
  const Element defined = context.find(definition.text(), "SearchParameter");
  if (!defined || defined.textOf("type") == type.text()) return;
  const PathLink at{&link, "type", -1, {}};
  context.report("PB-1861", at, type,
                 {std::string(type.text()), std::string(defined.textOf("type")),
                  std::string(definition.text())});
}

void checkProfile(const Element& canonical, const PathLink& at, std::string_view type,
                  const RuleContext& context) {
  if (!canonical.hasValue() || type.empty()) return;
  const Element profile = context.find(canonical.text(), "StructureDefinition");
  if (!profile) return;
  const std::string_view profiled = profile.textOf("type");
  const fhir::Definitions& definitions = context.profiles.definitions();
  if (profiled == type ||
      definitions.isA(definitions.findType(type), definitions.findType(profiled)))
    return;
  context.report("PB-1362", at, canonical,
                 {std::string(canonical.text()), std::string(profiled), std::string(type)});
}

}  // namespace

void checkCapabilityStatement(const RuleContext& context) {
  forEachAt(
      context.resource, context.link, "rest", [&](const Element& rest, const PathLink& rest_link) {
        forEachAt(rest, rest_link, "searchParam",
                  [&](const Element& parameter, const PathLink& at) {
                    checkSearchParam(parameter, at, context);
                  });
        forEachAt(rest, rest_link, "resource", [&](const Element& resource, const PathLink& link) {
          forEachAt(resource, link, "searchParam",
                    [&](const Element& parameter, const PathLink& at) {
                      checkSearchParam(parameter, at, context);
                    });
          const std::string_view type = resource.textOf("type");
          const PathLink profile{&link, "profile", -1, {}};
          if (const Element base = resource.child("profile"))
            checkProfile(base, profile, type, context);
          forEachAt(resource, link, "supportedProfile",
                    [&](const Element& canonical, const PathLink& at) {
                      checkProfile(canonical, at, type, context);
                    });
        });
      });
}

}  // namespace planbro::validation
