// What the search of a type and the search over several share: how what is asked is read, and how
// a page is written. Internal to service/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/search_request.h"
#include "service/bundle_text.h"
#include "service/call.h"
#include "service/subset.h"

namespace planbro::service {

// How the parameters of `type` are read in this call; `type` and `codes` must outlive it.
search::SearchContext searchContextOf(const Call& call, std::string_view type,
                                      const search::CodeSets& codes);

// The links self and next of a page. `path`: below the base address, "/Goal" or "". `asked`: what
// was understood. `next`: the sealed cursor of the next page. Identity numbers came in a form and
// stay out of every address: the links then name the search alone, and a note tells the cursor to
// send with the same form (docs/api/search.md).
void addLinks(BundleText& bundle, const Call& call, std::string_view path, const Fields& asked,
              const std::optional<std::string>& next, std::vector<fhir::Issue>& notes);

// `mode`: "match" or "include".
void addFound(BundleText& bundle, const Call& call, const store::Version& version,
              std::string_view mode, const Subset& subset);

// An entry of mode "outcome", if there is anything to tell.
void addNotes(BundleText& bundle, const Call& call, const std::vector<fhir::Issue>& notes);

}  // namespace planbro::service
