// search of a type by GET and by POST _search. FHIR R4, search.html; docs/api/search.md.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>

#include "search/patient_compartment.h"
#include "search/search_request.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/page_cursor.h"
#include "service/search_bundle.h"
#include "service/search_codes.h"
#include "service/view.h"

namespace planbro::service {
namespace {

constexpr std::size_t kChunk = 64;  // resources that are asked for at once

// What the matches of a page bring along, as it was at the page's moment, by rounds: the first from
// the matches, further ones (:iterate) from what the round before found.
class Inclusion {
 public:
  Inclusion(const Call& call, const search::SearchRequest& request, store::Reader& view)
      : call_(call), request_(request), view_(view) {}

  Status run(const store::SearchPage& page) {
    const std::vector<store::Version>& matches = page.matches;
    moment_ = page.moment;
    for (const store::Version& match : matches) {
      seen_.emplace(match.type, match.id);
      taken_.emplace(match.type, match.id, match.version);
    }
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
    std::vector<ResourceKey> keys;
    std::vector<search::Included> versions;
    for (const store::Version& version : from) {
      if (!include.source_type.empty() && include.source_type != version.type) continue;
      const fhir::ReadOutcome read = fhir::readJson(version.body, call_.definitions());
      if (!read.resource) return fail(ErrorCode::kCorrupt, "a stored resource does not parse");
      for (search::Included& one :
           search::followedBy(*call_.context->parts.parameters, include, read.resource.root(),
                              call_.context->settings.base_url)) {
        if (!one.version.empty()) {
          versions.push_back(std::move(one));
        } else if (!seen_.contains({one.type, one.id})) {
          keys.emplace_back(std::move(one.type), std::move(one.id));
        }
      }
    }
    PLANBRO_RETURN_IF_ERROR(inVersions(versions, keys));
    for (std::size_t i = 0; i < keys.size() && !truncated_; i += kChunk) {
      const auto some = std::span(keys).subspan(i, std::min(kChunk, keys.size() - i));
      PLANBRO_RETURN_IF_ERROR(takeEach(some));
    }
    return named(include, from);
  }

  Status takeEach(std::span<const ResourceKey> keys) {
    if (request_.query.cursor.has_value()) return takeOfMoment(keys);
    // The first page's moment is that of the view.
    PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Version> targets, readEach(view_, keys));
    for (store::Version& target : targets) take(std::move(target));
    return {};
  }

  Status takeOfMoment(std::span<const ResourceKey> keys) {
    std::map<std::string_view, std::vector<std::string>> ids;  // by type
    for (const ResourceKey& key : keys) ids[key.first].push_back(key.second);
    for (auto& [type, some] : ids) {
      store::Query query;
      query.type = type;
      query.where.op = store::Predicate::Op::kId;
      query.where.ids = std::move(some);
      PLANBRO_RETURN_IF_ERROR(takeAll(std::move(query)));
    }
    return {};
  }

  // Versions that references name; where one is not there, that of the moment comes with `others`.
  Status inVersions(const std::vector<search::Included>& versions,
                    std::vector<ResourceKey>& others) {
    for (const search::Included& one : versions) {
      if (truncated_) break;
      std::uint64_t number = 0;
      const char* end = one.version.data() + one.version.size();
      const auto [last, error] = std::from_chars(one.version.data(), end, number);
      if (error == std::errc() && last == end) {
        auto version = view_.readVersion(one.type, one.id, number);
        if (version.has_value() && !version->deleted) {
          takeVersion(std::move(*version));
          continue;
        }
        if (!version.has_value() && version.error().code != ErrorCode::kNotFound)
          return std::unexpected(std::move(version.error()));
      }
      others.emplace_back(one.type, one.id);
    }
    return {};
  }

  // What they name by canonical.
  Status named(const search::Include& include, const std::vector<store::Version>& from) {
    std::vector<std::string> ids;
    for (const store::Version& version : from) {
      if (version.type == include.source_type) ids.push_back(version.id);
    }
    for (store::Query& query :
         search::canonicalIncludeQueries(*call_.context->parts.parameters, include, ids))
      PLANBRO_RETURN_IF_ERROR(takeAll(std::move(query)));
    return {};
  }

  Status reverse(const search::Include& include, const std::vector<store::Version>& from) {
    std::vector<ResourceKey> keys;
    for (const store::Version& version : from) {
      if (include.target_type.empty() || include.target_type == version.type)
        keys.emplace_back(version.type, version.id);
    }
    if (keys.empty()) return {};
    // A few at a time: what asks for too much at once cannot begin from the index of references.
    const std::size_t chunk = include.parameter == "*" ? 8 : kChunk;
    for (std::size_t i = 0; i < keys.size() && !truncated_; i += chunk) {
      const auto some = std::span(keys).subspan(i, std::min(chunk, keys.size() - i));
      PLANBRO_RETURN_IF_ERROR(referringTo(include, some));
    }
    return {};
  }

