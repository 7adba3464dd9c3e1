// $everything: a person's record, or a plan with all that belongs to it. FHIR R4,
// patient-operation-everything.html; docs/api/everything.md.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/text.h"
#include "plan/plan_resources.h"
#include "search/patient_compartment.h"
#include "search/search_request.h"
#include "search/time_range.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/page_address.h"
#include "service/page_cursor.h"
#include "service/routes.h"
#include "service/search_bundle.h"
#include "service/subset.h"
#include "service/view.h"

namespace planbro::service {
namespace {

std::string placeOf(const Call& call) { return "Patient/" + call.id + "/$everything"; }

// What of a person's record is asked for.
struct Selection {
  std::set<std::string, std::less<>> types;  // of _type; empty: all
  bool others = true;                        // some of them are not about persons
  std::optional<Instant> since;
  std::optional<store::IndexRow> period;  // of start and end, as a row to overlap with
  std::uint32_t count = 0;
  TypeCursor from;
  Subset subset;

  bool shows(std::string_view type) const { return types.empty() || types.contains(type); }
  // Types that are not shown are gone through where others are for what they refer to.
  bool reads(std::string_view type) const { return others || shows(type); }
};

Answer wrongValue(std::string_view name, std::string_view value, std::string_view example) {
  return refuse(400, "PB-4023", {std::string(name), std::string(value), std::string(example)});
}

// The care dates asked for; both ends are included.
std::expected<std::optional<store::IndexRow>, Answer> periodOf(const Call& call) {
  const auto start = call.parameter("start");
  const auto end = call.parameter("end");
  if (!start.has_value() && !end.has_value()) return std::nullopt;
  store::IndexRow row;
  row.kind = store::IndexRow::Kind::kDate;
  row.parameter = "date";
  row.low = std::numeric_limits<std::int64_t>::min();
  row.high = std::numeric_limits<std::int64_t>::max();
  for (const auto& [name, text] : {std::pair{"start", start}, std::pair{"end", end}}) {
    if (!text.has_value()) continue;
    const auto range = search::timeRangeOf(*text);
    if (!range.has_value()) return std::unexpected(wrongValue(name, *text, "2026-11-22"));
    if (std::string_view(name) == "start") row.low = range->low;
    if (std::string_view(name) == "end") row.high = range->high;
  }
  return row;
}

bool isPersonal(std::string_view type) {
  const auto members = search::patientCompartment();
  return std::any_of(members.begin(), members.end(),
                     [&](const auto& member) { return member.type == type; });
}

// What _type asks for; the refusal if one of them is no type.
std::optional<Answer> readTypes(const Call& call, Selection& selection) {
  for (const auto& [name, value] : call.parameters) {
    if (name != "_type") continue;
    for (const std::string_view type : split(value, ',')) {
      if (!isResourceType(call.definitions(), type)) return wrongValue(name, type, "CarePlan,Goal");
      selection.types.emplace(type);
    }
  }
  selection.others = selection.types.empty() ||
                     !std::all_of(selection.types.begin(), selection.types.end(), isPersonal);
  return std::nullopt;
}

std::expected<Selection, Answer> selectionOf(const Call& call) {
  Selection selection;
  selection.count = call.context->settings.max_count;
  if (auto refused = readTypes(call, selection)) return std::unexpected(std::move(*refused));
  if (const auto text = call.parameter("_count")) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc() || end != text->data() + text->size() || count == 0)
      return std::unexpected(wrongValue("_count", *text, "50"));
    selection.count = std::min(count, call.context->settings.max_count);
  }
  if (const auto text = call.parameter("_since")) {
    selection.since = parseInstant(*text);
    if (!selection.since.has_value())
      return std::unexpected(wrongValue("_since", *text, "2026-11-22T12:00:00Z"));
  }
  auto from = askedTypeCursor(call, placeOf(call), search::patientCompartment().size());
  if (!from.has_value()) return std::unexpected(std::move(from.error()));
  selection.from = std::move(*from);
  auto subset = subsetOf(call);
  if (!subset.has_value()) return std::unexpected(std::move(subset.error()));
  selection.subset = std::move(*subset);
  auto period = periodOf(call);
  if (!period.has_value()) return std::unexpected(std::move(period.error()));
  selection.period = std::move(*period);
  return selection;
}

