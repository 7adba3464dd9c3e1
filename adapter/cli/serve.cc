// planbro serve: the service, until it is told to end (SIGTERM, SIGINT). docs/configuration.md.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "cli/assembly.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/import_sink.h"
#include "cli/input.h"
#include "http/content_coding.h"
#include "http/cors.h"
#include "http/listener.h"
#include "plan/document.h"
#include "portal/feed.h"
#include "portal/pages.h"
#include "portal/viewer.h"
#include "service/health.h"
#include "service/import.h"
#include "service/mounts.h"
#include "store/log_keeping.h"

namespace planbro::cli {
namespace {

struct Options {
  std::optional<std::string> config, listen;
  std::string data{kDefaultData};
  bool check = false;
  bool demo = false;
};

// Stands under the listener before the service is there: the address is known only once the
// listener has its port, and clients that come early are told to come back.
class Gate {
 public:
  service::Response operator()(const service::Request& request) const {
    if (const service::Handler* handler = open_.load(std::memory_order_acquire))
      return (*handler)(request);
    service::Response response = service::problem(request, 503, "PB-4056");
    response.headers.set("Retry-After", "1");
    return response;
  }
  // `handler` must outlive the last request.
  void open(const service::Handler& handler) { open_.store(&handler, std::memory_order_release); }

 private:
  std::atomic<const service::Handler*> open_{nullptr};
};

// SIGTERM and SIGINT, blocked for every thread that is made after this. They end the program at
// once while it starts, maybe waiting for another one that migrates the store: nothing is promised
// yet.
class Ending {
 public:
  Ending() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::thread([this, signals] {
      int signal = 0;
      sigwait(&signals, &signal);
      if (!starting_) return;
      log::info("ended while starting");
      std::_Exit(kDone);
    });
  }
  ~Ending() {
    if (!thread_.joinable()) return;
    starting_ = false;
    pthread_kill(thread_.native_handle(), SIGINT);
    thread_.join();
  }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  // From now on they are waited for.
  void started() { starting_ = false; }
  void wait() { thread_.join(); }

 private:
  std::atomic<bool> starting_ = true;
  std::thread thread_;
};

// While there is no access control, only this machine's names and the public one are answered: a
// page of another site, led here by a name of its own (DNS rebinding), reads nothing.
std::vector<std::string> hostNames(const ServerConfig& server) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1", server.address};
  if (const auto scheme = server.base_url.find("://"); scheme != std::string::npos) {
    const std::string rest = server.base_url.substr(scheme + 3);
    names.push_back(rest.starts_with('[') ? rest.substr(1, rest.find(']') - 1)
                                          : rest.substr(0, rest.find_first_of(":/")));
  }
  return names;
}

http::ListenerOptions listenerOptions(const ServerConfig& server) {
  http::ListenerOptions options;
  options.address = server.address;
  options.port = server.port;
  options.host_names = hostNames(server);
  options.workers = server.workers;
  options.max_connections = server.max_connections;
  options.max_queued = server.max_queued;
  options.max_header_bytes = server.max_header_bytes;
  options.max_body_bytes = server.max_body_bytes;
  options.header_time = std::chrono::seconds(server.header_seconds);
  options.body_time = std::chrono::seconds(server.body_seconds);
  options.idle_time = std::chrono::seconds(server.idle_seconds);
  options.drain_time = std::chrono::seconds(server.drain_seconds);
  return options;
}

// The person's feed and pages. Without --demo nobody is known to them and every address answers
// 401.
class Portal {
 public:
  Portal(store::Store& store, const std::string& fhir, bool demo)
      : demonstration_(store),
        demo_(demo),
        feed_(store, demo ? static_cast<const portal::ViewerSource&>(demonstration_) : nobody_,
              [fhir](store::Reader& reader, const store::Version& plan, fhir::Language language) {
                return plan::makeDocument(reader, plan, language, fhir);
              }),
        pages_(demo ? &demonstration_ : nullptr) {}

  void mountOn(service::Mounts& mounts) const {
    mounts.push_back({"/feed", [this](const auto& request) { return feed_.handle(request); }});
    mounts.push_back({"/portal", [this](const auto& request) { return pages_.handle(request); }});
    if (demo_)
      mounts.push_back({"/portal/demonstration",
                        [this](const auto& request) { return demonstration_.handle(request); }});
  }

 private:
  portal::NoViewers nobody_;
  portal::DemonstrationViewers demonstration_;
  bool demo_;
  portal::Feed feed_;
  portal::Pages pages_;
};

// Journal exports by HTTP, through the service of this process.
service::Handler importing(Assembly& assembly, const mapping::MapLibrary& library,
                           const ImportConfig& config, const std::filesystem::path& data) {
  service::ImportParts parts;
  parts.program = "Planbro " PLANBRO_VERSION;
  parts.strict = config.strict;
  parts.library = &library;
  parts.scratch = data / "scratch";
  parts.quarantine = data / "quarantine";
  if (config.keep_sources) parts.sources = data / "sources";
  parts.clock = &assembly.clock();
  parts.ids = &assembly.ids();
  parts.sink = [&assembly]() -> std::unique_ptr<mapping::Sink> {
    return std::make_unique<LocalSink>(assembly.service(), assembly.store());
  };
  return service::importHandler(std::move(parts));
}

