// Copies between stores as the commands make them: with the index of this installation's search
// parameters, telling on a terminal how far they are.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/config.h"
#include "store/copy.h"
#include "store/store.h"

namespace planbro::cli {

// store::copyStore() with `data`'s packages. `command` stands before what is told.
Result<store::CopyReport> copyIndexed(store::Store& source, store::Store& target,
                                      const Config& config, const std::filesystem::path& data,
                                      std::string_view command);

// What clients call the service, as serve would say it: references to it are local ones.
std::string baseOf(const ServerConfig& server);

// The configuration of a command on the store: the file, if one is named, and the environment;
// kInvalidArgument after everything wrong in it was told.
Result<Config> maintenanceConfig(const std::string& file);

}  // namespace planbro::cli