// One page of a person's record: the person, what is about them type by type, and what these refer
// to outside the record (practitioners, organisations, places).
class PatientRecord {
 public:
  PatientRecord(const Call& call, const Selection& selection, store::Reader& view)
      : call_(call), selection_(selection), view_(view) {}

  Answer run(store::Version patient) {
    const bool first = !call_.parameter("_cursor").has_value();
    const bool changed = !selection_.since.has_value() || patient.last_updated >= *selection_.since;
    if (first && changed && selection_.reads("Patient")) take(std::move(patient));
    std::optional<std::string> next;
    std::uint64_t moment = selection_.from.moment;
    const auto members = search::patientCompartment();
    for (std::size_t i = selection_.from.type; i < members.size() && !next.has_value(); ++i) {
      if (!selection_.reads(members[i].type)) continue;
      if (found_.size() >= selection_.count) {
        next = writeTypeCursor({.type = i, .moment = moment});
        break;
      }
      store::Query query = queryFor(members[i]);
      if (i == selection_.from.type && !selection_.from.inner.empty())
        query.cursor = selection_.from.inner;
      query.as_of = moment;
      query.count = selection_.count - static_cast<std::uint32_t>(found_.size());
      auto page = view_.search(query);
      if (!page.has_value()) return refusePage(page.error(), query);
      moment = page->moment;
      for (store::Version& version : page->matches) take(std::move(version));
      if (page->next.has_value())
        next = writeTypeCursor({.type = i, .moment = moment, .inner = *page->next});
    }
    const std::size_t matches = found_.size();
    if (const Status done = bringAlong(matches); !done.has_value()) return refuse(done.error());
    BundleText bundle("searchset");
    const std::string start = call_.context->address("Patient", call_.id) + "/$everything";
    bundle.link("self", pageAddress(start, call_.parameters, call_.parameter("_cursor")));
    if (next.has_value()) {
      const auto sealed = sealedCursor(call_, placeOf(call_), *next);
      if (!sealed.has_value()) return sealed.error();
      bundle.link("next", pageAddress(start, call_.parameters, *sealed));
    }
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (selection_.shows(found_[i].type))
        addFound(bundle, call_, found_[i], i < matches ? "match" : "include", selection_.subset);
    }
    Answer answer;
    answer.resource = std::move(bundle).finish();
    return answer;
  }

 private:
  store::Query queryFor(const search::CompartmentMember& member) const {
    store::Query query;
    query.type = member.type;
    query.where = search::inCompartment(member, call_.id);
    query.updated_from = selection_.since;
    const search::Parameter* date = call_.context->parts.parameters->find(member.type, "date");
    if (!selection_.period.has_value() || date == nullptr) return query;
    // What has no date is not outside any period.
    store::Predicate undated;
    undated.op = store::Predicate::Op::kMissing;
    undated.row.kind = store::IndexRow::Kind::kDate;
    undated.row.parameter = "date";
    store::Predicate inside;
    inside.op = store::Predicate::Op::kOverlaps;
    inside.row = *selection_.period;
    store::Predicate either;
    either.op = store::Predicate::Op::kOr;
    either.children = {std::move(undated), std::move(inside)};
    store::Predicate both;
    both.children = {std::move(query.where), std::move(either)};
    query.where = std::move(both);
    return query;
  }

  void take(store::Version version) {
    if (seen_.emplace(version.type, version.id).second) found_.push_back(std::move(version));
  }

  // What the first `count` resources refer to or name by canonical; other persons' records are not
  // brought along.
  Status bringAlong(std::size_t count) {
    if (!selection_.others) return {};
    const search::Parameters& parameters = *call_.context->parts.parameters;
    std::vector<ResourceKey> keys;
    std::map<std::string, std::vector<std::string>, std::less<>> naming;  // ids by type
    for (std::size_t i = 0; i < count; ++i) {
      const fhir::ReadOutcome read = fhir::readJson(found_[i].body, call_.definitions());
      if (!read.resource) return fail(ErrorCode::kCorrupt, "a stored resource does not parse");
      const search::Include all{.source_type = found_[i].type, .parameter = "*"};
      for (ResourceKey& key : search::includedBy(parameters, all, read.resource.root(),
                                                 call_.context->settings.base_url)) {
        if (isBroughtAlong(key.first) && !seen_.contains(key)) keys.push_back(std::move(key));
      }
      if (namesAny(read.resource.root())) naming[found_[i].type].push_back(found_[i].id);
    }
    PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Version> targets, readEach(view_, keys));
    for (store::Version& target : targets) take(std::move(target));
    for (const auto& [type, ids] : naming) PLANBRO_RETURN_IF_ERROR(bringNamed(type, ids));
    return {};
  }

  bool isBroughtAlong(std::string_view type) const {
    return !isPersonal(type) && selection_.shows(type);
  }

  // Whether a canonical stands where a search parameter finds it.
  bool namesAny(const fhir::Element& resource) const {
    std::vector<store::IndexRow> rows;
    for (const search::Parameter& parameter :
         call_.context->parts.parameters->of(resource.typeName())) {
      if (parameter.canonical)
        search::Parameters::extract(parameter, resource, call_.context->settings.base_url, rows);
    }
    return !rows.empty();
  }

  // What resources of that type name by canonical.
  Status bringNamed(const std::string& type, const std::vector<std::string>& ids) {
    const ServiceSettings& settings = call_.context->settings;
    const search::Include all{.source_type = type, .parameter = "*"};
    const std::size_t limit = selection_.count + settings.max_included;
    for (store::Query& query :
         search::canonicalIncludeQueries(*call_.context->parts.parameters, all, ids)) {
      if (!isBroughtAlong(query.type)) continue;
      PLANBRO_RETURN_IF_ERROR(
          eachFound(view_, std::move(query), settings.max_count, [&](store::Version version) {
            take(std::move(version));
            return found_.size() <= limit;
          }));
      if (found_.size() > limit)
        return fail(ErrorCode::kLimitExceeded,
                    "The page would bring too many resources along: ask for less with _count.");
    }
    return {};
  }

  const Call& call_;
  const Selection& selection_;
  store::Reader& view_;
  std::set<ResourceKey> seen_;
  std::vector<store::Version> found_;
};

}  // namespace

