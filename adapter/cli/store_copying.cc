#include "cli/store_copying.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/assembly.h"
#include "cli/input.h"
#include "cli/store_opening.h"
#include "fhir/resource.h"
#include "search/parameters.h"

namespace planbro::cli {

std::string baseOf(const ServerConfig& server) {
  if (!server.base_url.empty()) return server.base_url;
  return fmt::format("http://{}:{}/fhir", server.address, server.port);
}

Result<store::CopyReport> copyIndexed(store::Store& source, store::Store& target,
                                      const Config& config, const std::filesystem::path& data,
                                      std::string_view command) {
  std::vector<fhir::Issue> issues;
  PLANBRO_ASSIGN_OR_RETURN(const auto registry, loadRegistry(config, data, issues));
  const auto parameters =
      search::Parameters::compile(*registry, issues, {.words = config.fhir.text_search});
  printIssues("packages", issues);
  const std::string base = baseOf(config.server);
  store::CopyOptions options;
  options.index = [&](const store::Version& version) -> Result<std::vector<store::IndexRow>> {
    const auto read = fhir::readJson(version.body);
    if (!read.resource)
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{}/{} cannot be read as a resource.", version.type, version.id));
    return parameters->extract(read.resource.root(), base);
  };
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    if (terminal) fmt::print(stderr, "\rplanbro {}: {} of {} versions", command, done, all);
    return true;
  };
  auto report = store::copyStore(source, target, options);
  if (terminal) fmt::print(stderr, "\n");
  return report;
}

Result<Config> maintenanceConfig(const std::string& file) {
  std::optional<std::filesystem::path> path;
  if (!file.empty()) path = file;
  auto config = readConfig(path, processEnvironment());
  if (config) return std::move(*config);
  printIssues(file.empty() ? "environment" : file, config.error());
  return fail(ErrorCode::kInvalidArgument, "the configuration is wrong");
}

}  // namespace planbro::cli
