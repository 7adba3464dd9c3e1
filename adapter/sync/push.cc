#include "sync/push.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "fhir/resource.h"
#include "json/parser.h"
#include "json/writer.h"
#include "plan/plan_set.h"
#include "sync/coverage.h"

namespace planbro::sync {
namespace {

constexpr std::size_t kMaxKeptOutcome = std::size_t{64} << 10;

// What a plan's owner writes alone: here a change made at the peer must not be overwritten.
constexpr std::array<std::string_view, 4> kGuarded = {"CarePlan", "CareTeam", "Consent", "Goal"};

// Written on the side and never part of a plan.
constexpr std::array<std::string_view, 4> kNoPlanContent = {"AuditEvent", "Provenance",
                                                            "Subscription", "OperationOutcome"};

template <std::size_t N>
bool isOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string outcomeText(std::span<const fhir::Issue> issues) {
  return json::write(*fhir::operationOutcome(issues, fhir::Language::kEnglish));
}

// The peer's OperationOutcome if it sent one, else one of our own.
std::string keptOutcome(const service::Response& response, fhir::Issue fallback) {
  if (response.body.size() <= kMaxKeptOutcome) {
    const auto outcome = fhir::readJson(response.body);
    if (outcome.resource && outcome.resource.type() == "OperationOutcome") return response.body;
  }
  return outcomeText({&fallback, 1});
}

// Statuses that say something about the peer or our access to it, not about the plan.
bool isPeerTrouble(int status) {
  return status < 200 || (status >= 300 && status < 400) || status >= 500 || status == 401 ||
         status == 403 || status == 404 || status == 405 || status == 407 || status == 408 ||
         status == 429;
}

bool mayPass(int status) { return status >= 500 || status == 408 || status == 429; }

std::optional<std::chrono::seconds> retryAfter(const service::Response& response) {
  const auto value = response.headers.get("Retry-After");
  if (!value) return std::nullopt;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (error != std::errc() || end != value->data() + value->size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

std::map<LocalId, std::string> etagsOf(const service::Response& response,
                                       const std::vector<LocalId>& order) {
  std::map<LocalId, std::string> etags;
  const auto document = json::parse(response.body);
  if (!document) return etags;
  const json::Node* entries = (*document)->root().member("entry");
  if (entries == nullptr || entries->children().size() != order.size()) return etags;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const json::Node* answer = entries->children()[i].member("response");
    const json::Node* etag = answer != nullptr ? answer->member("etag") : nullptr;
    if (etag != nullptr && isOneOf(kGuarded, order[i].type)) etags.emplace(order[i], etag->text());
  }
  return etags;
}

Result<std::set<std::string>> allPlans(store::Reader& reader) {
  std::set<std::string> plans;
  store::Query query;
  query.type = "CarePlan";
  query.count = 500;
  do {
    PLANBRO_ASSIGN_OR_RETURN(store::SearchPage page, reader.search(query));
    for (store::Version& version : page.matches) {
      auto outcome = fhir::readJson(std::move(version.body));
      if (outcome.resource && plan::isIndividualPlan(outcome.resource.root()))
        plans.insert(version.id);
    }
    query.cursor = std::move(page.next);
  } while (query.cursor);
  return plans;
}

// A change of a person's resource touches that person's plans; one of a resource that many may
// point to (an organisation, a professional) may touch any.
Result<std::set<std::string>> touchedPlans(store::Reader& reader,
                                           const std::vector<store::Change>& changes) {
  const auto& definitions = fhir::Definitions::r4();
  std::set<std::string> plans;
  std::set<LocalId> people;
  bool any_plan = false;
  for (const store::Change& change : changes) {
    if (isOneOf(kNoPlanContent, change.type)) continue;
    LocalId id{change.type, change.id};
    if (change.type == "Patient") {
      people.insert(std::move(id));
      continue;
    }
    PLANBRO_ASSIGN_OR_RETURN(const auto resource, readResource(reader, id, definitions));
    if (!resource) {
      any_plan = true;  // deleted: whoever pointed to it
      continue;
    }
    if (change.type == "CarePlan" && plan::isIndividualPlan(resource->root())) {
      plans.insert(change.id);
    } else if (auto owner = ownerOf(resource->root())) {
      people.insert(std::move(*owner));
    } else {
      any_plan = true;
    }
  }
  if (any_plan) return allPlans(reader);
  for (const LocalId& person : people) {
    PLANBRO_ASSIGN_OR_RETURN(const auto found,
                             resourcesOf(reader, "CarePlan", "subject", person, definitions));
    for (const Member& member : found) {
      if (plan::isIndividualPlan(member.resource.root())) plans.insert(member.id.id);
    }
  }
  return plans;
}

}  // namespace

Push::Push(store::Store& store, const Peer& peer, PeerConnection& connection, const Clock& clock,
           std::function<void(std::chrono::milliseconds)> pause, PushOptions options)
    : store_(store),
      peer_(peer),
      connection_(connection),
      clock_(clock),
      pause_(std::move(pause)),
      options_(options),
      journal_(peer.name) {}

Result<PushReport> Push::run() {
  PLANBRO_ASSIGN_OR_RETURN(PushReport report, pushAll());
  const std::string now = formatInstant(clock_.now());
  PLANBRO_RETURN_IF_ERROR(store_.transact([&](store::Transaction& transaction) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(PeerStatus status, journal_.status(transaction));
    status.last_run = now;
    if (report.stopped) {
      if (status.failing_since.empty()) status.failing_since = now;
      status.error = report.stopped->message;
    } else {
      status.last_success = now;
      status.failing_since.clear();
      status.error.clear();
    }
    return journal_.setStatus(transaction, status);
  }));
  for (const auto& [plan, item] : open_) report.open.push_back(item);
  return report;
}

Result<PushReport> Push::pushAll() {
  PushReport report;
  std::set<std::string> again;  // open ones, looked at once a run
  {
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, store_.snapshot());
    PLANBRO_ASSIGN_OR_RETURN(auto items, journal_.open(*reader));
    for (OpenItem& item : items) {
      again.insert(item.plan);
      open_.emplace(item.plan, std::move(item));
    }
  }

  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(Work work, nextWork());
    work.plans.merge(again);
    again.clear();
    for (const std::string& plan : work.plans) {
      PLANBRO_RETURN_IF_ERROR(pushPlan(plan, report));
      if (report.stopped) return report;
    }
    if (work.last) return report;
    PLANBRO_RETURN_IF_ERROR(store_.transact([&](store::Transaction& transaction) {
      return journal_.setCursor(transaction, work.cursor);
    }));
  }
}

