#include "fhir/package_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "fhir/package_source.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "packages.lock.json";

Result<std::string> bytesOf(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxArchiveBytes && !error)
    return fail(ErrorCode::kLimitExceeded, fmt::format("{} is too large", path.string()));
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    return fail(ErrorCode::kIo, fmt::format("{} cannot be read", path.string()));
  return bytes;
}

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

// Whether the archive was read to its end: one that is cut off or over a limit is not kept, though
// the resources before that place could be used.
Status checkWhole(const std::string& shown, const std::vector<Issue>& issues) {
  for (const Issue& issue : issues) {
    if (issue.code == "PB-0201" || issue.code == "PB-0203")
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} is not taken: {}", shown, issue.text(Language::kEnglish)));
  }
  return {};
}

}  // namespace

Result<PackageCache> PackageCache::open(const fs::path& folder) {
  PackageCache cache(folder);
  std::error_code error;
  if (!fs::exists(folder / kLockFile, error)) return cache;
  PLANBRO_ASSIGN_OR_RETURN(std::string text, bytesOf(folder / kLockFile));
  const auto parsed = json::parse(std::move(text));
  const json::Node* list = parsed ? (*parsed)->root().member("packages") : nullptr;
  if (list == nullptr)
    return fail(ErrorCode::kCorrupt,
                fmt::format("{} is no lock file", (folder / kLockFile).string()));
  for (const json::Node& one : list->children()) {
    Entry entry{std::string(textOf(one, "name")), std::string(textOf(one, "version")),
                std::string(textOf(one, "sha256")), std::string(textOf(one, "file")),
                std::string(textOf(one, "source"))};
    if (!isPlainPackageName(entry.file))
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} names a file outside its folder", (folder / kLockFile).string()));
    cache.entries_.push_back(std::move(entry));
  }
  return cache;
}

Result<PackageCache::Entry> PackageCache::add(const fs::path& path, std::vector<Issue>& issues) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a folder; only .tgz packages can be added, folders are given "
                            "with --package where they are needed",
                            path.string()));
  PLANBRO_ASSIGN_OR_RETURN(const std::string bytes, bytesOf(path));
  Registry probe;
  issues = probe.addPackageBytes(bytes, path.filename().string());
  if (probe.packages().empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no readable FHIR package", path.string()));
  PLANBRO_RETURN_IF_ERROR(checkWhole(path.string(), issues));
  const PackageInfo& info = probe.packages().front();
  return keep(path, bytes, {info.name, info.version, sha256Hex(bytes), {}, {}});
}

Result<PackageCache::Entry> PackageCache::addFetched(const std::string& bytes, const Entry& wanted,
                                                     std::vector<Issue>& issues) {
  const std::string sha256 = sha256Hex(bytes);
  if (!wanted.sha256.empty() && sha256 != wanted.sha256)
    return fail(ErrorCode::kConflict,
                fmt::format("{} {} from {} is not the locked one: its sha256 is {}, not {}",
                            wanted.name, wanted.version, wanted.source, sha256, wanted.sha256));
  Registry probe;
  issues = probe.addPackageBytes(bytes, wanted.name);
  const auto& found = probe.packages();
  if (found.empty() || found.front().name != wanted.name || found.front().version != wanted.version)
    return fail(ErrorCode::kCorrupt, fmt::format("{} from {} is not the package {} {}",
                                                 found.empty() ? "what came" : found.front().name,
                                                 wanted.source, wanted.name, wanted.version));
  PLANBRO_RETURN_IF_ERROR(checkWhole(wanted.name, issues));
  return keep(wanted.name, bytes, {wanted.name, wanted.version, sha256, {}, wanted.source});
}

// Copies the bytes in under the name of the package and locks them.
Result<PackageCache::Entry> PackageCache::keep(const fs::path& path, const std::string& bytes,
                                               Entry entry) {
  if (entry.source.empty()) entry.source = path.filename().string();
  entry.file = entry.version.empty() ? entry.name : entry.name + "-" + entry.version;
  if (!entry.file.ends_with(".tgz")) entry.file += ".tgz";
  if (!isPlainPackageName(entry.file))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} has a name that cannot be used", path.string()));
  for (const Entry& known : entries_) {
    if (known.name != entry.name || known.version != entry.version) continue;
    if (!known.sha256.empty() && known.sha256 != entry.sha256)
      return fail(ErrorCode::kConflict,
                  fmt::format("{} {} is there already with other content; a published version "
                              "never changes",
                              entry.name, entry.version));
    if (check(known).empty()) return known;
  }

  std::error_code error;
  fs::create_directories(folder_, error);
  const fs::path target = folder_ / entry.file;
  const fs::path fresh = folder_ / (entry.file + ".new");
  std::ofstream out(fresh, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out) fs::rename(fresh, target, error);
  if (!out || error) return fail(ErrorCode::kIo, fmt::format("cannot write {}", target.string()));

  std::vector<Entry> entries = entries_;
  std::erase_if(entries, [&](const Entry& known) { return known.file == entry.file; });
  entries.push_back(entry);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.file < b.file; });
  PLANBRO_RETURN_IF_ERROR(writeLock(entries));
  entries_ = std::move(entries);
  return entry;
}

Status PackageCache::writeLock(const std::vector<Entry>& entries) const {
  json::Builder out;
  out.beginObject();
  out.key("packages").beginArray();
  for (const Entry& entry : entries) {
    out.beginObject();
    out.key("name").string(entry.name);
    out.key("version").string(entry.version);
    out.key("sha256").string(entry.sha256);
    out.key("file").string(entry.file);
    if (!entry.source.empty()) out.key("source").string(entry.source);
    out.endObject();
  }
  out.endArray();
  out.endObject();
  const fs::path fresh = folder_ / (std::string(kLockFile) + ".new");
  std::ofstream file(fresh, std::ios::binary);
  file << json::write(*std::move(out).finish(), {.pretty = true}) << '\n';
  file.close();
  std::error_code error;
  if (file) fs::rename(fresh, folder_ / kLockFile, error);
  if (!file || error)
    return fail(ErrorCode::kIo, fmt::format("cannot write {}", (folder_ / kLockFile).string()));
  return {};
}

std::vector<Issue> PackageCache::check(const Entry& entry) const {
  std::string bytes;
  return read(entry, bytes);
}

std::vector<Issue> PackageCache::read(const Entry& entry, std::string& bytes) const {
  Place place;
  place.source = entry.file;
  auto found = bytesOf(folder_ / entry.file);
  if (!found) return {makeIssue("PB-0206", std::move(place), {entry.name, entry.version})};
  if (sha256Hex(*found) != entry.sha256)
    return {makeIssue("PB-0207", std::move(place), {entry.name, entry.version})};
  bytes = std::move(*found);
  return {};
}

std::vector<Issue> PackageCache::loadInto(Registry& registry) const {
  std::vector<Issue> issues;
  for (const Entry& entry : entries_) {
    std::string bytes;
    std::vector<Issue> found = read(entry, bytes);
    if (found.empty()) found = registry.addPackageBytes(bytes, entry.file, entry.sha256);
    issues.insert(issues.end(), found.begin(), found.end());
  }
  return issues;
}

}  // namespace planbro::fhir
