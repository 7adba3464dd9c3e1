// Extensions: known, in the right place, with what their definition allows.
// Source: FHIR R4, extensibility.html; defining-extensions.html, section 2.1.5.1.1.
#include <algorithm>

#include "validation/corrections.h"
#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;

namespace {

bool isExampleUrl(std::string_view url) {
  for (const std::string_view host : {"//example.org", "//example.com", "//acme.com",
                                      "//www.example.org", "//www.acme.com", ".example.org"}) {
    if (url.find(host) != std::string_view::npos) return true;
  }
  return false;
}

std::string_view withoutChoice(std::string_view path) {
  return path.ends_with("[x]") ? path.substr(0, path.size() - 3) : path;
}

}  // namespace

void Walk::checkExtension(const Element& extension, Spot spot) {
  const bool has_value = static_cast<bool>(extension.child("value"));
  const bool has_nested = static_cast<bool>(extension.child("extension"));
  if (has_value == has_nested) {
    reporter_.add("PB-1301", spot.link, extension.anyNode(),
                  {"ext-1", "Must have either extensions or value[x], not both"},
                  {"ext-1", "http://hl7.org/fhir/StructureDefinition/Extension", std::nullopt});
  }
  const std::string_view url = extension.textOf("url");
  if (url.empty() || hosts_.empty()) return;
  const Element& host = *hosts_.back();
  const bool modifier = spot.link.name == "modifierExtension";
  if (url.find(':') == std::string_view::npos) {
    // Parts of a complex extension have relative URLs: its own definition knows them.
    if (host.typeName() != "Extension")
      reporter_.add("PB-1324", spot.link, extension.anyNode(), {std::string(url)});
    return;
  }
  const CompiledProfile* profile = profiles_.get(url);
  if (profile == nullptr || profile->isBaseType()) {
    const auto& prefixes = profiles_.options().known_extension_prefixes;
    const bool accepted =
        (profiles_.options().example_urls && isExampleUrl(url)) ||
        std::any_of(prefixes.begin(), prefixes.end(),
                    [url](const std::string& prefix) { return url.starts_with(prefix); });
    if (accepted) return;
    reporter_.add(
        modifier ? "PB-1322" : "PB-1321", spot.link, extension.anyNode(), {std::string(url)},
        {{}, {}, modifier ? fhir::Severity::kError : profiles_.options().unknown_extension});
    return;
  }
  const Reporter::Origin origin{{}, profile->url(), std::nullopt};
  if (spot.link.parent != nullptr && !fitsContext(*profile, *spot.link.parent, host, spot.scope))
    reporter_.add("PB-1323", spot.link, extension.anyNode(), {std::string(url)}, origin);
  for (const auto& program : profile->contextInvariants()) {
    if (fhirpath::test(*program, host, environmentOf(spot.scope)).value_or(true)) continue;
    reporter_.add("PB-1327", spot.link, extension.anyNode(),
                  {std::string(url), std::string(fhirpath::sourceOf(*program))}, origin);
  }
  if (modifier != profile->isModifierExtension())
    reporter_.add("PB-1325", spot.link, extension.anyNode(), {std::string(url)}, origin);
  checkByProfile(extension, profile->root(), *profile, spot);
}

bool Walk::fitsContext(const CompiledProfile& profile, const PathLink& host_link,
                       const Element& host, const Scope& scope) const {
  const auto& contexts = profile.contexts();
  if (contexts.empty()) return true;
  const std::string path = host_link.printPlain();
  const std::string_view further = furtherContext(profile.url());
  if (!further.empty() && isNamed(further, path, host, scope)) return true;
  return std::any_of(
      contexts.begin(), contexts.end(), [&](const CompiledProfile::Context& context) {
        if (context.type == "extension")
          return host.textOf("url") == context.expression || isValueOf(context.expression);
        if (context.type == "fhirpath")
          return context.program == nullptr || selects(*context.program, host, scope);
        return isNamed(withoutChoice(context.expression), path, host, scope);
      });
}

// Whether the current host is the value of the extension with that url.
bool Walk::isValueOf(std::string_view url) const {
  if (hosts_.size() < 2) return false;
  const Element& outer = *hosts_[hosts_.size() - 2];
  return outer.typeName() == "Extension" && outer.textOf("url") == url;
}

bool Walk::selects(const fhirpath::Program& program, const Element& host,
                   const Scope& scope) const {
  const auto found = fhirpath::evaluate(program, scope.resource, environmentOf(scope));
  return found && std::any_of(found->begin(), found->end(), [&host](const fhirpath::Value& value) {
           return value.isElement() && value.element() == host;
         });
}

// Whether the host is what an element context means: a path, also below a base type
// (DomainResource.text), or a type.
bool Walk::isNamed(std::string_view expression, std::string_view path, const Element& host,
                   const Scope& scope) const {
  constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
  if (expression.starts_with(kBase)) expression.remove_prefix(kBase.size());
  // As the official validator has it, also on resources, which are no Elements.
  if (expression == "Element" || expression == path) return true;
  const fhir::Member* member = host.member();
  if (member != nullptr && (withoutChoice(member->path) == expression ||
                            definitions_.shape(member->shape).path == expression))
    return true;
  if (expression == "CanonicalResource" || expression == "MetadataResource")
    return host == scope.resource && definitions_.findMember(definitions_.type(host.type()).shape,
                                                             definitions_.nameId("url")) != 0;
  const std::size_t dot = expression.find('.');
  const fhir::TypeId type = definitions_.findType(expression.substr(0, dot));
  if (type == 0) return false;
  if (dot == std::string_view::npos) return definitions_.isA(host.type(), type);
  const std::size_t path_dot = path.find('.');
  return definitions_.isA(scope.resource.type(), type) && path_dot != std::string_view::npos &&
         path.substr(path_dot) == expression.substr(dot);
}

}  // namespace planbro::validation