Result<Push::Work> Push::nextWork() {
  Work work;
  PLANBRO_ASSIGN_OR_RETURN(const auto reader, store_.snapshot());
  PLANBRO_ASSIGN_OR_RETURN(work.cursor, journal_.cursor(*reader));
  const auto changes = reader->changesAfter(work.cursor, options_.changes);
  if (!changes && changes.error().code == ErrorCode::kGone) {
    log::info("the change log no longer tells what {} has not seen: all plans are looked at",
              peer_.name);
    PLANBRO_ASSIGN_OR_RETURN(const store::LogRange range, reader->logRange());
    work.cursor = range.newest;
    PLANBRO_ASSIGN_OR_RETURN(work.plans, allPlans(*reader));
    return work;
  }
  if (!changes) return std::unexpected(changes.error());
  work.last = changes->empty();
  if (!work.last) work.cursor = changes->back().sequence;
  PLANBRO_ASSIGN_OR_RETURN(work.plans, touchedPlans(*reader, *changes));
  return work;
}

Status Push::pushPlan(const std::string& plan, PushReport& report) {
  const std::string now = formatInstant(clock_.now());
  const auto open = open_.find(plan);
  OpenItem item;
  if (open != open_.end()) item = open->second;
  const auto openAs = [&](OpenItem::Kind kind, int status, const std::string& hash,
                          std::string outcome) {
    if (item.since.empty() || item.kind != kind) {
      item.since = now;
      item.tries = 0;
    }
    item.plan = plan;
    item.kind = kind;
    item.last_tried = now;
    ++item.tries;
    item.status = status;
    item.hash = hash;
    item.outcome = std::move(outcome);
    return note(plan, item);
  };

  SentPlan sent;
  PlanBundle bundle;
  std::optional<fhir::Issue> held_back;
  {
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, store_.snapshot());
    auto content = collectPlan(*reader, plan, fhir::Definitions::r4());
    if (!content) {
      if (content.error().code != ErrorCode::kNotFound)
        return std::unexpected(std::move(content).error());
      return note(plan, std::nullopt);  // no longer there: nothing to send, nothing open
    }
    PLANBRO_ASSIGN_OR_RETURN(sent, journal_.sent(*reader, plan));
    held_back = whyHeldBack(*content, peer_, norwegianDay(clock_.now()));
    if (!held_back) bundle = buildBundle(*content, sent.etags);
  }
  if (held_back) return openAs(OpenItem::Kind::kHeldBack, 0, {}, outcomeText({&*held_back, 1}));
  if (fhir::hasErrors(bundle.issues))
    return openAs(OpenItem::Kind::kHeldBack, 0, {}, outcomeText(bundle.issues));
  if (bundle.hash == sent.hash) {
    ++report.unchanged;
    return note(plan, std::nullopt);
  }
  if (open != open_.end() && item.hash == bundle.hash && !options_.retry_refused) return {};

  auto answer = sendPlan(bundle);
  if (!answer) {
    // It may have arrived all the same: then the versions noted are not the peer's any more.
    if (!sent.etags.empty()) {
      sent.etags.clear();
      PLANBRO_RETURN_IF_ERROR(noteSent(plan, sent));
    }
    report.stopped = std::move(answer).error();
    return {};
  }
  const service::Response& response = *answer;
  if (response.status >= 200 && response.status < 300) {
    PLANBRO_RETURN_IF_ERROR(noteSent(plan, {bundle.hash, now, etagsOf(response, bundle.order)}));
    ++report.sent;
    return note(plan, std::nullopt);
  }
  const bool conflict = response.status == 409 || response.status == 412;
  fhir::Issue issue =
      conflict ? fhir::makeIssue("PB-5009", {}, {peer_.name, "CarePlan/" + plan})
               : fhir::makeIssue("PB-5008", {},
                                 {peer_.name, "CarePlan/" + plan, std::to_string(response.status)});
  return openAs(conflict ? OpenItem::Kind::kConflict : OpenItem::Kind::kRefused, response.status,
                bundle.hash, keptOutcome(response, std::move(issue)));
}

