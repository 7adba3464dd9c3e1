// planbro backup FILE and planbro restore FILE: the store as one SQLite file, whatever it is kept
// in (docs/operations.md).
#include "store/sqlite/backup.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/store_copying.h"
#include "cli/store_opening.h"

namespace planbro::cli {
namespace {

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
    const auto report = copyIndexed(*source, *target, config, options.data, "backup");
    // Nobody named that file, so it is said which one is in the way.
    if (!report && report.error().code == ErrorCode::kConflict)
      return fail(ErrorCode::kConflict,
                  fmt::format("{} is of another store: remove it.", made->path().string()));
    if (!report) return std::unexpected(report.error());
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

// A database is restored into that holds nothing, or what a restore that was broken off has left.
Status mayBeRestored(store::Store& target) {
  PLANBRO_ASSIGN_OR_RETURN(const auto reader, target.snapshot());
  PLANBRO_ASSIGN_OR_RETURN(const bool unfinished, store::isUnfinishedCopy(*reader));
  PLANBRO_ASSIGN_OR_RETURN(const store::LogRange range, reader->logRange());
  if (unfinished || range.newest == 0) return {};
  return fail(ErrorCode::kConflict,
              "The database's schema holds a store: name another schema, or drop it.");
}

Status restoreFrom(store::Store& source, const Config& config, const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const auto target, openStore(config.store, options.data));
  PLANBRO_RETURN_IF_ERROR(mayBeRestored(*target));
  PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const auto report,
                           copyIndexed(source, *target, config, options.data, "restore"));
  return {};
}

// A backup is only read: what an older program has made is migrated in a copy of it.
Status restoreMigrated(const std::filesystem::path& backup, const Config& config,
                       const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(
      const auto made,
      store::UnfinishedStore::claim(std::filesystem::path(options.data) / "restore.sqlite"));
  Status status = made->fill(backup);
  if (status) {
    const auto source = openStore(storeNamed(made->path().string(), config.store), options.data);
    status =
        source ? restoreFrom(**source, config, options) : Status(std::unexpected(source.error()));
  }
  made->remove();
  return status;
}

Status restoreDatabase(const StoreConfig& backup, const Config& config, const Options& options) {
  const auto source = openStore(backup, options.data, Opening::kExisting);
  if (source) return restoreFrom(**source, config, options);
  if (source.error().code != ErrorCode::kUnsupported) return std::unexpected(source.error());
  return restoreMigrated(backup.path, config, options);
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
