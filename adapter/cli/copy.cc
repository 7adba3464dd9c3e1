// planbro copy --from STORE --to STORE: a whole store, between SQLite and PostgreSQL
// (docs/operations.md).
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/store_copying.h"
#include "cli/store_opening.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string from, to, config;
  std::string data{kDefaultData};
};

Result<store::CopyReport> copy(const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const Config config, maintenanceConfig(options.config));
  const StoreConfig from = storeNamed(options.from, config.store);
  const StoreConfig to = storeNamed(options.to, config.store);
  if (from.address == to.address && from.path == to.path)
    return fail(ErrorCode::kInvalidArgument, "--from and --to name the same store");
  PLANBRO_ASSIGN_OR_RETURN(const auto source, openStore(from, options.data, Opening::kExisting));
  PLANBRO_ASSIGN_OR_RETURN(const auto target, openStore(to, options.data));
  return copyIndexed(*source, *target, config, options.data, "copy");
}

int run(const Options& options) {
  const auto report = copy(options);
  if (!report) {
    fmt::print(stderr, "planbro copy: {}\n", report.error().message);
    return kFailed;
  }
  fmt::print("{} versions copied, {} were there, {} named values. The target is whole.\n",
             report->versions, report->before, report->values);
  return kDone;
}

}  // namespace

void addCopy(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "copy", "Copy a whole store with its history; run again, it goes on where it stopped");
  command
      ->add_option("--from", options->from,
                   "postgres://…, a SQLite file or a data folder; may be in use")
      ->required()
      ->type_name("STORE");
  command->add_option("--to", options->to, "The same; empty, or a copy begun earlier")
      ->required()
      ->type_name("STORE");
  command->add_option("--config", options->config,
                      "YAML file: fhir.packages, server.base_url and store.schema count");
  command->add_option("--data", options->data, "Folder with the packages of the installation")
      ->capture_default_str();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
