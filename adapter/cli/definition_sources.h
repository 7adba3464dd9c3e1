// Where a command takes definitions from: R4 and our own profiles always, the packages of the
// installation and of a configuration, those named on the command line; and the packs chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/config.h"
#include "fhir/registry.h"
#include "validation/packs.h"

namespace planbro::cli {

struct DefinitionSources {
  std::string data{kDefaultData};
  std::string config;                 // a YAML file; empty: none
  std::vector<std::string> packages;  // .tgz files and folders
  std::vector<std::string> packs;     // names; none: those of the configuration
  std::vector<std::string> pack_files;
};

// --data, --config, --package, --pack and --pack-file.
void addSourceOptions(CLI::App& command, DefinitionSources& sources);

struct LoadedDefinitions {
  std::shared_ptr<const fhir::Registry> registry;
  std::vector<validation::Pack> packs;
};

// What is wrong inside packages and with the configuration is printed to standard error. Fails for
// a package, pack or configuration that is not there or cannot be read.
Result<LoadedDefinitions> loadDefinitions(const DefinitionSources& sources);

}  // namespace planbro::cli