// Tries again while trying again may help; an error is the peer's, for the whole run.
Result<service::Response> Push::sendPlan(const PlanBundle& bundle) {
  service::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/fhir+json; charset=utf-8");
  request.headers.set("Accept", "application/fhir+json");
  request.headers.set("Prefer", "return=minimal");
  request.body = bundle.body;
  std::chrono::milliseconds wait = options_.first_pause;
  for (unsigned attempt = 1;; ++attempt) {
    auto response = connection_.exchange(request);
    if (response && !isPeerTrouble(response->status)) return std::move(*response);
    const bool again =
        response ? mayPass(response->status) : response.error().code == ErrorCode::kUnavailable;
    auto pause = std::min(wait, options_.longest_pause);
    if (response) {
      if (const auto asked = retryAfter(*response)) pause = std::max(pause, {*asked});
    }
    if (!again || attempt >= options_.attempts || pause > options_.longest_pause) {
      if (!response) return std::unexpected(std::move(response).error());
      return fail(ErrorCode::kUnavailable, "the peer " + peer_.name + " answers with status " +
                                               std::to_string(response->status));
    }
    log::info("the peer {} does not answer, trying again", peer_.name);
    pause_(pause);
    wait *= 2;
  }
}

Status Push::note(const std::string& plan, std::optional<OpenItem> item) {
  if (!item && !open_.contains(plan)) return {};
  if (item) {
    open_.insert_or_assign(plan, std::move(*item));
  } else {
    open_.erase(plan);
  }
  std::vector<OpenItem> items;
  for (const auto& [key, value] : open_) items.push_back(value);
  return store_.transact(
      [&](store::Transaction& transaction) { return journal_.setOpen(transaction, items); });
}

Status Push::noteSent(const std::string& plan, const SentPlan& sent) {
  return store_.transact(
      [&](store::Transaction& transaction) { return journal_.setSent(transaction, plan, sent); });
}

Status keepOurs(store::Store& store, std::string_view peer_name, std::string_view plan) {
  const Journal journal(peer_name);
  return store.transact([&](store::Transaction& transaction) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(auto items, journal.open(transaction));
    const auto item = std::find_if(items.begin(), items.end(), [&](const OpenItem& open) {
      return open.plan == plan && open.kind != OpenItem::Kind::kHeldBack;
    });
    if (item == items.end())
      return fail(ErrorCode::kNotFound, "no open conflict of that plan with that peer");
    item->hash.clear();  // so that the next run sends it again
    PLANBRO_RETURN_IF_ERROR(journal.setOpen(transaction, items));
    return journal.setSent(transaction, plan, {});
  });
}

}  // namespace planbro::sync
