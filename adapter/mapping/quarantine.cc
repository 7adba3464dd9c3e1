#include "mapping/quarantine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/digest.h"
#include "json/builder.h"
#include "json/writer.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

Error ioError(const fs::path& path) {
  return {ErrorCode::kIo, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))};
}

// Written beside and renamed, so that a crash leaves the old file or the new one.
Status writeDurably(const fs::path& path, std::string_view bytes) {
  const fs::path beside = path.string() + ".new";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return std::unexpected(ioError(beside));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      Error error = ioError(beside);
      ::close(file);
      return std::unexpected(std::move(error));
    }
    done += static_cast<std::size_t>(count);
  }
  const bool synced = ::fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  if (!synced || !closed) return std::unexpected(ioError(beside));
  std::error_code error;
  fs::rename(beside, path, error);
  if (error)
    return fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", path.string(), error.message()));
  return {};
}

std::string findingsText(std::string_view record, std::string_view source,
                         std::span<const fhir::Issue> findings, const Clock& clock) {
  json::Builder builder;
  builder.beginObject();
  builder.key("record").string(record);
  builder.key("source").string(source);
  builder.key("time").string(formatInstant(clock.now()));
  const json::DocumentPtr outcome = fhir::operationOutcome(findings, fhir::Language::kEnglish);
  builder.key("findings").copy(outcome->root(), outcome);
  builder.endObject();
  return json::write(*std::move(builder).finish(), {.pretty = true}) + "\n";
}

}  // namespace

fs::path Quarantine::pathOf(std::string_view original, std::string_view extension) const {
  return folder_ / source_ / (sha256Hex(original).substr(0, 32) + std::string(extension));
}

Result<fs::path> Quarantine::keep(std::string_view record, std::string_view original,
                                  std::string_view extension, std::span<const fhir::Issue> findings,
                                  const Clock& clock) {
  fs::path path = pathOf(original, extension);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error)
    return fail(ErrorCode::kIo,
                fmt::format("cannot make {}: {}", path.parent_path().string(), error.message()));
  // Health data: for the owner alone.
  fs::permissions(path.parent_path(), fs::perms::owner_all, error);
  PLANBRO_RETURN_IF_ERROR(writeDurably(path, original));
  PLANBRO_RETURN_IF_ERROR(writeDurably(path.string() + ".findings.json",
                                       findingsText(record, source_, findings, clock)));
  return path;
}

void Quarantine::release(std::string_view original, std::string_view extension) {
  const fs::path path = pathOf(original, extension);
  std::error_code error;
  if (!fs::exists(path, error)) return;
  fs::remove(path, error);
  fs::remove(path.string() + ".findings.json", error);
}

}  // namespace planbro::mapping
