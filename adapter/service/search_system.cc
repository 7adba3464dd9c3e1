// search over several types, or all of them. FHIR R4, http.html, section 3.1.0.11 (search, without
// a type); docs/api/search.md.
//
// The types are searched one behind the other, in the order of their names, and a page goes on
// where the one before ended: the cursor is the type's place and the store's cursor in it, sealed.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "search/search_request.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/page_cursor.h"
#include "service/routes.h"
#include "service/search_bundle.h"
#include "service/search_codes.h"
#include "service/view.h"

namespace planbro::service {
namespace {

struct Asked {
  std::vector<std::string> types;  // sorted
  Fields fields;                   // what each of them is asked
  TypeCursor from;
};

// A cursor is good for the same types alone.
std::string placeOf(const std::vector<std::string>& types) {
  std::string place = "?_type=";
  for (const std::string& type : types) place.append(type).append(",");
  return place;
}

std::expected<Asked, Answer> askedBy(const Call& call) {
  Asked asked;
  std::set<std::string> types;
  for (const auto& [name, value] : call.parameters) {
    const std::string_view bare = std::string_view(name).substr(0, name.find(':'));
    if (bare == "_sort" || bare == "_include" || bare == "_revinclude")
      return std::unexpected(refuse(400, "PB-6080", {std::string(bare)}));
    if (name == "_type") {
      for (const std::string_view type : split(value, ',')) {
        if (!isResourceType(call.definitions(), type))
          return std::unexpected(
              refuse(400, "PB-4023", {name, std::string(type), "CarePlan,Goal"}));
        types.emplace(type);
      }
    } else if (name != "_cursor") {
      asked.fields.emplace_back(name, value);
    }
  }
  if (types.empty()) {
    for (const fhir::Type& type : call.definitions().types()) {
      if (type.kind == fhir::TypeKind::kResource && !type.abstract) types.emplace(type.name);
    }
  }
  asked.types.assign(types.begin(), types.end());
  auto from = askedTypeCursor(call, placeOf(asked.types), asked.types.size());
  if (!from.has_value()) return std::unexpected(std::move(from.error()));
  asked.from = std::move(*from);
  return asked;
}

class SystemSearch {
 public:
  SystemSearch(const Call& call, const Asked& asked, store::Reader& view)
      : call_(call),
        asked_(asked),
        view_(view),
        moment_(asked.from.moment),
        now_(moment_ == 0 ? call.context->parts.clock->now() : asked.from.now) {}

  Answer run() {
    if (auto refused = parse()) return std::move(*refused);
    const search::SearchRequest& first = requests_.front();
    const std::uint32_t count = first.query.count;
    const bool only_count = first.summary == search::Summary::kCount || count == 0;
    if (only_count || first.query.total) {
      if (auto refused = countAll()) return std::move(*refused);
    }
    if (!only_count) {
      if (auto refused = find(count)) return std::move(*refused);
    }
    BundleText bundle("searchset");
    if (total_.has_value()) bundle.total(*total_);
    std::vector<fhir::Issue> notes = first.warnings;
    addLinks(bundle, call_, "", understood(), next_, notes);
    const Subset subset{first.summary, first.elements};
    for (const store::Version& match : matches_) addFound(bundle, call_, match, "match", subset);
    addNotes(bundle, call_, notes);
    Answer answer;
    answer.resource = std::move(bundle).finish();
    return answer;
  }

 private:
  // Every type has to know every parameter.
  std::optional<Answer> parse() {
    const SearchCodes codes(*call_.context, view_);
    for (const std::string& type : asked_.types) {
      search::SearchContext context = searchContextOf(call_, type, codes);
      context.now = now_;
      auto request = search::parseQuery(*call_.context->parts.parameters, context, asked_.fields);
      if (!request.has_value()) return refuse(400, std::move(request.error()));
      requests_.push_back(std::move(*request));
    }
    return std::nullopt;
  }

  std::optional<Answer> countAll() {
    std::uint64_t total = 0;
    for (const search::SearchRequest& request : requests_) {
      store::Query query = request.query;
      query.count = 1;
      query.total = true;
      query.as_of = moment_;
      const auto page = view_.search(query);
      if (!page.has_value()) return refuse(page.error());
      total += page->total.value_or(0);
    }
    total_ = total;
    return std::nullopt;
  }

  std::optional<Answer> find(std::uint32_t count) {
    const TypeCursor& from = asked_.from;
    for (std::size_t i = from.type; i < requests_.size(); ++i) {
      if (matches_.size() >= count) return goOnAt(i, {});
      store::Query query = requests_[i].query;
      query.total = false;
      query.count = count - static_cast<std::uint32_t>(matches_.size());
      query.as_of = moment_;
      if (i == from.type && !from.inner.empty()) query.cursor = from.inner;
      auto page = view_.search(query);
      if (!page.has_value()) return refusePage(page.error(), query);
      moment_ = page->moment;
      std::move(page->matches.begin(), page->matches.end(), std::back_inserter(matches_));
      if (page->next.has_value()) return goOnAt(i, std::move(*page->next));
    }
    return std::nullopt;
  }

  std::optional<Answer> goOnAt(std::size_t type, std::string inner) {
    const TypeCursor cursor{
        .type = type, .moment = moment_, .now = now_, .inner = std::move(inner)};
    auto sealed = sealedCursor(call_, placeOf(asked_.types), writeTypeCursor(cursor));
    if (!sealed.has_value()) return std::move(sealed.error());
    next_ = std::move(*sealed);
    return std::nullopt;
  }

  Fields understood() const {
    Fields fields;
    for (const auto& [name, value] : call_.parameters) {
      if (name == "_type") fields.emplace_back(name, value);
    }
    const auto& applied = requests_.front().applied;
    fields.insert(fields.end(), applied.begin(), applied.end());
    return fields;
  }

  const Call& call_;
  const Asked& asked_;
  store::Reader& view_;
  std::uint64_t moment_;  // that all pages show; 0: not known yet
  Instant now_;
  std::vector<search::SearchRequest> requests_;  // one a type
  std::vector<store::Version> matches_;
  std::optional<std::uint64_t> total_;
  std::optional<std::string> next_;
};

}  // namespace

Answer searchSystem(const Call& call) {
  const auto asked = askedBy(call);
  if (!asked.has_value()) return asked.error();
  return withView(call,
                  [&](store::Reader& view) { return SystemSearch(call, *asked, view).run(); });
}

}  // namespace planbro::service
