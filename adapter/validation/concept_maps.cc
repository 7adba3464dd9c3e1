// The codes a ConceptMap maps should exist in their systems. A warning, since nothing is coded with
// them here, and a map may be older or newer than the systems at hand.
// Source: FHIR R4, conceptmap.html.
#include <string>

#include "terminology/code_system.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;
using terminology::CodeSystem;

namespace {

void checkCode(const Element& holder, const PathLink& link, const CodeSystem* system,
               const RuleContext& context) {
  const Element code = holder.child("code");
  if (system == nullptr || system->content() != CodeSystem::Content::kComplete ||
      system->concepts().empty() || !code.hasValue() || system->find(code.text()) != nullptr)
    return;
  const PathLink at{&link, "code", -1, {}};
  context.report(fhir::Severity::kWarning, "PB-1603", at, code,
                 {std::string(code.text()), std::string(system->url())});
}

}  // namespace

void checkConceptMap(const RuleContext& context) {
  forEachAt(
      context.resource, context.link, "group",
      [&](const Element& group, const PathLink& group_link) {
        const auto systemOf = [&](std::string_view name) {
          const std::string_view url = group.textOf(name);
          return url.empty() ? nullptr : context.profiles.terminology().codeSystem(url);
        };
        const CodeSystem* source = systemOf("source");
        const CodeSystem* target = systemOf("target");
        forEachAt(group, group_link, "element", [&](const Element& element, const PathLink& link) {
          checkCode(element, link, source, context);
          forEachAt(element, link, "target", [&](const Element& to, const PathLink& target_link) {
            checkCode(to, target_link, target, context);
          });
        });
      });
}

}  // namespace planbro::validation
