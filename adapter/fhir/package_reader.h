// The files of a FHIR package, one after the other, from hostile archives as well as own folders.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"

namespace planbro::fhir {

// Limits on one package; exceeding one ends the reading with an issue.
inline constexpr std::size_t kMaxPackageFiles = 50'000;
inline constexpr std::size_t kMaxPackageFileBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxPackageBytes = std::size_t{2} << 30;  // unpacked, all files
inline constexpr std::size_t kMaxPackageRefusals = 1000;  // entries of an archive, all told

struct PackageFile {
  std::string name;  // inside the package: "package/StructureDefinition-x.json"
  std::string bytes;
};

// Calls `visit` with every file that can hold a resource or the package's own description: .json
// and .xml directly in package/ (or anywhere in a plain folder of resources). Returns what was
// refused (PB-02xx). Nothing is written to disk.
std::vector<Issue> readPackage(const std::filesystem::path& path,
                               const std::function<void(PackageFile)>& visit);

// The same for a .tgz in memory; `shown` is the name issues give it.
std::vector<Issue> readPackageBytes(std::string_view bytes, const std::string& shown,
                                    const std::function<void(PackageFile)>& visit);

}  // namespace planbro::fhir
