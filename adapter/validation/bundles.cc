// What a Bundle asks of its entries together.
// Source: FHIR R4, bundle.html.
#include <set>

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

// A page has one self, one next, …: IANA link relations that lead to one place.
void Walk::checkBundleLinks(const Element& bundle, Spot spot) {
  std::set<std::string_view> seen;
  std::int32_t index = 0;
  bundle.forEachChild("link", [&](const Element& link) {
    const std::string_view relation = link.textOf("relation");
    const PathLink at{&spot.link, "link", index++, {}};
    const bool single = relation == "self" || relation == "first" || relation == "previous" ||
                        relation == "prev" || relation == "next" || relation == "last";
    if (single && !seen.insert(relation).second)
      reporter_.add("PB-1403", at, link.anyNode(), {std::string(relation)});
  });
}

void Walk::checkBundle(const Element& bundle, Spot spot) {
  checkBundleLinks(bundle, spot);
  const std::string_view type = bundle.textOf("type");
  std::int32_t index = 0;
  bundle.forEachChild("entry", [&](const Element& entry) {
    const PathLink link{&spot.link, "entry", index++, {}};
    const Element url = entry.child("fullUrl");
    const Element resource = entry.child("resource");
    if (!url.hasValue()) {
      if (resource && (type == "document" || type == "message"))
        reporter_.add("PB-1404", link, entry.anyNode(), {std::string(type)});
      return;
    }
    const PathLink at{&link, "fullUrl", -1, {}};
    const std::string_view text = url.text();
    if (text.find(':') == std::string_view::npos) {
      reporter_.add("PB-1401", at, url.value(), {std::string(text)});
      return;
    }
    // Only what looks like the address of a resource has to agree with it.
    const std::string_view id = resource ? resource.textOf("id") : std::string_view{};
    const fhir::TypeId said = text.starts_with("http") ? typeInUrl(text, definitions_) : 0;
    // What is only to be created gets its id later.
    if (said != 0 && said == resource.type() && id.empty() && type != "transaction" &&
        type != "batch")
      reporter_.add("PB-1405", link, entry.anyNode(), {std::string(text)});
    if (said == 0 || id.empty()) return;
    const std::string tail = "/" + std::string(resource.typeName()) + "/" + std::string(id);
    if (text.ends_with(tail)) return;
    const bool other_type = said != resource.type();
    reporter_.add("PB-1402", at, url.value(), {tail.substr(1)},
                  {{}, {}, other_type ? std::optional(fhir::Severity::kError) : std::nullopt});
  });
}

}  // namespace planbro::validation
