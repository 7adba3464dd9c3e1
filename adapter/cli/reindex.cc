// planbro reindex: the index of what is stored, made anew for the search parameters of today
// (docs/search.md).
#include "service/reindex.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/assembly.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/store_copying.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string config;
  std::string data{kDefaultData};
  std::vector<std::string> types;
  std::uint32_t batch = 200;
  bool anew = false;
  bool quiet = false;
};

int failed(const Error& error) {
  fmt::print(stderr, "planbro reindex: {}\n", error.message);
  return kFailed;
}

int run(const Options& options) {
  const auto config = maintenanceConfig(options.config);
  if (!config.has_value()) return failed(config.error());
  const std::string base = baseOf(config->server);
  const auto assembly = Assembly::make(*config, options.data, base, Opening::kExisting);
  if (!assembly.has_value()) return failed(assembly.error());
  for (const std::string& type : options.types) {
    if (!(*assembly)->parameters().of(type).empty()) continue;
    fmt::print(stderr, "planbro reindex: there is no resource type {}\n", type);
    return kFailed;
  }
  service::ReindexOptions work;
  work.base_url = base;
  work.types = options.types;
  work.batch = options.batch;
  work.anew = options.anew;
  if (!options.quiet) {
    work.progress = [](std::string_view type, std::uint64_t done) {
      fmt::print(stderr, "\r{} {}        ", done, type);
    };
  }
  const auto done = service::reindex((*assembly)->store(), (*assembly)->parameters(),
                                     fhir::Definitions::r4(), work);
  if (!options.quiet) fmt::print(stderr, "\n");
  if (!done.has_value()) return failed(done.error());
  fmt::print("{} resources indexed{}, {} changed meanwhile or not readable.\n", done->resources,
             done->resumed ? " (taken up where it had stopped)" : "", done->skipped);
  return kDone;
}

}  // namespace

void addReindex(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "reindex", "Make the search index anew, while the service runs, after parameters were added");
  command->add_option("--config", options->config, "YAML file (docs/configuration.md)");
  command->add_option("--data", options->data, "Folder of the embedded store")
      ->capture_default_str();
  command->add_option("--type", options->types, "Resource types; all of them when left out");
  command->add_option("--batch", options->batch, "Resources a transaction")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--anew", options->anew, "Begin at the start, also where a run was broken off");
  command->add_flag("--quiet", options->quiet, "No progress");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
