// planbro backup FILE and planbro restore FILE: the store as one SQLite file, whatever it is kept
// in (docs/operations.md).
#include "store/sqlite/backup.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/store_copying.h"
#include "cli/store_opening.h"

namespace planbro::cli {
namespace {

// A named value of a database that was restored.
constexpr std::string_view kRestored = "restored";
constexpr std::string_view kBegun = "begun";
constexpr std::string_view kWhole = "whole";

struct Options {
  std::string file, config;
  std::string data{kDefaultData};
};

// A database's content into a file that takes its name when it is whole: one that was begun is
// gone on with.
Status backupDatabase(const Config& config, const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const auto source,
                           openStore(config.store, options.data, Opening::kExisting));
  PLANBRO_ASSIGN_OR_RETURN(const auto made, store::UnfinishedStore::claim(options.file));
  {
    PLANBRO_ASSIGN_OR_RETURN(
        const auto target,
        openStore(storeNamed(made->path().string(), config.store), options.data));
    PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const auto report,
                             copyIndexed(*source, *target, config, options.data, "backup"));
    PLANBRO_RETURN_IF_ERROR(target->verify());
  }
  return made->finish();
}

Status backup(const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const Config config, maintenanceConfig(options.config));
  PLANBRO_RETURN_IF_ERROR(mustExist(config.store, options.data));
  const std::filesystem::path file = fileOf(config.store, options.data);
  return file.empty() ? backupDatabase(config, options) : store::backupSqlite(file, options.file);
}

// Into a database that holds nothing, or what a restore that was broken off has left.
Status beginRestore(store::Store& target) {
  return target.transact([](store::Transaction& transaction) -> Status {
    const auto state = transaction.value(kRestored);
    if (state.has_value() && *state == kBegun) return {};
    PLANBRO_ASSIGN_OR_RETURN(const store::LogRange range, transaction.logRange());
    if (range.newest > 0)
      return fail(ErrorCode::kConflict,
                  "The database's schema holds a store: name another schema, or drop it.");
    return transaction.setValue(kRestored, kBegun);
  });
}

Status restoreDatabase(const StoreConfig& backup, const Config& config, const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const auto source, openStore(backup, options.data, Opening::kExisting));
  PLANBRO_ASSIGN_OR_RETURN(const auto target, openStore(config.store, options.data));
  PLANBRO_RETURN_IF_ERROR(beginRestore(*target));
  PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const auto report,
                           copyIndexed(*source, *target, config, options.data, "restore"));
  return target->transact(
      [](store::Transaction& transaction) { return transaction.setValue(kRestored, kWhole); });
}

Status restore(const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const Config config, maintenanceConfig(options.config));
  const StoreConfig backup = storeNamed(options.file, config.store);
  PLANBRO_RETURN_IF_ERROR(mustExist(backup, options.data));
  const std::filesystem::path file = fileOf(config.store, options.data);
  if (!file.empty()) return store::backupSqlite(backup.path, file);
  return restoreDatabase(backup, config, options);
}

int told(const char* command, const Status& status) {
  if (status) return kDone;
  fmt::print(stderr, "planbro {}: {}\n", command, status.error().message);
  return kFailed;
}

void addOptions(CLI::App& command, Options& options) {
  command.add_option("file", options.file, "The backup: one SQLite file")->required();
  command.add_option("--config", options.config, "YAML file (docs/configuration.md)");
  command.add_option("--data", options.data, "Folder of the embedded store")->capture_default_str();
}

}  // namespace

void addBackup(CLI::App& app, int& exit_status) {
  auto saved = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "backup", "Write the store, also one in use, to a new file and check what was written");
  addOptions(*command, *saved);
  command->callback([saved, &exit_status] { exit_status = told("backup", backup(*saved)); });

  auto restored = std::make_shared<Options>();
  command = app.add_subcommand("restore", "Make a store of a backup, where there is none yet");
  addOptions(*command, *restored);
  command->callback(
      [restored, &exit_status] { exit_status = told("restore", restore(*restored)); });
}

}  // namespace planbro::cli
