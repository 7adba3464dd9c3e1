// Extensions: known, in the right place, with what their definition allows.
// Source: FHIR R4, extensibility.html; defining-extensions.html, section 2.1.5.1.1.
#include <algorithm>

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
  if (modifier != profile->isModifierExtension())
    reporter_.add("PB-1325", spot.link, extension.anyNode(), {std::string(url)}, origin);
  checkByProfile(extension, profile->root(), *profile, spot);
}

bool Walk::fitsContext(const CompiledProfile& profile, const PathLink& host_link,
                       const Element& host, const Scope&) const {
  const auto& contexts = profile.contexts();
  if (contexts.empty()) return true;
  const std::string path = host_link.printPlain();
  const fhir::Member* member = host.member();
  return std::any_of(
      contexts.begin(), contexts.end(), [&](const CompiledProfile::Context& context) {
        if (context.type == "extension") return host.textOf("url") == context.expression;
        if (context.type != "element") return true;  // fhirpath: cannot be tried from here
        std::string_view expression = withoutChoice(context.expression);
        if (expression.starts_with("http://hl7.org/fhir/StructureDefinition/"))
          expression.remove_prefix(40);
        // As the official validator has it, also on resources, which are no Elements.
        if (expression == "Element") return true;
        if (expression == path) return true;
        if (member != nullptr && (withoutChoice(member->path) == expression ||
                                  definitions_.shape(member->shape).path == expression))
          return true;
        const fhir::TypeId type = definitions_.findType(expression);
        return type != 0 && definitions_.isA(host.type(), type);
      });
}

}  // namespace planbro::validation
