// planbro import --source NAME [--dry-run] [--strict] [--data DIR | --to URL] PATH… | --retry:
// journal exports into the store or a running service (docs/import.md).
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/assembly.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/import_sink.h"
#include "cli/input.h"
#include "cli/store_copying.h"
#include "cli/store_opening.h"
#include "fhir/issue.h"
#include "http/client.h"
#include "mapping/importer.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string source, config;
  bool dry_run = false;
  bool strict = false;
  bool retry = false;
  bool progress = false;
  bool again = false;
  std::string data{kDefaultData};
  std::optional<std::string> to;
  std::vector<std::string> load, paths;
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro import: {}\n", message);
  return kFailed;
}

// How far a long run has come, on standard error: one line that is written over on a terminal, else
// a line now and then.
class Progress {
 public:
  bool onTerminal() const { return terminal_; }
  void show(std::size_t done) {
    const auto now = std::chrono::steady_clock::now();
    const auto pause = terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
    if (now - last_ < pause) return;
    last_ = now;
    const std::chrono::duration<double> taken = now - begin_;
    const double rate = taken.count() > 0 ? static_cast<double>(done) / taken.count() : 0;
    fmt::print(
        stderr, "{}{}{}", terminal_ ? "\r" : "",
        fmt::format(fmt::runtime(kProgress[static_cast<std::size_t>(language_)]), done, rate),
        terminal_ ? " " : "\n");
    shown_ = true;
  }
  void end() const {
    if (terminal_ && shown_) fmt::print(stderr, "\n");
  }

 private:
  // English, bokmål, nynorsk.
  static constexpr std::string_view kProgress[] = {
      "{} plans, {:.0f} a second", "{} planer, {:.0f} i sekundet", "{} planar, {:.0f} i sekundet"};

  fhir::Language language_ = userLanguage();
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begin_;
};

// What the requests of the sink reach, and what has to live as long.
struct Service {
  std::unique_ptr<Assembly> assembly;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<mapping::Sink> sink;
};

bool isStrict(const Options& options, const Config& config) {
  return options.strict || config.import.strict;
}

Result<Service> openService(const Options& options, const Config& config) {
  Service service;
  if (options.to.has_value()) {
    service.client = std::make_unique<http::Client>();
    std::string base = *options.to;
    while (base.ends_with('/')) base.pop_back();
    service.sink = std::make_unique<RemoteSink>(
        [client = service.client.get(),
         base](const service::Request& request) -> Result<service::Response> {
          auto response = client->send(base, request);
          if (response.has_value()) return std::move(*response);
          return std::unexpected(http::asError(response.error()));
        },
        isStrict(options, config) ? RuleErrors::kRefuse : RuleErrors::kTell);
    return service;
  }
  // Plans in a store that nobody looks at are lost: it is said where they go.
  fmt::print(stderr, "planbro import: the store is {}\n", shownStore(config.store, options.data));
  PLANBRO_ASSIGN_OR_RETURN(service.assembly, Assembly::make(config, options.data,
                                                            baseOf(config.server), Opening::kMake));
  printIssues("packages", service.assembly->issues());
  service.sink =
      std::make_unique<LocalSink>(service.assembly->service(), service.assembly->store());
  return service;
}

int run(const Options& options) {
  const auto config = maintenanceConfig(options.config);
  if (!config) return failed(config.error().message);
  mapping::MapLibrary::Options wanted;
  wanted.paths = config->import.maps;
  for (const std::string& path : options.load) wanted.paths.emplace_back(path);
  const auto loaded = mapping::MapLibrary::load(wanted);
  if (!loaded) return failed(loaded.error().message);
  printIssues("", loaded->issues);
  auto service = openService(options, *config);
  if (!service) return failed(service.error().message);

  mapping::ImportOptions import;
  import.source = options.source;
  import.dry_run = options.dry_run;
  import.quarantine = std::filesystem::path(options.data) / "quarantine";
  import.program = "Planbro " PLANBRO_VERSION;
  import.again = options.again;
  if (config->import.keep_sources) import.sources = std::filesystem::path(options.data) / "sources";
  import.strict = isStrict(options, *config);
  Progress progress;
  if (options.progress || progress.onTerminal())
    import.progress = [&progress](std::size_t done) { progress.show(done); };
  std::vector<std::filesystem::path> inputs(options.paths.begin(), options.paths.end());
  const auto report =
      options.retry
          ? mapping::importQuarantined(*loaded->library, import, *service->sink)
          : mapping::importPlans(*loaded->library, import, std::move(inputs), *service->sink);
  progress.end();
  if (!report) return failed(report.error().message);
  fmt::print("{}", mapping::formatReport(*report, userLanguage()));
  if (report->quarantined > 0 || fhir::hasErrors(loaded->issues)) return kFound;
  for (const auto& [code, count] : report->codes) {
    if (count.severity <= fhir::Severity::kError) return kFound;
  }
  return kDone;
}

}  // namespace

void addImport(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("import", "Bring journal exports in");
  command->add_option("--source", options->source, "Name of the source (docs/import.md)")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "Store nothing, only report");
  command->add_option("--config", options->config,
                      "YAML file of the service (docs/configuration.md)");
  CLI::Option* data =
      command->add_option("--data", options->data, "Folder of the embedded store and quarantine")
          ->capture_default_str();
  command->add_option("--to", options->to, "Base URL of a running FHIR service")->excludes(data);
  command
      ->add_option("--load", options->load,
                   "Own sources and maps: a file or folder; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--strict", options->strict,
                    "Refuse records with warnings too; with --to, plans that break a plan rule");
  command->add_flag("--again", options->again,
                    "Map records as well that are stored as they are here");
  command->add_flag("--progress", options->progress, "Tell how far it has come, in a pipe too");
  CLI::Option* paths =
      command->add_option("PATH", options->paths, "Files, folders or - for standard input");
  command->add_flag("--retry", options->retry, "Try again what waits in quarantine of that source")
      ->excludes(paths);
  command->callback([options, &exit_status] {
    if (options->paths.empty() && !options->retry) throw CLI::RequiredError("PATH or --retry");
    exit_status = run(*options);
  });
}

}  // namespace planbro::cli
