#include "service/search_bundle.h"

#include <algorithm>

#include "service/outcome.h"
#include "service/page_address.h"

namespace planbro::service {
search::SearchContext searchContextOf(const Call& call, std::string_view type,
                                      const search::CodeSets& codes) {
  search::SearchContext context;
  context.type = type;
  context.base = call.context->settings.base_url;
  context.lenient = call.preferences.lenient;
  context.now = call.context->parts.clock->now();
  context.codes = &codes;
  context.default_count = call.context->settings.default_count;
  context.max_count = call.context->settings.max_count;
  return context;
}

void addLinks(BundleText& bundle, const Call& call, std::string_view path, const Fields& asked,
              const std::optional<std::string>& next, std::vector<fhir::Issue>& notes) {
  const std::string start = call.context->settings.base_url + std::string(path);
  const bool sensitive = std::ranges::any_of(call.parameters, [](const auto& one) {
    return search::mentionsNationalIdentityNumber(one.second);
  });
  if (sensitive) {
    bundle.link("self", start + "/_search");
    if (next.has_value()) notes.push_back(fhir::makeIssue("PB-4026", {}, {*next}));
    return;
  }
  bundle.link("self", pageAddress(start, asked, call.parameter("_cursor")));
  if (next.has_value()) bundle.link("next", pageAddress(start, asked, *next));
}

void addFound(BundleText& bundle, const Call& call, const store::Version& version,
              std::string_view mode, const Subset& subset) {
  BundleEntryText entry;
  entry.full_url = call.context->address(version.type, version.id);
  entry.search_mode = mode;
  entry.last_modified = version.last_updated;
  const std::string thin = thinnedBody(call, version, subset);
  entry.resource = thin.empty() ? std::string_view(version.body) : std::string_view(thin);
  bundle.entry(entry);
}

void addNotes(BundleText& bundle, const Call& call, const std::vector<fhir::Issue>& notes) {
  if (notes.empty()) return;
  const std::string outcome = outcomeText(notes, call.preferences.language);
  BundleEntryText entry;
  entry.resource = outcome;
  entry.search_mode = "outcome";
  bundle.entry(entry);
}

}  // namespace planbro::service
