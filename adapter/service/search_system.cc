// search over several types, or all of them. FHIR R4, http.html, section 3.1.0.11 (search, without
// a type); docs/api/search.md.
//
// The types are searched one behind the other, in the order of their names, and a page goes on
// where the one before ended: the cursor is the type's place and the store's cursor in it, sealed.
#include <algorithm>
#include <array>
#include <set>
#include <string_view>

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
};

// A cursor is good for the same types and filters alone; how they are shown may change. `applied`:
// what was understood.
std::string placeOf(const std::vector<std::string>& types, const Fields& applied) {
  constexpr std::array<std::string_view, 6> kShowing{"_count",    "_total",  "_summary",
                                                     "_elements", "_format", "_pretty"};
  std::string place = "?_type=";
  for (const std::string& type : types) place.append(type).append(",");
  for (const auto& [name, value] : applied) {
    if (std::find(kShowing.begin(), kShowing.end(), name) != kShowing.end()) continue;
    for (const std::string& part : {name, value})
      place.append("&").append(std::to_string(part.size())).append(":").append(part);
  }
  return place;
}

std::expected<Asked, Answer> askedBy(const Call& call) {
  Asked asked;
  std::set<std::string> types;
  for (const auto& [name, value] : call.parameters) {
    const std::string_view bare = std::string_view(name).substr(0, name.find(':'));
    const bool explains = bare == "_explain" && call.context->settings.explain;
    if (bare == "_sort" || bare == "_include" || bare == "_revinclude" || explains)
      return std::unexpected(refuse(400, "PB-6080", {std::string(bare)}));
    if (bare == "_type" && bare != name)
      return std::unexpected(refuse(400, "PB-4504", {name.substr(bare.size()), "_type"}));
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
  return asked;
}

class SystemSearch {
 public:
  SystemSearch(const Call& call, const Asked& asked, store::Reader& view)
      : call_(call),
        asked_(asked),
        view_(view),
        codes_(*call.context, view),
        now_(call.context->parts.clock->now()) {}

  Answer run() {
    if (auto refused = openCursor()) return std::move(*refused);
    for (const std::string& type : asked_.types) {
      auto request = parse(type);
      if (!request.has_value()) return std::move(request.error());
      requests_.push_back(std::move(*request));
    }
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
  // Reads the search once before: that tells what the cursor must be good for, and the cursor from
  // which moment on it is read (ap).
  std::optional<Answer> openCursor() {
    if (!call_.parameter("_cursor").has_value()) return std::nullopt;
    const auto first = parse(asked_.types.front());
    if (!first.has_value()) return first.error();
    auto from = askedTypeCursor(call_, placeOf(asked_.types, first->applied), asked_.types.size());
    if (!from.has_value()) return std::move(from.error());
    from_ = std::move(*from);
    moment_ = from_.moment;
    if (moment_ != 0) now_ = from_.now;
    return std::nullopt;
  }

  // Every type has to know every parameter.
  std::expected<search::SearchRequest, Answer> parse(const std::string& type) const {
    search::SearchContext context = searchContextOf(call_, type, codes_);
    context.now = now_;
    auto request = search::parseQuery(*call_.context->parts.parameters, context, asked_.fields);
    if (!request.has_value()) return std::unexpected(refuse(400, std::move(request.error())));
    return std::move(*request);
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
    for (std::size_t i = from_.type; i < requests_.size(); ++i) {
      if (matches_.size() >= count) return goOnAt(i, {});
      store::Query query = requests_[i].query;
      query.total = false;
      query.count = count - static_cast<std::uint32_t>(matches_.size());
      query.as_of = moment_;
      if (i == from_.type && !from_.inner.empty()) query.cursor = from_.inner;
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
    auto sealed = sealedCursor(call_, placeOf(asked_.types, requests_.front().applied),
                               writeTypeCursor(cursor));
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
  const SearchCodes codes_;
  TypeCursor from_;
  std::uint64_t moment_ = 0;  // that all pages show; 0: not known yet
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
