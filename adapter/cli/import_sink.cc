#include "cli/import_sink.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "cli/removed_parts.h"
#include "fhir/resource.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/difference.h"
#include "mapping/import_provenance.h"
#include "plan/plan_set.h"
#include "plan/rules.h"
#include "service/transactions.h"

namespace planbro::cli {
namespace {

using json::Node;
using mapping::PlanFate;

constexpr std::string_view kProvenance = "Provenance";
// Of one plan's steps or sub-plans, asked of another service.
constexpr int kMostParts = 1000;
constexpr std::string_view kUnchangedCode = "PB-4062";
constexpr std::string_view kFoundCode = "PB-4064";  // a conditional create that has its match

std::string_view textAt(const Node* node, std::initializer_list<std::string_view> path) {
  for (const std::string_view step : path) {
    if (node == nullptr) return {};
    node = node->member(step);
    // Of lists the first item.
    if (node != nullptr && node->kind == json::Kind::kArray)
      node = node->size == 0 ? nullptr : &node->children().front();
  }
  return node == nullptr ? std::string_view() : node->text();
}

std::span<const Node> entriesOf(const Node& bundle) {
  const Node* entries = bundle.member("entry");
  return entries == nullptr ? std::span<const Node>() : entries->children();
}

bool isUnchanged(const Node& response) {
  const Node* outcome = response.member("outcome");
  const Node* issues = outcome == nullptr ? nullptr : outcome->member("issue");
  if (issues == nullptr) return false;
  for (const Node& issue : issues->children()) {
    const std::string_view code = textAt(&issue, {"details", "coding", "code"});
    if (code == kUnchangedCode || code == kFoundCode) return true;
  }
  return false;
}

// What the service said against it, as findings of ours.
std::vector<fhir::Issue> refusal(const service::Response& response) {
  std::vector<fhir::Issue> issues;
  const auto document = json::parse(response.body);
  const Node* list = document ? (*document)->root().member("issue") : nullptr;
  if (list != nullptr) {
    for (const Node& issue : list->children()) {
      const std::string_view severity = textAt(&issue, {"severity"});
      if (severity != "error" && severity != "fatal") continue;
      fhir::Place place;
      place.expression = textAt(&issue, {"expression"});
      std::string_view text = textAt(&issue, {"details", "text"});
      if (text.empty()) text = textAt(&issue, {"diagnostics"});
      const std::string_view code = textAt(&issue, {"details", "coding", "code"});
      issues.push_back(
          fhir::makeIssue("PB-2302", std::move(place),
                          {code.empty() ? std::string(text) : fmt::format("{} {}", code, text)}));
    }
  }
  if (issues.empty())
    issues.push_back(fhir::makeIssue("PB-2302", {}, {fmt::format("HTTP {}", response.status)}));
  return issues;
}

bool isServiceFault(int status) { return status >= 500 || status == 429 || status == 401; }

Error serviceFault(int status) {
  return {ErrorCode::kUnavailable,
          fmt::format("the service answered {}; run the import again when it is well", status)};
}

}  // namespace

Result<json::DocumentPtr> RemoteSink::search(std::string_view url) {
  const std::size_t question = std::min(url.find('?'), url.size());
  // By POST: a business identifier may not stand in a URL's query.
  service::Request request;
  request.method = "POST";
  request.path = fmt::format("/{}/_search", url.substr(0, question));
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  for (const auto& [name, value] :
       service::parseQuery(url.substr(std::min(question + 1, url.size()))))
    request.body += fmt::format("{}{}={}", request.body.empty() ? "" : "&",
                                service::percentEncode(name), service::percentEncode(value));
  PLANBRO_ASSIGN_OR_RETURN(const service::Response response, ask(request));
  if (isServiceFault(response.status)) return std::unexpected(serviceFault(response.status));
  auto found = json::parse(response.body);
  return found ? *found : json::DocumentPtr();
}

Result<json::DocumentPtr> RemoteSink::searchPlan(const json::Document& bundle) {
  const auto plan = mapping::planEntry(bundle.root());
  if (!plan.has_value()) return nullptr;
  const std::string_view url = textAt(&entriesOf(bundle.root())[*plan], {"request", "url"});
  return url.contains('?') ? search(url) : json::DocumentPtr();
}

Result<mapping::Sink::Answer> RemoteSink::look(const json::Document& bundle) {
  Answer answer;
  PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr found, searchPlan(bundle));
  if (found != nullptr && !entriesOf(found->root()).empty()) answer.fate = PlanFate::kUpdated;
  return answer;
}

