// planbro check: reads the whole store and tells whether it is sound (docs/operations.md).
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
  std::string config;
  std::string data{kDefaultData};
};

Status check(const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const Config config, maintenanceConfig(options.config));
  PLANBRO_ASSIGN_OR_RETURN(const auto store,
                           openStore(config.store, options.data, Opening::kExisting));
  PLANBRO_RETURN_IF_ERROR(store->check());
  return store->verify();
}

int run(const Options& options) {
  const Status checked = check(options);
  if (checked) {
    fmt::print("The store is whole.\n");
    return kDone;
  }
  if (checked.error().code == ErrorCode::kCorrupt) {
    fmt::print("{}\n", checked.error().message);
    return kFound;
  }
  fmt::print(stderr, "planbro check: {}\n", checked.error().message);
  return kFailed;
}

}  // namespace

void addCheck(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check", "Read the whole store, also one in use, and tell whether it is sound");
  command->add_option("--config", options->config, "YAML file (docs/configuration.md)");
  command->add_option("--data", options->data, "Folder of the embedded store")
      ->capture_default_str();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