Answer patientEverything(const Call& call) {
  if (auto refused =
          refusedParameters(call, {"_type", "_since", "_count", "_cursor", "start", "end"}, true))
    return std::move(*refused);
  const auto selection = selectionOf(call);
  if (!selection.has_value()) return selection.error();
  return withView(call, [&](store::Reader& view) -> Answer {
    auto patient = currentVersion(view, "Patient", call.id);
    if (!patient.has_value()) return std::move(patient.error());
    return PatientRecord(call, *selection, view).run(std::move(*patient));
  });
}

Answer planEverything(const Call& call) {
  if (auto refused = refusedParameters(call, {}, true)) return std::move(*refused);
  const auto subset = subsetOf(call);
  if (!subset.has_value()) return subset.error();
  return withView(call, [&](store::Reader& view) -> Answer {
    const auto plan = currentVersion(view, "CarePlan", call.id);
    if (!plan.has_value()) return plan.error();
    const auto resources = plan::planResources(view, *plan);
    if (!resources.has_value()) return refuse(resources.error());
    BundleText bundle("searchset");
    bundle.total(resources->size());
    bundle.link("self", pageAddress(call.context->address("CarePlan", call.id) + "/$everything",
                                    call.parameters, {}));
    for (const store::Version& version : *resources)
      addFound(bundle, call, version, "match", *subset);
    Answer answer;
    answer.resource = std::move(bundle).finish();
    return answer;
  });
}

}  // namespace planbro::service
