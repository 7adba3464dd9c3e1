// history of an instance, a type and the system. FHIR R4, http.html, section 3.1.0.12;
// docs/api/history.md.
#include <algorithm>
#include <charconv>
#include <limits>

#include "search/time_range.h"
#include "service/bundle_text.h"
#include "service/conditions.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/page_address.h"
#include "service/page_cursor.h"
#include "service/subset.h"
#include "service/view.h"

namespace planbro::service {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Of a parameter that overflows the largest: there are never so many.
std::optional<std::uint64_t> countOf(std::string_view text) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  return number(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

// Most versions that are looked at for one page; what is left is for the next page.
constexpr std::size_t kMaxLookedAt = 10'000;

// The times that an _at allows: those of the date, or before or behind it as its prefix says. `ne`
// and `ap` choose no one stretch of time.
std::optional<search::TimeRange> timesOf(std::string_view text) {
  const bool compares = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  const std::string_view prefix = compares ? text.substr(0, 2) : "eq";
  const auto date = search::timeRangeOf(compares && text.size() > 2 ? text.substr(2) : text);
  if (!date.has_value()) return std::nullopt;
  search::TimeRange times;  // all
  if (prefix == "eq" || prefix == "ge") times.low = date->low;
  if (prefix == "eq" || prefix == "le") times.high = date->high;
  if (prefix == "gt" || prefix == "sa") times.low = date->high + 1;
  if (prefix == "lt" || prefix == "eb") times.high = date->low - 1;
  if (times == search::TimeRange()) return std::nullopt;
  return times;
}

// Of all _at; what was current at some point of each was so at some point of their overlap.
std::expected<std::optional<search::TimeRange>, Answer> askedTimes(const Call& call) {
  std::optional<search::TimeRange> all;
  for (const auto& [name, value] : call.parameters) {
    if (name != "_at") continue;
    const auto times = timesOf(value);
    if (!times.has_value())
      return std::unexpected(refuse(400, "PB-4023", {name, value, "2026-11-22, ge2026-11-22"}));
    if (!all.has_value()) all.emplace();
    all->low = std::max(all->low, times->low);
    all->high = std::min(all->high, times->high);
  }
  return all;
}

struct Asked {
  store::HistoryQuery query;
  std::optional<std::uint64_t> total;   // as the first page told it
  std::optional<search::TimeRange> at;  // _at: current at some point of that time
  Subset subset;
};

std::string pathOf(const Call& call) {
  std::string path;
  if (!call.type.empty()) path += call.type + "/";
  if (!call.id.empty()) path += call.id + "/";
  return path + "_history";
}

// What a cursor is good for: that history and the times that were asked for.
std::string placeOf(const Call& call) {
  std::string place = pathOf(call);
  for (const auto& [name, value] : call.parameters) {
    if (name == "_since" || name == "_at") place += "&" + name + "=" + value;
  }
  return place;
}

// Two of these would contradict each other.
std::optional<Answer> refusedRepetition(const Call& call) {
  for (const std::string_view name : {"_count", "_since", "_cursor"}) {
    const auto times = std::count_if(call.parameters.begin(), call.parameters.end(),
                                     [&](const auto& one) { return one.first == name; });
    if (times > 1) return refuse(400, "PB-4025", {std::string(name)});
  }
  return std::nullopt;
}

std::expected<Asked, Answer> askedBy(const Call& call) {
  if (auto refused = refusedRepetition(call)) return std::unexpected(std::move(*refused));
  const ServiceSettings& settings = call.context->settings;
  Asked asked;
  store::HistoryQuery& query = asked.query;
  query.type = call.type;
  query.id = call.id;
  query.count = settings.default_count;
  if (const auto text = call.parameter("_count")) {
    const auto count = countOf(*text);
    if (!count.has_value() || *count == 0)
      return std::unexpected(refuse(400, "PB-4023", {"_count", std::string(*text), "1, 2, 3, …"}));
    query.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(*count, settings.max_count));
  }
  if (const auto text = call.parameter("_since")) {
    query.since = parseInstant(*text);
    if (!query.since.has_value())
      return std::unexpected(
          refuse(400, "PB-4023", {"_since", std::string(*text), "2026-11-22T12:00:00Z"}));
  }
  if (const auto text = call.parameter("_cursor")) {
    auto opened = openedCursor(call, placeOf(call), *text);
    if (!opened.has_value()) return std::unexpected(std::move(opened.error()));
    // "sequence", or "sequence/total".
    const std::string_view place = std::string_view(*opened).substr(0, opened->find('/'));
    const auto cursor = number(place);
    if (!cursor.has_value() || *cursor == 0) return std::unexpected(refuse(400, "PB-5030"));
    query.before_sequence = *cursor;
    if (place.size() < opened->size())
      asked.total = number(std::string_view(*opened).substr(place.size() + 1));
  }
  auto at = askedTimes(call);
  if (!at.has_value()) return std::unexpected(std::move(at.error()));
  asked.at = *at;
  auto subset = subsetOf(call);
  if (!subset.has_value()) return std::unexpected(std::move(subset.error()));
  asked.subset = std::move(*subset);
  return asked;
}

// Whether the version was what the resource was at some point of that time.
Result<bool> wasCurrent(store::Reader& view, const store::Version& version,
                        const search::TimeRange& at) {
  if (version.last_updated.micros > at.high) return false;
  if (version.last_updated.micros >= at.low) return true;
  if (version.deleted) return false;
  const auto next = view.readVersion(version.type, version.id, version.version + 1);
  if (next.has_value()) return next->last_updated.micros > at.low;
  if (next.error().code == ErrorCode::kNotFound) return true;
  return std::unexpected(next.error());
}

// One page: its versions, and where the next one begins.
struct Page {
  std::vector<store::Version> versions;
  std::optional<std::uint64_t> next;
};

Result<Page> pageOf(const Asked& asked, store::Reader& view) {
  Page page;
  store::HistoryQuery query = asked.query;
  ++query.count;  // one more tells whether there is a next page
  for (std::size_t looked_at = 0;;) {
    PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Version> found, view.history(query));
    for (store::Version& version : found) {
      if (page.versions.size() == asked.query.count || ++looked_at > kMaxLookedAt) {
        page.next = query.before_sequence;
        return page;
      }
      query.before_sequence = version.sequence;
      if (asked.at.has_value()) {
        PLANBRO_ASSIGN_OR_RETURN(const bool current, wasCurrent(view, version, *asked.at));
        if (!current) continue;
      }
      page.versions.push_back(std::move(version));
    }
    if (found.size() < query.count) return page;
  }
}

