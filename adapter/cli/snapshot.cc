// planbro snapshot [--package PATH]... PROFILE: the profile with its snapshot.
#include "validation/snapshot.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "fhir/registry.h"
#include "fhir/xml.h"
#include "json/writer.h"

namespace planbro::cli {
namespace {

struct Options {
  std::vector<std::string> packages;
  std::string profile;
};

int failed(const std::string& message) {
  fmt::print(stderr, "planbro snapshot: {}\n", message);
  return kFailed;
}

int snapshot(const Options& options) {
  auto registry = std::make_shared<fhir::Registry>();
  printIssues("profiles", registry->addOwnProfiles());
  std::error_code error;
  for (const std::string& package : options.packages) {
    if (!std::filesystem::exists(package, error)) return failed(package + " does not exist");
    printIssues(package, registry->addPackage(package));
  }
  // A file is a profile that need not be in any package; anything else is a canonical URL.
  fhir::ReadOutcome read;
  const fhir::Resource* definition = nullptr;
  if (options.profile == "-" || std::filesystem::is_regular_file(options.profile, error)) {
    auto text = readInput(options.profile);
    if (!text) return failed(text.error().message);
    read = fhir::readResource(std::move(*text));
    printIssues(options.profile, read.issues);
    if (!read.resource) return kFailed;
    definition = &read.resource;
  } else {
    definition = registry->find(options.profile, "StructureDefinition");
    if (definition == nullptr) return failed(options.profile + " is not loaded");
  }
  std::recursive_mutex lock;
  validation::Snapshots snapshots(registry, lock);
  const validation::Snapshot made = validation::generateSnapshot(*definition, snapshots);
  printIssues(options.profile, made.issues);
  fmt::print("{}\n", json::write(*made.definition.document(), {.pretty = true}));
  return made.definition.document()->root().member("snapshot") == nullptr ? kFailed
         : made.issues.empty()                                            ? kDone
                                                                          : kFound;
}

}  // namespace

void addSnapshot(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("snapshot", "Print a profile with its snapshot");
  command->add_option("--package", options->packages, "A FHIR package, .tgz or folder")
      ->allow_extra_args(false);
  command->add_option("PROFILE", options->profile, "A canonical URL, or a file")->required();
  command->callback([options, &exit_status] { exit_status = snapshot(*options); });
}

}  // namespace planbro::cli
