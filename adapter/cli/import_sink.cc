#include "cli/import_sink.h"

#include <fmt/format.h>

#include "json/parser.h"
#include "json/writer.h"

namespace planbro::cli {
namespace {

using json::Node;
using mapping::PlanFate;

constexpr std::string_view kUnchangedCode = "PB-4062";
constexpr std::string_view kFoundCode = "PB-4064";  // a conditional create that has its match
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

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

// The index of the plan itself: the first CarePlan that is part of no other.
std::size_t planIn(const Node& bundle) {
  const auto entries = entriesOf(bundle);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Node* resource = entries[i].member("resource");
    if (resource != nullptr && textAt(resource, {"resourceType"}) == "CarePlan" &&
        resource->member("partOf") == nullptr)
      return i;
  }
  return kNone;
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

Result<mapping::Sink::Answer> ServiceSink::look(const json::Document& bundle) {
  Answer answer;
  const std::size_t plan = planIn(bundle.root());
  if (plan == kNone) return answer;
  const std::string_view url = textAt(&entriesOf(bundle.root())[plan], {"request", "url"});
  const std::size_t question = url.find('?');
  if (question == std::string_view::npos) return answer;
  // By POST: a business identifier may not stand in a URL's query.
  service::Request request;
  request.method = "POST";
  request.path = fmt::format("/{}/_search", url.substr(0, question));
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  for (const auto& [name, value] : service::parseQuery(url.substr(question + 1)))
    request.body += fmt::format("{}{}={}", request.body.empty() ? "" : "&",
                                service::percentEncode(name), service::percentEncode(value));
  PLANBRO_ASSIGN_OR_RETURN(const service::Response response, send_(request));
  if (isServiceFault(response.status)) return std::unexpected(serviceFault(response.status));
  const auto found = json::parse(response.body);
  if (found && !entriesOf((*found)->root()).empty()) answer.fate = PlanFate::kUpdated;
  return answer;
}

Result<mapping::Sink::Answer> ServiceSink::take(const json::DocumentPtr& bundle, bool dry_run) {
  if (dry_run) return look(*bundle);
  service::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/fhir+json");
  request.headers.set("Accept", "application/fhir+json");
  request.body = json::write(*bundle);
  PLANBRO_ASSIGN_OR_RETURN(const service::Response response, send_(request));
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
  const std::size_t plan = planIn(bundle->root());
  answer.fate = PlanFate::kUnchanged;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Node* entry = entries[i].member("response");
    if (entry == nullptr || isUnchanged(*entry)) continue;
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

}  // namespace planbro::cli
