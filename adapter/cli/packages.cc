// planbro packages list|add|restore: the FHIR packages of an installation.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "fhir/builtin_files.h"
#include "fhir/package_cache.h"
#include "fhir/package_source.h"
#include "http/client.h"
#include "json/parser.h"

namespace planbro::cli {
namespace {

using fhir::PackageCache;

struct Options {
  std::string data = "var/planbro";
  std::string registry;  // empty: only what the lock file names a source of
  std::vector<std::string> paths;
};

int failed(const Error& error) {
  fmt::print(stderr, "planbro packages: {}\n", error.message);
  return kFailed;
}

Result<PackageCache> openCache(const Options& options) {
  return PackageCache::open(std::filesystem::path(options.data) / "packages");
}

int list(const Options& options) {
  const auto cache = openCache(options);
  if (!cache) return failed(cache.error());
  int status = kDone;
  fmt::print("hl7.fhir.r4.core 4.0.1 built in\n");
  for (const auto& entry : cache->entries()) {
    const auto issues = cache->check(entry);
    printIssues(entry.file, issues);
    if (!issues.empty()) status = kFound;
    fmt::print("{} {} sha256:{}{}{}\n", entry.name, entry.version, entry.sha256,
               entry.source.empty() ? "" : " from " + entry.source,
               issues.empty() ? "" : " NOT LOADED");
  }
  return status;
}

int add(const Options& options) {
  auto cache = openCache(options);
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

// The packages that ought to be here: those locked, or else those of profiles/packages.json.
Result<std::vector<PackageCache::Entry>> wantedPackages(const PackageCache& cache,
                                                        const std::string& registry) {
  std::vector<PackageCache::Entry> wanted;
  for (const auto& entry : cache.entries()) {
    if (!cache.check(entry).empty()) wanted.push_back(entry);
  }
  if (cache.entries().empty()) {
    const auto text = fhir::builtinFile("profiles/packages.json");
    const auto parsed = json::parse(text.value_or(""));
    const json::Node* pinned = parsed ? (*parsed)->root().member("packages") : nullptr;
    if (pinned == nullptr)
      return fail(ErrorCode::kInternal, "the built-in list of packages is missing");
    for (const json::Node& one : pinned->children()) {
      const auto text_of = [&one](std::string_view name) {
        const json::Node* member = one.member(name);
        return member == nullptr ? std::string() : std::string(member->text());
      };
      wanted.push_back({text_of("name"), text_of("version"), text_of("sha256"), {}, {}});
    }
  }
  for (PackageCache::Entry& entry : wanted) {
    if (!entry.source.starts_with("http")) entry.source = registry;
    if (entry.source.empty())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} {} is not here: say with --registry where to fetch it, or add it "
                              "from a file",
                              entry.name, entry.version));
  }
  return wanted;
}

int restore(const Options& options) {
  auto cache = openCache(options);
  if (!cache) return failed(cache.error());
  const auto wanted = wantedPackages(*cache, options.registry);
  if (!wanted) return failed(wanted.error());
  http::Client client;
  const fhir::Fetch fetch = [&client](const std::string& address) -> Result<fhir::Fetched> {
    const std::size_t path = address.find('/', address.find("://") + 3);
    service::Request request;
    request.method = "GET";
    const std::string rest = path == std::string::npos ? "/" : address.substr(path);
    request.path = rest.substr(0, rest.find('?'));
    if (rest.size() > request.path.size()) request.query = rest.substr(request.path.size() + 1);
    auto answer = client.send(address.substr(0, path), request);
    if (!answer) return std::unexpected(http::asError(answer.error()));
    return fhir::Fetched{answer->status, std::string(answer->headers.get("Location").value_or("")),
                         std::move(answer->body)};
  };
  int status = kDone;
  for (const PackageCache::Entry& entry : *wanted) {
    auto bytes = fhir::fetchPackage(fetch, entry.source, entry.name, entry.version);
    std::vector<fhir::Issue> issues;
    auto added = bytes ? cache->addFetched(*bytes, entry, issues)
                       : Result<PackageCache::Entry>(std::unexpected(bytes.error()));
    printIssues(entry.name, issues);
    if (!added) {  // the others may come all the same
      failed(added.error());
      status = kFailed;
      continue;
    }
    fmt::print("{} {} sha256:{}\n", added->name, added->version, added->sha256);
  }
  return status;
}

}  // namespace

void addPackages(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* packages = app.add_subcommand("packages", "FHIR packages in use");
  packages->require_subcommand(1);
  packages->fallthrough();
  packages->add_option("--data", options->data, "Folder of the installation")
      ->capture_default_str();
  packages->add_subcommand("list", "Show the packages and check them against the lock file")
      ->callback([options, &exit_status] { exit_status = list(*options); });
  CLI::App* adding = packages->add_subcommand("add", "Add packages (.tgz) and lock their content");
  adding->add_option("PATH", options->paths, "The packages")->required();
  adding->callback([options, &exit_status] { exit_status = add(*options); });
  CLI::App* restoring = packages->add_subcommand(
      "restore", "Fetch the locked packages that are missing, or the pinned ones, and check them");
  restoring->add_option("--registry", options->registry, "Address of a package registry");
  restoring->callback([options, &exit_status] { exit_status = restore(*options); });
}

}  // namespace planbro::cli