// Whether the version was answered 201: it was the first, or brought a deleted resource back.
// `older` is what stands below it on the page; that is the version before in an instance's history.
Result<bool> wasCreated(store::Reader& view, const store::Version& version,
                        const store::Version* older) {
  if (version.version == 1) return true;
  if (version.deleted || version.method == "PATCH") return false;
  const bool isBefore = older != nullptr && older->version + 1 == version.version &&
                        older->id == version.id && older->type == version.type;
  if (isBefore) return older->deleted;
  PLANBRO_ASSIGN_OR_RETURN(const store::Version before,
                           view.readVersion(version.type, version.id, version.version - 1));
  return before.deleted;
}

void addVersion(BundleText& bundle, const Call& call, const store::Version& version, bool created,
                const Subset& subset) {
  const std::string own = version.type + "/" + version.id;
  BundleEntryText entry;
  entry.full_url = call.context->address(version.type, version.id);
  const std::string thin = thinnedBody(call, version, subset);
  entry.resource = thin.empty() ? std::string_view(version.body) : std::string_view(thin);
  entry.method = version.method;
  entry.url = version.method == "POST" ? std::string_view(version.type) : std::string_view(own);
  entry.status = version.deleted ? "204 No Content" : created ? "201 Created" : "200 OK";
  entry.etag = etagOf(version.version);
  entry.last_modified = version.last_updated;
  bundle.entry(entry);
}

}  // namespace

Answer history(const Call& call) {
  if (auto refused = refusedParameters(call, {"_count", "_since", "_at", "_cursor"}, true))
    return std::move(*refused);
  const auto asked = askedBy(call);
  if (!asked.has_value()) return asked.error();
  return withView(call, [&](store::Reader& view) -> Answer {
    std::optional<std::uint64_t> total;
    if (!call.id.empty()) {
      const auto current = view.read(call.type, call.id);
      if (!current.has_value())
        return current.error().code == ErrorCode::kNotFound
                   ? refuse(404, "PB-4001", {call.type, call.id})
                   : refuse(current.error());
      const bool first = asked->query.before_sequence == 0;
      if (!asked->query.since.has_value() && !asked->at.has_value())
        total = first ? current->version : asked->total;
    }
    const auto page = pageOf(*asked, view);
    if (!page.has_value()) return refuse(page.error());
    BundleText bundle("history");
    if (total.has_value()) bundle.total(*total);
    const std::string start = call.context->settings.base_url + "/" + pathOf(call);
    bundle.link("self", pageAddress(start, call.parameters, call.parameter("_cursor")));
    if (page->next.has_value()) {
      std::string cursor = std::to_string(*page->next);
      if (total.has_value()) cursor += "/" + std::to_string(*total);
      const auto sealed = sealedCursor(call, placeOf(call), cursor);
      if (!sealed.has_value()) return sealed.error();
      bundle.link("next", pageAddress(start, call.parameters, *sealed));
    }
    for (std::size_t i = 0; i < page->versions.size(); ++i) {
      const store::Version& version = page->versions[i];
      const bool last = i + 1 == page->versions.size();
      const auto created = wasCreated(view, version, last ? nullptr : &page->versions[i + 1]);
      if (!created.has_value()) return refuse(created.error());
      addVersion(bundle, call, version, *created, asked->subset);
    }
    Answer answer;
    answer.resource = std::move(bundle).finish();
    return answer;
  });
}

}  // namespace planbro::service
