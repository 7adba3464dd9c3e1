#include "cli/input.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/limits.h"

namespace planbro::cli {

Result<std::string> readInput(const std::string& path) {
  const bool standard = path == "-";
  std::error_code error;
  if (!standard && std::filesystem::is_directory(path, error))
    return fail(ErrorCode::kIo, fmt::format("{} is a folder", path));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      standard ? stdin : std::fopen(path.c_str(), "rb"),
      [](std::FILE* f) { return f == stdin ? 0 : std::fclose(f); });
  if (file == nullptr)
    return fail(ErrorCode::kIo, fmt::format("{}: {}", path, std::strerror(errno)));
  std::string bytes;
  char block[1 << 16];
  while (const std::size_t size = std::fread(block, 1, sizeof block, file.get())) {
    bytes.append(block, size);
    if (bytes.size() > kMaxDocumentBytes)
      return fail(ErrorCode::kLimitExceeded,
                  fmt::format("{} has more than {} bytes", path, kMaxDocumentBytes));
  }
  if (std::ferror(file.get()) != 0)
    return fail(ErrorCode::kIo, fmt::format("{} cannot be read", path));
  return bytes;
}

void printIssues(const std::string& file, std::span<const fhir::Issue> issues) {
  for (const fhir::Issue& issue : issues) {
    std::string line = file == "-" ? "standard input" : file;
    if (!issue.place.source.empty()) line += (line.empty() ? "" : ": ") + issue.place.source;
    if (issue.place.position.line != 0)
      line += fmt::format(":{}:{}", issue.place.position.line, issue.place.position.column);
    line += fmt::format("{}{} {}: {}", line.empty() ? "" : ": ", severityCode(issue.severity),
                        issue.code, issue.text(userLanguage()));
    if (!issue.place.expression.empty()) line += fmt::format(" ({})", issue.place.expression);
    fmt::print(stderr, "{}\n", line);
  }
}

fhir::Language userLanguage() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale = value;
    return fhir::languageOf(locale.substr(0, locale.find_first_of("_.@")));
  }
  return fhir::Language::kEnglish;
}

}  // namespace planbro::cli