Result<json::DocumentPtr> RemoteSink::markRemoved(const json::DocumentPtr& bundle) {
  const PlanName name = planName(bundle->root());
  if (!name) return bundle;
  PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr found, searchPlan(*bundle));
  if (found == nullptr || entriesOf(found->root()).size() != 1) return bundle;
  const Node* plan = entriesOf(found->root()).front().member("resource");
  const std::string_view id = textAt(plan, {"id"});
  const std::string_view person = textAt(plan, {"subject", "reference"});
  if (id.empty() || person.empty()) return bundle;
  std::vector<fhir::Resource> parts;
  for (const std::string& url :
       {fmt::format("CarePlan?part-of=CarePlan/{}&_count={}", id, kMostParts),
        fmt::format("Communication?subject={}&_count={}", person, kMostParts)}) {
    PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr pointing, search(url));
    if (pointing == nullptr) continue;
    for (const Node& entry : entriesOf(pointing->root())) {
      const Node* resource = entry.member("resource");
      if (resource == nullptr) continue;
      std::string text;
      json::write(*pointing, *resource, text);
      if (fhir::ReadOutcome read = fhir::readJson(text); read.resource)
        parts.push_back(std::move(read.resource));
    }
  }
  return withRemovedParts(bundle, name, parts);
}

Result<mapping::Sink::Answer> RemoteSink::send(const json::Document& bundle,
                                               const std::string& text) {
  service::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/fhir+json");
  request.headers.set("Accept", "application/fhir+json");
  request.body = text;
  PLANBRO_ASSIGN_OR_RETURN(const service::Response response, ask(request));
  if (isServiceFault(response.status)) return std::unexpected(serviceFault(response.status));
  Answer answer;
  if (response.status != 200) {
    answer.issues = refusal(response);
    return answer;
  }
  const auto document = json::parse(response.body);
  if (!document)
    return fail(ErrorCode::kUnavailable, "the service's answer to a transaction is not JSON");
  const auto entries = entriesOf((*document)->root());
  const auto sent = entriesOf(bundle.root());
  const auto plan = mapping::planEntry(bundle.root());
  answer.fate = PlanFate::kUnchanged;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Node* entry = entries[i].member("response");
    if (entry == nullptr || isUnchanged(*entry)) continue;
    // Where it came from is no part of the plan.
    if (i < sent.size() && textAt(&sent[i], {"resource", "resourceType"}) == kProvenance) continue;
    ++answer.written;
    const bool created = textAt(entry, {"status"}).starts_with("201");
    if (i == plan && created) {
      answer.fate = PlanFate::kCreated;
    } else if (answer.fate == PlanFate::kUnchanged) {
      answer.fate = PlanFate::kUpdated;
    }
  }
  return answer;
}

