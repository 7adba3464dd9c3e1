// planbro import --source NAME [--dry-run] [--data DIR | --to URL] PATH…: journal exports into the
// embedded store or a running service (docs/import.md).
#include <fmt/format.h>
#include <unistd.h>

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
#include "http/client.h"
#include "mapping/importer.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string source;
  bool dry_run = false;
  std::string data{kDefaultData};
  std::optional<std::string> to;
  std::vector<std::string> load, paths;
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro import: {}\n", message);
  return kFailed;
}

// What the requests of the sink reach, and what has to live as long.
struct Service {
  std::unique_ptr<Assembly> assembly;
  std::unique_ptr<http::Client> client;
  ServiceSink::Send send;
};

Result<Service> openService(const Options& options) {
  Service service;
  if (options.to.has_value()) {
    service.client = std::make_unique<http::Client>();
    std::string base = *options.to;
    while (base.ends_with('/')) base.pop_back();
    service.send = [client = service.client.get(),
                    base](const service::Request& request) -> Result<service::Response> {
      auto response = client->send(base, request);
      if (response.has_value()) return std::move(*response);
      return std::unexpected(http::asError(response.error()));
    };
    return service;
  }
  const auto config = readConfig(std::nullopt, processEnvironment());
  if (!config.has_value()) {
    printIssues("environment", config.error());
    return fail(ErrorCode::kInvalidArgument, "the configuration is wrong");
  }
  PLANBRO_ASSIGN_OR_RETURN(
      service.assembly, Assembly::make(*config, options.data, service::ServiceSettings{}.base_url));
  service.send = [assembly = service.assembly.get()](
                     const service::Request& request) -> Result<service::Response> {
    service::Request inside = request;
    inside.path = "/fhir" + request.path;
    inside.loopback = true;
    return assembly->service().handle(inside);
  };
  return service;
}

int run(const Options& options) {
  mapping::MapLibrary::Options wanted;
  for (const std::string& path : options.load) wanted.paths.emplace_back(path);
  const auto loaded = mapping::MapLibrary::load(wanted);
  if (!loaded) return failed(loaded.error().message);
  printIssues("", loaded->issues);
  auto service = openService(options);
  if (!service) return failed(service.error().message);

  mapping::ImportOptions import;
  import.source = options.source;
  import.dry_run = options.dry_run;
  import.quarantine = std::filesystem::path(options.data) / "quarantine";
  const bool terminal = isatty(STDERR_FILENO) == 1;
  if (terminal) {
    import.progress = [](std::size_t done) {
      if (done % 10 == 0) fmt::print(stderr, "\r{} plans", done);
    };
  }
  std::vector<std::filesystem::path> inputs(options.paths.begin(), options.paths.end());
  ServiceSink sink(service->send);
  const auto report = mapping::importPlans(*loaded->library, import, std::move(inputs), sink);
  if (terminal) fmt::print(stderr, "\r");
  if (!report) return failed(report.error().message);
  fmt::print("{}", mapping::formatReport(*report, userLanguage()));
  for (const mapping::RecordReport& record : report->records) {
    if (record.fate == mapping::PlanFate::kQuarantined || fhir::hasErrors(record.findings))
      return kFound;
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
  CLI::Option* data =
      command->add_option("--data", options->data, "Folder of the embedded store and quarantine")
          ->capture_default_str();
  command->add_option("--to", options->to, "Base URL of a running FHIR service")->excludes(data);
  command->add_option("--load", options->load, "Own sources and maps: files or folders");
  command->add_option("PATH", options->paths, "Files, folders or - for standard input")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