// What stands where. Every room above service/ that answers requests is mounted here.
service::Mounts mountsOf(Assembly& assembly, const Portal& portal, service::Handler import,
                         const http::Listener& listener, const ServerConfig& server) {
  const auto coded = [&server](service::Handler handler) {
    return http::contentCoding(std::move(handler), {.max_body_bytes = server.max_body_bytes});
  };
  service::Mounts mounts;
  portal.mountOn(mounts);
  mounts.push_back(
      {"/import", service::measured(assembly.metrics(), "/import", std::move(import))});
  mounts.push_back(
      {"/health", service::healthHandler({{"store", [&] { return assembly.store().check(); }}})});
  mounts.push_back({"/metrics", service::metricsHandler(
                                    assembly.metrics(), [&listener](service::Metrics& metrics) {
                                      const http::ListenerCounts counts = listener.counts();
                                      metrics.set("planbro_connections_open", "Open connections",
                                                  static_cast<double>(counts.connections_open));
                                      metrics.set("planbro_refusals",
                                                  "Requests the listener answered itself",
                                                  static_cast<double>(counts.refusals));
                                    })});
  for (service::Mount& mount : mounts)
    mount.handler = http::cors(coded(std::move(mount.handler)), {});
  // Outermost, so that a page may read what the coding refuses.
  mounts.push_back({"/fhir", http::cors(coded(assembly.service().handler()), server.cors_origins)});
  return mounts;
}

void printAddresses(const std::string& base, const std::string& fhir, bool demo) {
  if (demo)
    fmt::print("portal    {}/portal/ (demonstration: anybody here may choose a person)\n", base);
  fmt::print(
      "FHIR      {}\n"
      "metadata  {}/metadata\n"
      "ready     {}/health/ready\n"
      "metrics   {}/metrics\n"
      "Listening on loopback only: there is no access control yet. Ctrl-C ends.\n",
      fhir, fhir, base, base);
  std::fflush(stdout);
}

int failed(const Error& error) {
  fmt::print(stderr, "planbro serve: {}\n", error.message);
  return kFailed;
}

std::optional<Config> configOf(const Options& options) {
  std::optional<std::filesystem::path> file;
  if (options.config.has_value()) file = *options.config;
  auto config = readConfig(file, processEnvironment());
  if (!config.has_value()) {
    printIssues(options.config.value_or("environment"), config.error());
    return std::nullopt;
  }
  if (options.listen.has_value() && !setListen(*options.listen, config->server)) {
    fmt::print(stderr, "planbro serve: --listen needs ADDRESS:PORT, not '{}'\n", *options.listen);
    return std::nullopt;
  }
  return std::move(*config);
}

int serve(const Options& options) {
  const auto config = configOf(options);
  if (!config.has_value()) return kFailed;
  if (options.check) {
    fmt::print("The configuration is valid.\n");
    return kDone;
  }
  if (!config->log.level.empty()) log::setUp(config->log.level);

  Ending ending;
  auto gate = std::make_shared<Gate>();
  auto listener =
      http::Listener::start(listenerOptions(config->server),
                            [gate](const service::Request& request) { return (*gate)(request); });
  if (!listener.has_value()) return failed(listener.error());
  const std::string base = (*listener)->base();
  const std::string fhir =
      config->server.base_url.empty() ? base + "/fhir" : config->server.base_url;
  const auto maps = mapping::MapLibrary::load({.builtin = true, .paths = config->import.maps});
  if (!maps.has_value()) return failed(maps.error());
  printIssues("maps", maps->issues);
  auto assembly = Assembly::make(*config, options.data, fhir, Opening::kMake, maps->library.get());
  if (!assembly.has_value()) return failed(assembly.error());
  printIssues("packages", (*assembly)->issues());
  const Portal portal((*assembly)->store(), fhir, options.demo);
  const service::Handler handler = service::mounted(mountsOf(
      **assembly, portal, importing(**assembly, *maps->library, config->import, options.data),
      **listener, config->server));
  std::optional<store::LogKeeper> log_keeper;
  if (config->store.change_log_days > 0)
    log_keeper.emplace((*assembly)->store(), (*assembly)->clock(),
                       std::chrono::days(config->store.change_log_days));
  ending.started();
  gate->open(handler);
  printAddresses(base, fhir, options.demo);

  ending.wait();
  log::info("ending: requests under way have {} s", config->server.drain_seconds);
  (*listener)->stop();  // before what its handler uses goes
  return kDone;
}

}  // namespace

void addServe(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("serve", "Run the service");
  command->add_option("--config", options->config, "YAML file (docs/configuration.md)");
  command->add_option("--data", options->data, "Folder of the embedded store")
      ->capture_default_str();
  command->add_option("--listen", options->listen, "ADDRESS:PORT; loopback only")
      ->type_name("ADDR:PORT");
  command->add_flag("--check", options->check, "Validate the configuration and end");
  command->add_flag("--demo", options->demo,
                    "Let anybody on this machine choose whose plan to see");
  command->callback([options, &exit_status] { exit_status = serve(*options); });
}

}  // namespace planbro::cli
