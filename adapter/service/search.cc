// search of a type by GET and by POST _search. FHIR R4, search.html; docs/api/search.md.
#include <set>

#include "search/search_request.h"
#include "service/bundle_text.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/subset.h"
#include "service/view.h"

namespace planbro::service {
namespace {

using Key = std::pair<std::string, std::string>;  // type and id

// What the matches bring along, by rounds: the first from the matches, further ones (:iterate) from
// what the round before found.
class Inclusion {
 public:
  Inclusion(const Call& call, const search::SearchRequest& request, store::Reader& view)
      : call_(call), request_(request), view_(view) {}

  Status run(const std::vector<store::Version>& matches) {
    for (const store::Version& match : matches) seen_.emplace(match.type, match.id);
    std::vector<store::Version> round = matches;
    for (bool first = true; !round.empty() && !truncated_; first = false) {
      const std::size_t before = found_.size();
      for (const search::Include& include : request_.includes) {
        if (!first && !include.iterate) continue;
        PLANBRO_RETURN_IF_ERROR(include.reverse ? reverse(include, round)
                                                : forward(include, round));
      }
      round.assign(found_.begin() + static_cast<std::ptrdiff_t>(before), found_.end());
    }
    return {};
  }

  const std::vector<store::Version>& found() const { return found_; }
  bool truncated() const { return truncated_; }

 private:
  Status forward(const search::Include& include, const std::vector<store::Version>& from) {
    for (const store::Version& version : from) {
      if (!include.source_type.empty() && include.source_type != version.type) continue;
      const fhir::ReadOutcome read = fhir::readJson(version.body, call_.definitions());
      if (!read.resource) return fail(ErrorCode::kCorrupt, "a stored resource does not parse");
      for (const Key& key :
           search::includedBy(*call_.context->parts.parameters, include, read.resource.root(),
                              call_.context->settings.base_url)) {
        if (seen_.contains(key)) continue;
        auto target = view_.read(key.first, key.second);
        if (!target.has_value() && target.error().code == ErrorCode::kNotFound) continue;
        if (!target.has_value()) return std::unexpected(std::move(target.error()));
        if (!target->deleted) take(std::move(*target));
      }
    }
    return {};
  }

  Status reverse(const search::Include& include, const std::vector<store::Version>& from) {
    std::vector<Key> keys;
    for (const store::Version& version : from) {
      if (include.target_type.empty() || include.target_type == version.type)
        keys.emplace_back(version.type, version.id);
    }
    if (keys.empty()) return {};
    store::Query query = search::reverseIncludeQuery(include, keys);
    query.count = call_.context->settings.max_count;
    while (!truncated_) {
      auto page = view_.search(query);
      if (!page.has_value()) return std::unexpected(std::move(page.error()));
      for (store::Version& version : page->matches) take(std::move(version));
      if (!page->next.has_value()) break;
      query.cursor = page->next;
    }
    return {};
  }

  void take(store::Version version) {
    if (found_.size() >= call_.context->settings.max_included) {
      truncated_ = true;
      return;
    }
    if (seen_.emplace(version.type, version.id).second) found_.push_back(std::move(version));
  }

  const Call& call_;
  const search::SearchRequest& request_;
  store::Reader& view_;
  std::set<Key> seen_;
  std::vector<store::Version> found_;
  bool truncated_ = false;
};

void addEntry(BundleText& bundle, const Call& call, const store::Version& version,
              std::string_view mode, const Subset& subset) {
  BundleEntryText entry;
  entry.full_url = call.context->address(version.type, version.id);
  entry.search_mode = mode;
  entry.last_modified = version.last_updated;
  std::string text;
  entry.resource = version.body;
  if (!subset.isWhole()) {
    const fhir::ReadOutcome read = fhir::readJson(version.body, call.definitions());
    if (read.resource) {
      text = thinned(read.resource, subset);
      entry.resource = text;
    }
  }
  bundle.entry(entry);
}

// Identity numbers came in a body and stay out of every address (docs/api/search.md): the link
// then names the search alone, and further pages are fetched with the same form and the cursor.
bool isSensitive(const Call& call) {
  for (const auto& [name, value] : call.parameters) {
    if (search::mentionsNationalIdentityNumber(value)) return true;
  }
  return false;
}

// The address of a page of this search.
std::string linkTo(const Call& call, const search::SearchRequest& request,
                   std::optional<std::string_view> cursor) {
  std::string link = call.context->settings.base_url + "/" + call.type;
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    link += separator;
    link += percentEncode(name);
    link += '=';
    link += percentEncode(value);
    separator = '&';
  };
  for (const auto& [name, value] : request.applied) add(name, value);
  if (cursor.has_value()) add("_cursor", *cursor);
  return link;
}

Answer found(const Call& call, search::SearchRequest& request, store::Reader& view) {
  const bool only_count = request.summary == search::Summary::kCount || request.query.count == 0;
  if (only_count) {
    request.query.count = 1;
    request.query.total = true;
  }
  auto page = view.search(request.query);
  if (!page.has_value()) return refuse(page.error());
  std::vector<fhir::Issue> notes = std::move(request.warnings);
  Inclusion inclusion(call, request, view);
  if (!only_count) {
    if (const Status done = inclusion.run(page->matches); !done.has_value())
      return refuse(done.error());
    if (inclusion.truncated())
      notes.push_back(
          fhir::makeIssue("PB-4024", {}, {std::to_string(call.context->settings.max_included)}));
  }
  const bool more = page->next.has_value() && !only_count;
  BundleText bundle("searchset");
  if (page->total.has_value()) bundle.total(*page->total);
  if (isSensitive(call)) {
    bundle.link("self", call.context->settings.base_url + "/" + call.type + "/_search");
    if (more) notes.push_back(fhir::makeIssue("PB-4026", {}, {*page->next}));
  } else {
    bundle.link("self", linkTo(call, request, call.parameter("_cursor")));
    if (more) bundle.link("next", linkTo(call, request, *page->next));
  }
  if (!only_count) {
    const Subset subset{request.summary, request.elements};
    for (const store::Version& match : page->matches)
      addEntry(bundle, call, match, "match", subset);
    for (const store::Version& included : inclusion.found())
      addEntry(bundle, call, included, "include", subset);
  }
  const std::string outcome =
      notes.empty() ? std::string() : outcomeText(notes, call.preferences.language);
  if (!notes.empty()) {
    BundleEntryText entry;
    entry.resource = outcome;
    entry.search_mode = "outcome";
    bundle.entry(entry);
  }
  Answer answer;
  answer.resource = std::move(bundle).finish();
  return answer;
}

}  // namespace

Answer searchType(const Call& call) {
  search::SearchContext context;
  context.type = call.type;
  context.base = call.context->settings.base_url;
  context.lenient = call.preferences.lenient;
  context.now = call.context->parts.clock->now();
  context.default_count = call.context->settings.default_count;
  context.max_count = call.context->settings.max_count;
  auto request = search::parseQuery(*call.context->parts.parameters, context, call.parameters);
  if (!request.has_value()) return refuse(400, std::move(request.error()));
  return withView(call, [&](store::Reader& view) { return found(call, *request, view); });
}

}  // namespace planbro::service
