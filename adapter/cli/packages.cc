// planbro packages list|add: the FHIR packages of an installation.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "fhir/package_cache.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string data = "var/planbro";
  std::vector<std::string> paths;
};

int failed(const Error& error) {
  fmt::print(stderr, "planbro packages: {}\n", error.message);
  return kFailed;
}

int list(const Options& options) {
  const auto cache = fhir::PackageCache::open(std::filesystem::path(options.data) / "packages");
  if (!cache) return failed(cache.error());
  int status = kDone;
  fmt::print("hl7.fhir.r4.core 4.0.1 built in\n");
  for (const auto& entry : cache->entries()) {
    const auto issues = cache->check(entry);
    printIssues(entry.file, issues);
    if (!issues.empty()) status = kFound;
    fmt::print("{} {} sha256:{}{}\n", entry.name, entry.version, entry.sha256,
               issues.empty() ? "" : " NOT LOADED");
  }
  return status;
}

int add(const Options& options) {
  auto cache = fhir::PackageCache::open(std::filesystem::path(options.data) / "packages");
  if (!cache) return failed(cache.error());
  int status = kDone;
  for (const std::string& path : options.paths) {
    std::vector<fhir::Issue> issues;
    const auto added = cache->add(path, issues);
    printIssues(path, issues);
    if (!added) return failed(added.error());
    if (fhir::hasErrors(issues)) status = kFound;
    fmt::print("{} {} sha256:{}\n", added->name, added->version, added->sha256);
  }
  return status;
}

}  // namespace

void addPackages(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* packages = app.add_subcommand("packages", "FHIR packages in use");
  packages->require_subcommand(1);
  packages->add_option("--data", options->data, "Folder of the installation")
      ->capture_default_str();
  packages->add_subcommand("list", "Show the packages and check them against the lock file")
      ->callback([options, &exit_status] { exit_status = list(*options); });
  CLI::App* adding = packages->add_subcommand("add", "Add packages (.tgz) and lock their content");
  adding->add_option("PATH", options->paths, "The packages")->required();
  adding->callback([options, &exit_status] { exit_status = add(*options); });
}

}  // namespace planbro::cli
