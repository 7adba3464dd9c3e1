#include "mapping/source_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/digest.h"
#include "mapping/csv_set.h"
#include "mapping/source_files.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = std::size_t{256} << 10;

Result<std::string> digestOf(const fs::path& file) {
  PLANBRO_ASSIGN_OR_RETURN(SourceBytes bytes, SourceBytes::ofFile(file));
  Sha256 digest;
  for (std::uint64_t at = 0; at < bytes.size();) {
    const std::string_view block = bytes.at(at, kBlock);
    if (block.empty()) break;
    digest.add(block);
    at += block.size();
  }
  if (bytes.failed()) return fail(ErrorCode::kIo, fmt::format("cannot read {}", file.string()));
  return std::move(digest).hex();
}

Status makeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error)
    return fail(ErrorCode::kIo,
                fmt::format("cannot make {}: {}", folder.string(), error.message()));
  return {};
}

// Copied beside and renamed.
Status copyDurably(const fs::path& from, const fs::path& to) {
  const fs::path beside = to.string() + ".new";
  std::error_code error;
  fs::copy_file(from, beside, fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(beside, fs::perms::owner_read | fs::perms::owner_write, error);
  const int file = error ? -1 : ::open(beside.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (synced) fs::rename(beside, to, error);
  if (!synced || error)
    return fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", to.string(),
                                            error ? error.message() : std::strerror(errno)));
  return {};
}

void addTables(const CsvTable& table, std::vector<std::string>& files) {
  files.push_back(table.file);
  for (const CsvTable& child : table.children) addTables(child, files);
}

}  // namespace

Result<std::string> SourceArchive::keepFile(const fs::path& file) {
  PLANBRO_ASSIGN_OR_RETURN(std::string digest, digestOf(file));
  const fs::path kept = place() / (digest + file.extension().string());
  std::error_code error;
  if (fs::exists(kept, error)) return digest;
  PLANBRO_RETURN_IF_ERROR(makeFolder(folder_));
  PLANBRO_RETURN_IF_ERROR(makeFolder(place()));
  PLANBRO_RETURN_IF_ERROR(copyDurably(file, kept));
  return digest;
}

Status SourceArchive::keepSet(const fs::path& input) {
  std::error_code error;
  if (!fs::exists(input, error)) return {};  // whoever opens it says so
  fs::path folder = fs::is_directory(input, error) ? input : input.parent_path();
  if (folder.empty()) folder = ".";
  if (documents_.contains(folder.string())) return {};
  const CsvSet set = CsvSet::ofFolder(folder);
  std::vector<std::string> files;
  addTables(source_.table, files);
  std::string list;
  for (const std::string& file : files) {
    if (!set.has(file)) continue;
    PLANBRO_ASSIGN_OR_RETURN(const std::string digest, keepFile(set.nameOf(file)));
    list += fmt::format("{}  {}\n", digest, file);
  }
  if (list.empty()) return {};
  std::string digest = sha256Hex(list);
  const fs::path kept = place() / (digest + ".sha256");
  if (!fs::exists(kept, error)) PLANBRO_RETURN_IF_ERROR(writeDurably(kept, list));
  documents_.emplace(folder.string(), std::move(digest));
  return {};
}

Status SourceArchive::keepStandardInput(fs::path& input) {
  PLANBRO_ASSIGN_OR_RETURN(const std::string bytes, readSourceFile(input));
  PLANBRO_RETURN_IF_ERROR(makeFolder(folder_));
  PLANBRO_RETURN_IF_ERROR(makeFolder(place()));
  const std::string digest = sha256Hex(bytes);
  const char* ending = source_.format == SourceFormat::kXml    ? ".xml"
                       : source_.format == SourceFormat::kXlsx ? ".xlsx"
                                                               : ".json";
  input = place() / (digest + ending);
  std::error_code error;
  if (!fs::exists(input, error)) PLANBRO_RETURN_IF_ERROR(writeDurably(input, bytes));
  documents_.emplace(input.string(), digest);
  return {};
}

Status SourceArchive::keep(std::vector<fs::path>& inputs) {
  if (folder_.empty()) return {};
  if (source_.format == SourceFormat::kCsv) {
    for (const fs::path& input : inputs) PLANBRO_RETURN_IF_ERROR(keepSet(input));
    return {};
  }
  for (fs::path& input : inputs) {
    if (input == "-") PLANBRO_RETURN_IF_ERROR(keepStandardInput(input));
  }
  PLANBRO_ASSIGN_OR_RETURN(const auto files, sourceFiles(inputs, sourceEndings(source_)));
  for (const fs::path& file : files) {
    if (documents_.contains(file.string())) continue;
    PLANBRO_ASSIGN_OR_RETURN(std::string digest, keepFile(file));
    documents_.emplace(file.string(), std::move(digest));
  }
  return {};
}

std::string_view SourceArchive::documentOf(const std::string& input) const {
  const auto found = documents_.find(input);
  return found == documents_.end() ? std::string_view() : std::string_view(found->second);
}

Status SourceArchive::note(std::string_view line) const {
  if (folder_.empty()) return {};
  PLANBRO_RETURN_IF_ERROR(makeFolder(folder_));
  const fs::path path = folder_ / "batches.ndjson";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  // One write, so that two imports at a time do not mix their lines.
  const std::string text = std::string(line) + "\n";
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = written && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!synced)
    return fail(ErrorCode::kIo,
                fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  return {};
}

}  // namespace planbro::mapping
