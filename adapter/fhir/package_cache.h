// The FHIR packages an installation has added: a folder of .tgz files and a lock file that says
// which they are.
//
//   FOLDER/packages.lock.json   {"packages":[{"name":…,"version":…,"sha256":…,"file":…,
//                                             "source":…}]}
//   FOLDER/hl7.fhir.no.basis-2.2.2.tgz
//
// A file that is missing or is no longer the one that was added is never loaded: it is an issue.
// One process writes; the lock file is replaced whole, so a reader sees the old or the new one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "fhir/registry.h"

namespace planbro::fhir {

class PackageCache {
 public:
  struct Entry {
    std::string name, version, sha256, file;
    std::string source;  // the registry's address, or the name of the file it was added from
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // An empty cache if the folder or its lock file does not exist; kCorrupt if it cannot be read.
  static Result<PackageCache> open(const std::filesystem::path& folder);

  const std::vector<Entry>& entries() const { return entries_; }

  // Copies a .tgz in and locks it. Its resources are read first; `issues` tells what was wrong
  // inside. kInvalidArgument: a folder, or no readable package. kCorrupt: the archive is cut
  // off or over a limit. kConflict: the same name and version is there with other content.
  Result<Entry> add(const std::filesystem::path& path, std::vector<Issue>& issues);

  // The same for bytes that came from a registry. kConflict also if `wanted` says another sha256
  // than they have (empty: any), kCorrupt if they hold another package than wanted, are cut
  // off or over a limit.
  Result<Entry> addFetched(const std::string& bytes, const Entry& wanted,
                           std::vector<Issue>& issues);

  // PB-0206 or PB-0207 for an entry whose file is missing or changed; nothing if it is as locked.
  std::vector<Issue> check(const Entry& entry) const;

  // Adds every package that is as locked to `registry`.
  std::vector<Issue> loadInto(Registry& registry) const;

 private:
  explicit PackageCache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<Entry> keep(const std::filesystem::path& probe, const std::string& bytes, Entry entry);
  // The bytes of an entry's file, or why they are not to be used.
  std::vector<Issue> read(const Entry& entry, std::string& bytes) const;
  Status writeLock(const std::vector<Entry>& entries) const;

  std::filesystem::path folder_;
  std::vector<Entry> entries_;
};

}  // namespace planbro::fhir
