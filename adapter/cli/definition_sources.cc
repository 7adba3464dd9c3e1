#include "cli/definition_sources.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cli/input.h"
#include "fhir/package_cache.h"
#include "fhir/packed_packages.h"

namespace planbro::cli {
namespace {

namespace files = std::filesystem;

// The configuration's sources come first, so that those of the command line are the later ones.
Result<DefinitionSources> withConfiguration(const DefinitionSources& asked) {
  DefinitionSources all = asked;
  if (asked.config.empty()) return all;
  const auto config = readConfig(files::path(asked.config), processEnvironment());
  if (!config) {
    printIssues(asked.config, config.error());
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no valid configuration", asked.config));
  }
  const auto before = [](const std::vector<files::path>& configured,
                         std::vector<std::string>& list) {
    list.insert(list.begin(), configured.begin(), configured.end());
  };
  before(config->fhir.packages, all.packages);
  before(config->validation.pack_files, all.pack_files);
  if (all.packs.empty()) all.packs = config->validation.packs;
  return all;
}

}  // namespace

void addSourceOptions(CLI::App& command, DefinitionSources& sources) {
  command.add_option("--data", sources.data, "Folder of the installation, for its packages")
      ->capture_default_str();
  command
      .add_option("--config", sources.config,
                  "A configuration (YAML) whose fhir.packages, validation.packs and "
                  "validation.pack_files count as well")
      ->allow_extra_args(false);
  command.add_option("--package", sources.packages, "A FHIR package, .tgz or folder")
      ->allow_extra_args(false);
  command
      .add_option("--pack", sources.packs,
                  "A named set of profiles: r4, ip, ip-law, no-basis-2.2.2, no-basis-2.2.4, "
                  "vkp-0.9.0, municipal-0.2.0, auditevent-0.9.8, planer-hacking-0.2.0, dbep, "
                  "xshare, dcp")
      ->allow_extra_args(false);
  command.add_option("--pack-file", sources.pack_files, "A file with packs of your own")
      ->allow_extra_args(false);
}

Result<LoadedDefinitions> loadDefinitions(const DefinitionSources& sources) {
  PLANBRO_ASSIGN_OR_RETURN(const DefinitionSources all, withConfiguration(sources));
  auto registry = std::make_shared<fhir::Registry>();
  printIssues("profiles", registry->addOwnProfiles());
  if (auto folder = fhir::PackedPackages::userFolder()) registry->keepPackedIn(std::move(*folder));
  PLANBRO_ASSIGN_OR_RETURN(const fhir::PackageCache cache,
                           fhir::PackageCache::open(files::path(all.data) / "packages"));
  printIssues("packages", cache.loadInto(*registry));
  for (const std::string& package : all.packages) {
    std::error_code error;
    if (!files::exists(package, error))
      return fail(ErrorCode::kNotFound, fmt::format("{} does not exist", package));
    printIssues(package, registry->addPackage(package));
  }
  const std::vector<files::path> pack_files(all.pack_files.begin(), all.pack_files.end());
  PLANBRO_ASSIGN_OR_RETURN(const auto known, validation::allPacks(pack_files));
  LoadedDefinitions loaded;
  PLANBRO_ASSIGN_OR_RETURN(loaded.packs, validation::choosePacks(known, all.packs, *registry));
  loaded.registry = std::move(registry);
  return loaded;
}

}  // namespace planbro::cli
