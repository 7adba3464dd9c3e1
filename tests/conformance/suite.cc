#include "conformance/suite.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>

#include "json/parser.h"
#include "json/writer.h"

namespace planbro::conformance {

std::span<const Suite> suites() {
  static constexpr std::array kSuites{
      Suite{"examples", runExamples},
      Suite{"fhirpath", runFhirpath},
      Suite{"patch", runPatch},
      Suite{"roundtrip", runRoundtrip},
      Suite{"snapshot", runSnapshot},
      Suite{"structure-mapping", runStructureMapping},
      Suite{"terminology", runTerminology},
      Suite{"validator", runValidator},
  };
  return kSuites;
}

Result<std::string> readFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot read {}", path.string()));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<json::DocumentPtr> readManifest(const std::filesystem::path& path) {
  PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(path));
  auto parsed = json::parse(std::move(text));
  if (!parsed)
    return fail(ErrorCode::kCorrupt, fmt::format("{}: {}", path.string(), parsed.error().message));
  return std::move(*parsed);
}

std::string issuesLine(std::string_view key, std::string_view name,
                       std::span<const fhir::Issue> issues) {
  std::string line = "{\"" + std::string(key) + "\":";
  json::writeString(name, line);
  line += ",\"issues\":[";
  for (const fhir::Issue& issue : issues) {
    if (line.back() != '[') line += ',';
    line += "{\"severity\":";
    json::writeString(severityCode(issue.severity), line);
    line += ",\"code\":";
    json::writeString(issue.code, line);
    line += ",\"expression\":";
    json::writeString(issue.place.expression, line);
    line += ",\"text\":";
    json::writeString(issue.text(fhir::Language::kEnglish), line);
    line += '}';
  }
  return line + "]}";
}

}  // namespace planbro::conformance
