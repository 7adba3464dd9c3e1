// What a Bundle asks of its entries together.
// Source: FHIR R4, bundle.html.
#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;

void Walk::indexBundle(const Element& bundle) {
  bundle.forEachChild("entry", [&](const Element& entry) {
    const std::string_view url = entry.textOf("fullUrl");
    const Element resource = entry.child("resource");
    if (!resource) return;
    if (!url.empty()) by_full_url_.try_emplace(std::string(url), resource);
    by_reference_.try_emplace(
        std::string(resource.typeName()) + "/" + std::string(resource.textOf("id")), resource);
  });
}

void Walk::checkBundle(const Element& bundle, Spot spot) {
  std::int32_t index = 0;
  bundle.forEachChild("entry", [&](const Element& entry) {
    const PathLink link{&spot.link, "entry", index++, {}};
    const Element url = entry.child("fullUrl");
    if (!url.hasValue()) return;
    const PathLink at{&link, "fullUrl", -1, {}};
    const std::string_view text = url.text();
    if (text.find(':') == std::string_view::npos) {
      reporter_.add("PB-1401", at, url.value(), {std::string(text)});
      return;
    }
    const Element resource = entry.child("resource");
    const std::string_view id = resource ? resource.textOf("id") : std::string_view{};
    if (!text.starts_with("http") || id.empty()) return;
    const std::string tail = "/" + std::string(resource.typeName()) + "/" + std::string(id);
    if (!text.ends_with(tail)) reporter_.add("PB-1402", at, url.value(), {tail.substr(1)});
  });
}

}  // namespace planbro::validation
