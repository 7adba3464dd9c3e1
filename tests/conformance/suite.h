// A suite of planbro-conformance: one file in this folder, one entry in suites().
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "fhir/resource.h"

namespace planbro::conformance {

// Takes one result line, JSON without the line end.
using Report = std::function<void(const std::string& line)>;

struct Suite {
  std::string_view name;  // "roundtrip"
  // Replays every case below `folder` (laid out as the suites folder is), one report a case.
  // An error means the suite itself could not be read.
  Status (*run)(const std::filesystem::path& folder, const Report& report);
};

std::span<const Suite> suites();

// For the suites: a whole file; JSON that is no resource (a manifest).
Result<std::string> readFile(const std::filesystem::path& path);
Result<json::DocumentPtr> readManifest(const std::filesystem::path& path);
// {"name":…,"issues":[…]} as the scorer reads them.
std::string issuesLine(std::string_view key, std::string_view name,
                       std::span<const fhir::Issue> issues);

Status runExamples(const std::filesystem::path& folder, const Report& report);
Status runFhirpath(const std::filesystem::path& folder, const Report& report);
Status runPatch(const std::filesystem::path& folder, const Report& report);
Status runRoundtrip(const std::filesystem::path& folder, const Report& report);
Status runSnapshot(const std::filesystem::path& folder, const Report& report);
Status runStructureMapping(const std::filesystem::path& folder, const Report& report);
Status runTerminology(const std::filesystem::path& folder, const Report& report);
Status runValidator(const std::filesystem::path& folder, const Report& report);

}  // namespace planbro::conformance
