// planbro compact: what the change log no longer has to tell is forgotten (docs/operations.md).
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/store_copying.h"
#include "cli/store_opening.h"
#include "store/log_keeping.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string config;
  std::string data{kDefaultData};
  std::uint32_t days = 0;
};

Result<store::LogRange> compact(const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const Config config, maintenanceConfig(options.config));
  const std::uint32_t days = options.days != 0 ? options.days : config.store.change_log_days;
  if (days == 0)
    return fail(ErrorCode::kInvalidArgument,
                "the change log is kept for ever: say for how long with --days or "
                "store.change_log_days");
  PLANBRO_ASSIGN_OR_RETURN(const auto store,
                           openStore(config.store, options.data, Opening::kExisting));
  PLANBRO_RETURN_IF_ERROR(store->check());
  const std::chrono::microseconds kept = std::chrono::days(days);
  return store::forgetChangesBefore(*store, {SystemClock().now().micros - kept.count()});
}

int run(const Options& options) {
  const auto range = compact(options);
  if (!range) {
    fmt::print(stderr, "planbro compact: {}\n", range.error().message);
    return kFailed;
  }
  fmt::print("The change log tells {} changes, {} are forgotten. All versions are kept.\n",
             range->newest - range->forgotten, range->forgotten);
  return kDone;
}

}  // namespace

void addCompact(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compact", "Forget old entries of the change log, also of a store in use; versions are kept");
  command->add_option("--config", options->config, "YAML file (docs/configuration.md)");
  command->add_option("--data", options->data, "Folder of the embedded store")
      ->capture_default_str();
  command
      ->add_option("--days", options->days,
                   "How old entries may be that are kept; store.change_log_days when left out")
      ->check(CLI::Range(1, 36500));
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