namespace {

struct RemoteParcel final : mapping::Sink::Parcel {
  json::DocumentPtr bundle;
  std::string text;
  std::vector<fhir::Issue> findings;  // of the plan rules
};

std::vector<fhir::Issue> ruleFindings(const std::string& bundle, RuleErrors errors) {
  const fhir::ReadOutcome read = fhir::readJson(bundle);
  if (!read.resource) return {};
  plan::RuleOptions options;
  options.today = norwegianDay(SystemClock().now());
  auto findings = plan::checkPlans(plan::PlanSet::ofBundle(read.resource), options);
  std::erase_if(findings,
                [](const fhir::Issue& issue) { return issue.severity > fhir::Severity::kWarning; });
  if (errors == RuleErrors::kRefuse) return findings;
  for (fhir::Issue& issue : findings) issue.severity = fhir::Severity::kWarning;
  return findings;
}

struct LocalParcel final : mapping::Sink::Parcel {
  LocalParcel(service::PreparedTransaction made, std::optional<std::size_t> at)
      : transaction(std::move(made)), plan(at) {}
  service::PreparedTransaction transaction;
  std::optional<std::size_t> plan;  // its entry
};

// Refusals, as findings of ours; and what the rules put right or found worth telling.
std::vector<fhir::Issue> findingsOf(const service::TransactionOutcome& outcome) {
  std::vector<fhir::Issue> findings;
  const bool refused = outcome.status >= 400;
  for (const fhir::Issue& issue : outcome.issues) {
    const bool error = issue.severity <= fhir::Severity::kError;
    if (refused && error) {
      fhir::Place place;
      place.expression = issue.place.expression;
      findings.push_back(fhir::makeIssue(
          "PB-2302", std::move(place),
          {fmt::format("{} {}", issue.code, issue.text(fhir::Language::kEnglish))}));
    } else if (!refused && issue.severity <= fhir::Severity::kWarning) {
      findings.push_back(issue);
    }
  }
  if (refused && findings.empty())
    findings.push_back(fhir::makeIssue("PB-2302", {}, {fmt::format("HTTP {}", outcome.status)}));
  return findings;
}

// Where it came from is no part of the plan.
bool isChange(const service::EntryOutcome& entry) {
  return !entry.id.empty() && !entry.unchanged && entry.type != kProvenance;
}

PlanFate fateOf(const service::TransactionOutcome& outcome, std::optional<std::size_t> plan) {
  PlanFate fate = PlanFate::kUnchanged;
  for (std::size_t i = 0; i < outcome.entries.size(); ++i) {
    const service::EntryOutcome& entry = outcome.entries[i];
    if (!isChange(entry)) continue;
    if (i == plan && entry.created) return PlanFate::kCreated;
    fate = PlanFate::kUpdated;
  }
  return fate;
}

Result<std::vector<mapping::Difference>> differencesTo(store::Store& store,
                                                       const service::TransactionOutcome& outcome) {
  std::vector<mapping::Difference> differences;
  PLANBRO_ASSIGN_OR_RETURN(const auto stored, store.snapshot());
  for (const service::EntryOutcome& entry : outcome.entries) {
    if (!isChange(entry)) continue;
    mapping::Difference one;
    one.created = entry.version <= 1;
    one.resource = one.created ? entry.type : entry.type + "/" + entry.id;
    if (!one.created) {
      PLANBRO_ASSIGN_OR_RETURN(const store::Version before, stored->read(entry.type, entry.id));
      const auto was = json::parse(before.deleted ? "{}" : before.body);
      const auto is = json::parse(entry.body);
      if (was && is) one.elements = mapping::differencesOf(**was, **is);
    }
    differences.push_back(std::move(one));
  }
  return differences;
}

}  // namespace

Result<service::Response> RemoteSink::ask(const service::Request& request) {
  const std::lock_guard lock(mutex_);
  return send_(request);
}

bool RemoteSink::isCurrent(std::string_view record_key) {
  service::Request request;
  request.method = "GET";
  request.path = "/Provenance";
  request.query =
      fmt::format("_tag={}&_summary=count",
                  service::percentEncode(fmt::format(
                      "{}|{}", mapping::importSystem(mapping::kRecordTag), record_key)));
  const auto response = ask(request);
  if (!response.has_value() || response->status != 200) return false;
  const auto document = json::parse(response->body);
  return document.has_value() && textAt(&(*document)->root(), {"total"}) > "0";
}