  Status referringTo(const search::Include& include, std::span<const ResourceKey> keys) {
    store::Query query =
        search::reverseIncludeQuery(*call_.context->parts.parameters, include, keys);
    if (query.where.children.empty()) return {};
    return takeAll(std::move(query));
  }

  Status takeAll(store::Query query) {
    if (truncated_) return {};
    query.as_of = moment_;
    return eachFound(view_, std::move(query), call_.context->settings.max_count,
                     [&](store::Version version) {
                       take(std::move(version));
                       return !truncated_;
                     });
  }

  // The version of the moment; another one may be there already.
  void take(store::Version version) {
    if (seen_.emplace(version.type, version.id).second) takeVersion(std::move(version));
  }

  void takeVersion(store::Version version) {
    if (found_.size() >= call_.context->settings.max_included) {
      truncated_ = true;
      return;
    }
    if (taken_.emplace(version.type, version.id, version.version).second)
      found_.push_back(std::move(version));
  }

  const Call& call_;
  const search::SearchRequest& request_;
  store::Reader& view_;
  std::uint64_t moment_ = 0;
  std::set<ResourceKey> seen_;  // in their versions of the moment
  std::set<std::tuple<std::string, std::string, std::uint64_t>> taken_;
  std::vector<store::Version> found_;
  bool truncated_ = false;
};

// "Goal"; in a person's compartment "Patient/1/Goal".
std::string pathOf(const Call& call) {
  return (call.id.empty() ? "" : "Patient/" + call.id + "/") + call.type;
}

// Leaves of the matches those in the compartment of the Patient that the call names.
std::optional<Answer> enterCompartment(const Call& call, store::Query& query) {
  if (call.id.empty()) return std::nullopt;
  const auto members = search::patientCompartment();
  const auto member = std::find_if(members.begin(), members.end(),
                                   [&](const auto& one) { return one.type == call.type; });
  if (member == members.end()) return refuse(400, "PB-4057", {call.type});
  store::Predicate both;
  both.children = {search::inCompartment(*member, call.id), std::move(query.where)};
  query.where = std::move(both);
  return std::nullopt;
}

Answer found(const Call& call, search::SearchRequest& request, store::Reader& view, Instant now) {
  const bool only_count = request.summary == search::Summary::kCount || request.query.count == 0;
  if (only_count) {
    request.query.count = 1;
    request.query.total = true;
  }
  auto page = view.search(request.query);
  if (!page.has_value()) return refusePage(page.error(), request.query);
  std::vector<fhir::Issue> notes = std::move(request.warnings);
  if (request.explain) {
    auto explained = view.explain(request.query);
    if (!explained.has_value()) return refuse(explained.error());
    notes.push_back(fhir::makeIssue("PB-4533", {}, {std::move(*explained)}));
  }
  Inclusion inclusion(call, request, view);
  if (!only_count) {
    if (const Status done = inclusion.run(*page); !done.has_value()) return refuse(done.error());
    if (inclusion.truncated())
      notes.push_back(
          fhir::makeIssue("PB-4024", {}, {std::to_string(call.context->settings.max_included)}));
  }
  const bool more = page->next.has_value() && !only_count;
  std::optional<std::string> next;
  if (more) {
    auto sealed = sealedCursor(call, pathOf(call), writeSearchCursor({now, *page->next}));
    if (!sealed.has_value()) return std::move(sealed.error());
    next = std::move(*sealed);
  }
  BundleText bundle("searchset");
  if (page->total.has_value()) bundle.total(*page->total);
  addLinks(bundle, call, "/" + pathOf(call), request.applied, next, notes);
  if (!only_count) {
    const Subset subset{request.summary, request.elements};
    for (const store::Version& match : page->matches)
      addFound(bundle, call, match, "match", subset);
    for (const store::Version& included : inclusion.found())
      addFound(bundle, call, included, "include", Subset{request.summary, {}});
  }
  addNotes(bundle, call, notes);
  Answer answer;
  answer.resource = std::move(bundle).finish();
  return answer;
}

}  // namespace

Answer searchType(const Call& call) {
  return withView(call, [&](store::Reader& view) -> Answer {
    const SearchCodes codes(*call.context, view);
    search::SearchContext context = searchContextOf(call, call.type, codes);
    context.explain = call.context->settings.explain;
    auto from = askedSearchCursor(call, pathOf(call));
    if (!from.has_value()) return std::move(from.error());
    if (from->has_value()) context.now = (*from)->now;
    auto request = search::parseQuery(*call.context->parts.parameters, context, call.parameters);
    if (!request.has_value()) return refuse(400, std::move(request.error()));
    if (auto refused = enterCompartment(call, request->query)) return std::move(*refused);
    if (from->has_value()) request->query.cursor = std::move((*from)->inner);
    return found(call, *request, view, context.now);
  });
}

}  // namespace planbro::service
