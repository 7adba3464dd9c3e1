// planbro snapshot [--package PATH]... [--pack NAME]... [PROFILE]: the profile with its snapshot,
// or all profiles of the packs, one a line.
#include "validation/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "cli/commands.h"
#include "cli/definition_sources.h"
#include "cli/input.h"
#include "fhir/xml.h"
#include "json/writer.h"

namespace planbro::cli {
namespace {

struct Options {
  DefinitionSources sources;
  std::string profile;  // empty: those of the packs
};

int failed(const std::string& message) {
  fmt::print(stderr, "planbro snapshot: {}\n", message);
  return kFailed;
}

// One profile, printed with its snapshot; the exit status.
int printSnapshot(const std::string& name, const fhir::Resource& definition,
                  validation::Snapshots& snapshots, bool pretty) {
  const validation::Snapshot made = validation::generateSnapshot(definition, snapshots);
  printIssues(name, made.issues);
  fmt::print("{}\n", json::write(*made.definition.document(), {.pretty = pretty}));
  if (made.definition.document()->root().member("snapshot") == nullptr) return kFailed;
  return made.issues.empty() ? kDone : kFound;
}

int snapshotsOfPacks(const LoadedDefinitions& loaded, validation::Snapshots& snapshots) {
  if (loaded.packs.empty()) return failed("say which PROFILE, or with --pack which packs");
  int status = kDone;
  std::set<std::string> printed;
  for (const validation::Pack& pack : loaded.packs) {
    for (const std::string& canonical : pack.profiles()) {
      if (!printed.insert(canonical).second) continue;
      const fhir::Resource* definition = loaded.registry->find(canonical, "StructureDefinition");
      if (definition == nullptr) return failed(canonical + " is not loaded");
      status = std::max(status, printSnapshot(canonical, *definition, snapshots, false));
    }
  }
  return status;
}

int snapshot(const Options& options) {
  const auto loaded = loadDefinitions(options.sources);
  if (!loaded) return failed(loaded.error().message);
  std::recursive_mutex lock;
  validation::Snapshots snapshots(loaded->registry, lock);
  if (options.profile.empty()) return snapshotsOfPacks(*loaded, snapshots);
  // A file is a profile that need not be in any package; anything else is a canonical URL.
  std::error_code error;
  if (options.profile != "-" && !std::filesystem::is_regular_file(options.profile, error)) {
    const fhir::Resource* definition =
        loaded->registry->find(options.profile, "StructureDefinition");
    if (definition == nullptr) return failed(options.profile + " is not loaded");
    return printSnapshot(options.profile, *definition, snapshots, true);
  }
  auto text = readInput(options.profile);
  if (!text) return failed(text.error().message);
  const fhir::ReadOutcome read = fhir::readResource(std::move(*text));
  printIssues(options.profile, read.issues);
  if (!read.resource) return kFailed;
  return printSnapshot(options.profile, read.resource, snapshots, true);
}

}  // namespace

void addSnapshot(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("snapshot", "Print a profile with its snapshot");
  addSourceOptions(*command, options->sources);
  command->add_option("PROFILE", options->profile,
                      "A canonical URL, or a file; without it every profile of the packs is "
                      "printed, one a line");
  command->callback([options, &exit_status] { exit_status = snapshot(*options); });
}

}  // namespace planbro::cli
