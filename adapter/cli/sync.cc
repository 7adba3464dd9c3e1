// planbro sync run|status|conflicts: the exchange of plans with peers.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/input.h"
#include "cli/store_opening.h"
#include "fhir/resource.h"
#include "http/peer_connection.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "sync/journal.h"
#include "sync/push.h"

namespace planbro::cli {
namespace {

// Enhetsregisteret: what an organisation number is an identifier in.
constexpr std::string_view kOrganizationNumbers = "urn:oid:2.16.578.1.12.4.1.4.101";

struct Options {
  std::string data{kDefaultData};
  std::string config;
  std::string output = "text";
  std::vector<std::string> peers;          // NAME=URL
  std::vector<std::string> organizations;  // NAME=NUMBER
  std::string only;
  std::string keep_ours;
  std::string authorities;
  unsigned attempts = 4;
  bool retry = false;

  bool asJson() const { return output == "json"; }
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro sync: {}\n", message);
  return kFailed;
}

bool readPairs(const std::vector<std::string>& pairs,
               std::map<std::string, std::string, std::less<>>& target) {
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) return false;
    target.insert_or_assign(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return true;
}

// The store and the peers that a command works with.
struct Setup {
  std::unique_ptr<store::Store> store;
  std::vector<sync::Peer> peers;
};

std::optional<Setup> setUp(const Options& options) {
  auto config = readConfig(
      options.config.empty() ? std::nullopt : std::optional<std::filesystem::path>(options.config),
      processEnvironment());
  if (!config) {
    printIssues(options.config, config.error());
    return std::nullopt;
  }
  if (!readPairs(options.peers, config->sync.peers) ||
      !readPairs(options.organizations, config->sync.organizations)) {
    failed("--peer and --peer-organization want NAME=VALUE");
    return std::nullopt;
  }
  Setup setup;
  for (const auto& [name, base] : config->sync.peers) {
    if (!options.only.empty() && name != options.only) continue;
    sync::Peer peer{name, base, {}, {}};
    if (const auto found = config->sync.organizations.find(name);
        found != config->sync.organizations.end()) {
      const auto bar = found->second.find('|');
      peer.organization_system = bar == std::string::npos ? std::string(kOrganizationNumbers)
                                                          : found->second.substr(0, bar);
      peer.organization_value =
          bar == std::string::npos ? found->second : found->second.substr(bar + 1);
    }
    setup.peers.push_back(std::move(peer));
  }
  if (setup.peers.empty()) {
    failed("no peer: name one with --peer NAME=URL or sync.peers in the configuration");
    return std::nullopt;
  }
  auto store = openStore(config->store, options.data, Opening::kExisting);
  const Status whole = store ? (*store)->check() : std::unexpected(store.error());
  if (!whole) {
    failed(whole.error().message);
    return std::nullopt;
  }
  setup.store = std::move(*store);
  return setup;
}

// The texts of an OperationOutcome, one a line.
std::string explained(const std::string& outcome) {
  std::string text;
  const auto read = fhir::readJson(outcome);
  if (!read.resource) return text;
  read.resource.root().forEachChild("issue", [&](const fhir::Element& issue) {
    auto line = issue.child("details").textOf("text");
    if (line.empty()) line = issue.textOf("diagnostics");
    text += fmt::format("    {}: {}\n", issue.textOf("severity"), line);
  });
  return text;
}

void printOpen(const sync::Peer& peer, const sync::OpenItem& item, bool as_json) {
  if (!as_json) {
    fmt::print("{}: CarePlan/{} {} since {}, tried {} times, last {}{}\n{}", peer.name, item.plan,
               sync::kindCode(item.kind), item.since, item.tries, item.last_tried,
               item.status == 0 ? "" : fmt::format(", status {}", item.status),
               explained(item.outcome));
    return;
  }
  json::Builder builder;
  builder.beginObject();
  builder.key("peer").string(peer.name);
  builder.key("plan").string("CarePlan/" + item.plan);
  builder.key("kind").string(sync::kindCode(item.kind));
  builder.key("since").string(item.since);
  builder.key("lastTried").string(item.last_tried);
  builder.key("tries").number(std::to_string(item.tries));
  if (item.status != 0) builder.key("status").number(std::to_string(item.status));
  if (const auto outcome = json::parse(item.outcome))
    builder.key("outcome").copy((*outcome)->root(), *outcome);
  builder.endObject();
  fmt::print("{}\n", json::write(*std::move(builder).finish()));
}

void printReport(const sync::Peer& peer, const sync::PushReport& report, bool as_json) {
  if (as_json) {
    json::Builder builder;
    builder.beginObject();
    builder.key("peer").string(peer.name);
    builder.key("sent").number(std::to_string(report.sent));
    builder.key("unchanged").number(std::to_string(report.unchanged));
    builder.key("open").number(std::to_string(report.open.size()));
    if (report.stopped) builder.key("stopped").string(report.stopped->message);
    builder.endObject();
    fmt::print("{}\n", json::write(*std::move(builder).finish()));
    return;
  }
  fmt::print("{}: {} sent, {} unchanged, {} open\n", peer.name, report.sent, report.unchanged,
             report.open.size());
  for (const sync::OpenItem& item : report.open) printOpen(peer, item, false);
  if (report.stopped) failed(peer.name + ": " + report.stopped->message);
}

int run(const Options& options) {
  const auto setup = setUp(options);
  if (!setup) return kFailed;
  const SystemClock clock;
  http::ClientOptions client;
  client.authorities_file = options.authorities;
  int status = kDone;
  for (const sync::Peer& peer : setup->peers) {
    const auto connection = http::connectPeer(peer.base, client);
    sync::Push push(*setup->store, peer, *connection, clock,
                    [](std::chrono::milliseconds pause) { std::this_thread::sleep_for(pause); },
                    {.attempts = options.attempts, .retry_refused = options.retry});
    const auto report = push.run();
    if (!report) return failed(report.error().message);
    printReport(peer, *report, options.asJson());
    if (report->stopped) status = kFailed;
    if (!report->open.empty()) status = std::max(status, kFound);
  }
  return status;
}

int showStatus(const Options& options) {
  const auto setup = setUp(options);
  if (!setup) return kFailed;
  const auto reader = setup->store->snapshot();
  if (!reader) return failed(reader.error().message);
  for (const sync::Peer& peer : setup->peers) {
    const sync::Journal journal(peer.name);
    const auto status = journal.status(**reader);
    const auto cursor = journal.cursor(**reader);
    const auto open = journal.open(**reader);
    if (!status || !cursor || !open) return failed("what sync had noted does not read");
    auto waiting = (*reader)->changesAfter(*cursor, 1000);
    const bool anew = !waiting && waiting.error().code == ErrorCode::kGone;
    if (anew) waiting.emplace();
    if (!waiting) return failed(waiting.error().message);
    const auto shown = [](const std::string& when) { return when.empty() ? "never" : when; };
    if (options.asJson()) {
      json::Builder builder;
      builder.beginObject();
      builder.key("peer").string(peer.name);
      builder.key("cursor").number(std::to_string(*cursor));
      builder.key("changesWaiting").number(std::to_string(waiting->size()));
      builder.key("beginsAnew").boolean(anew);
      builder.key("open").number(std::to_string(open->size()));
      builder.key("lastRun").string(status->last_run);
      builder.key("lastSuccess").string(status->last_success);
      builder.key("failingSince").string(status->failing_since);
      builder.key("error").string(status->error);
      builder.endObject();
      fmt::print("{}\n", json::write(*std::move(builder).finish()));
      continue;
    }
    fmt::print("{}: {}\n  last run {}, last success {}\n  {}{} changes waiting, {} open\n",
               peer.name, peer.base, shown(status->last_run), shown(status->last_success),
               waiting->size(), waiting->size() == 1000 ? " or more" : "", open->size());
    if (anew) fmt::print("  begins anew: the change log no longer tells what it has not seen\n");
    if (!status->failing_since.empty())
      fmt::print("  failing since {}: {}\n", status->failing_since, status->error);
  }
  return kDone;
}

int showConflicts(const Options& options) {
  const auto setup = setUp(options);
  if (!setup) return kFailed;
  if (!options.keep_ours.empty()) {
    if (setup->peers.size() != 1) return failed("--keep-ours wants one peer: name it with --only");
    const auto kept = sync::keepOurs(*setup->store, setup->peers.front().name, options.keep_ours);
    return kept ? kDone : failed(kept.error().message);
  }
  const auto reader = setup->store->snapshot();
  if (!reader) return failed(reader.error().message);
  int status = kDone;
  for (const sync::Peer& peer : setup->peers) {
    const auto open = sync::Journal(peer.name).open(**reader);
    if (!open) return failed(open.error().message);
    for (const sync::OpenItem& item : *open) printOpen(peer, item, options.asJson());
    if (!open->empty()) status = kFound;
  }
  return status;
}

}  // namespace

void addSync(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* sync = app.add_subcommand("sync", "Exchange of plans with other FHIR servers");
  sync->require_subcommand(1);
  sync->fallthrough();
  sync->add_option("--data", options->data, "Folder of the installation")->capture_default_str();
  sync->add_option("--config", options->config, "Configuration file (YAML)");
  sync->add_option("--peer", options->peers, "A peer and its FHIR base, NAME=URL");
  sync->add_option("--peer-organization", options->organizations,
                   "The organisation behind a peer, NAME=NUMBER or NAME=SYSTEM|VALUE");
  sync->add_option("--only", options->only, "This peer alone");
  sync->add_option("--output", options->output, "text or json (one object a line)")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();

  CLI::App* running = sync->add_subcommand("run", "Send what has changed, one round");
  running->add_flag("--retry", options->retry, "Also send refused plans that did not change");
  running->add_option("--attempts", options->attempts, "Attempts to reach a peer")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  running->add_option("--authorities", options->authorities,
                      "PEM file of the authorities that peers' certificates are checked with");
  running->callback([options, &exit_status] { exit_status = run(*options); });

  sync->add_subcommand("status", "How the exchange stands")->callback([options, &exit_status] {
    exit_status = showStatus(*options);
  });

  CLI::App* conflicts = sync->add_subcommand("conflicts", "Plans that did not get through");
  conflicts->add_option("--keep-ours", options->keep_ours,
                        "Settle the conflict of this plan: the next run overwrites the peer's");
  conflicts->callback([options, &exit_status] { exit_status = showConflicts(*options); });
}

}  // namespace planbro::cli