std::unique_ptr<mapping::Sink::Parcel> RemoteSink::prepare(const json::DocumentPtr& bundle) {
  auto parcel = std::make_unique<RemoteParcel>();
  parcel->bundle = bundle;
  parcel->text = json::write(*bundle);
  parcel->findings = ruleFindings(parcel->text, rule_errors_);
  return parcel;
}

Result<std::vector<mapping::Sink::Answer>> RemoteSink::take(
    std::span<const std::unique_ptr<Parcel>> parcels, bool dry_run) {
  std::vector<Answer> answers;
  for (const auto& one : parcels) {
    const auto& parcel = static_cast<const RemoteParcel&>(*one);
    if (fhir::hasErrors(parcel.findings)) {
      answers.emplace_back().issues = parcel.findings;
      continue;
    }
    Answer answer;
    if (dry_run) {
      PLANBRO_ASSIGN_OR_RETURN(answer, look(*parcel.bundle));
    } else {
      PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr bundle, markRemoved(parcel.bundle));
      PLANBRO_ASSIGN_OR_RETURN(
          answer, send(*bundle, bundle == parcel.bundle ? parcel.text : json::write(*bundle)));
    }
    if (answer.issues.empty() && answer.fate != PlanFate::kUnchanged)
      answer.issues = parcel.findings;
    answers.push_back(std::move(answer));
  }
  return answers;
}

bool LocalSink::isCurrent(std::string_view record_key) {
  const auto stored = store_.snapshot();
  if (!stored.has_value()) return false;
  store::Query query;
  query.type = kProvenance;
  query.count = 1;
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row.kind = store::IndexRow::Kind::kToken;
  query.where.row.parameter = "_tag";
  query.where.row.system = mapping::importSystem(mapping::kRecordTag);
  query.where.row.value = record_key;
  const auto page = (*stored)->search(query);
  return page.has_value() && !page->matches.empty();
}

std::unique_ptr<mapping::Sink::Parcel> LocalSink::prepare(const json::DocumentPtr& bundle) {
  return std::make_unique<LocalParcel>(service::prepareTransaction(service_, markRemoved(bundle)),
                                       mapping::planEntry(bundle->root()));
}

json::DocumentPtr LocalSink::markRemoved(const json::DocumentPtr& bundle) const {
  const PlanName name = planName(bundle->root());
  if (!name) return bundle;
  const auto stored = store_.snapshot();
  if (!stored.has_value()) return bundle;  // a store that fails is told when it is to take the plan
  const auto parts = pointingParts(**stored, name);
  return parts.has_value() ? withRemovedParts(bundle, name, *parts) : bundle;
}

Result<std::vector<mapping::Sink::Answer>> LocalSink::take(
    std::span<const std::unique_ptr<Parcel>> parcels, bool dry_run) {
  std::vector<service::PreparedTransaction> transactions;
  transactions.reserve(parcels.size());
  for (const auto& one : parcels)
    transactions.push_back(std::move(static_cast<LocalParcel&>(*one).transaction));
  const auto outcomes = service::runTransactions(service_, transactions, dry_run);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const service::TransactionOutcome& outcome = outcomes[i];
    if (isServiceFault(outcome.status)) return std::unexpected(serviceFault(outcome.status));
    Answer& answer = answers.emplace_back();
    answer.issues = findingsOf(outcome);
    answer.fate = fateOf(outcome, static_cast<const LocalParcel&>(*parcels[i]).plan);
    for (const service::EntryOutcome& entry : outcome.entries)
      answer.written += isChange(entry) ? 1 : 0;
    if (!dry_run) continue;
    PLANBRO_ASSIGN_OR_RETURN(answer.differences, differencesTo(store_, outcome));
  }
  return answers;
}

}  // namespace planbro::cli
