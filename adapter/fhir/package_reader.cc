#include "fhir/package_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

Issue packageIssue(std::string_view code, const std::string& shown,
                   std::vector<std::string> arguments) {
  Place place;
  place.source = shown;
  return makeIssue(code, std::move(place), std::move(arguments));
}

bool mayHoldResource(const fs::path& name) {
  return name.extension() == ".json" || name.extension() == ".xml";
}

// Why an entry of that name must not be followed; "" if it may.
std::string_view faultOfName(std::string_view name) {
  if (name.empty() || name[0] == '/' || name[0] == '\\') return "its path is absolute";
  if (name.find('\\') != std::string_view::npos || (name.size() > 1 && name[1] == ':'))
    return "its path is not a plain one";
  for (const fs::path& part : fs::path(name)) {
    if (part == "..") return "its path leads out of the package";
  }
  return {};
}

class Archive {
 public:
  explicit Archive(std::string shown) : shown_(std::move(shown)), archive_(archive_read_new()) {
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
  }

  bool open(const fs::path& path) {
    return archive_read_open_filename(archive_.get(), path.c_str(), 1 << 16) == ARCHIVE_OK;
  }
  // `bytes` must outlive the archive.
  bool open(std::string_view bytes) {
    return archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) == ARCHIVE_OK;
  }

  std::vector<Issue> read(bool opened, const std::function<void(PackageFile)>& visit) {
    if (!opened) {
      unreadable();
      return std::move(issues_);
    }
    std::size_t files = 0;
    archive_entry* entry = nullptr;
    for (;;) {
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        unreadable();
        break;
      }
      if (++files > kMaxPackageFiles) {
        limit("it has more than " + std::to_string(kMaxPackageFiles) + " files");
        break;
      }
      if (!one(entry, visit)) break;
    }
    return std::move(issues_);
  }

 private:
  struct Close {
    void operator()(archive* a) const { archive_read_free(a); }
  };

  void unreadable() {
    const char* reason = archive_error_string(archive_.get());
    issues_.push_back(
        packageIssue("PB-0201", shown_, {shown_, reason == nullptr ? "damaged" : reason}));
  }
  void limit(const std::string& reason) {
    issues_.push_back(packageIssue("PB-0203", shown_, {shown_, reason}));
  }

  // False ends the reading.
  bool one(archive_entry* entry, const std::function<void(PackageFile)>& visit) {
    const char* raw = archive_entry_pathname(entry);
    std::string name = raw == nullptr ? "" : raw;
    if (name.starts_with("./")) name.erase(0, 2);
    if (archive_entry_filetype(entry) == AE_IFDIR) return true;
    std::string_view fault = faultOfName(name);
    if (fault.empty() &&
        (archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr))
      fault = "it is a link";
    if (fault.empty() && archive_entry_filetype(entry) != AE_IFREG) fault = "it is no plain file";
    if (!fault.empty()) {
      issues_.push_back(packageIssue("PB-0202", shown_, {name.substr(0, 200), std::string(fault)}));
      if (issues_.size() < kMaxPackageRefusals) return true;
      limit("too many of its entries are refused");
      return false;
    }
    const fs::path inside(name);
    if (inside.parent_path() != "package" || !mayHoldResource(inside)) return skip();
    PackageFile file{std::move(name), {}};
    if (!content(&file.bytes)) return false;
    visit(std::move(file));
    return true;
  }

  // Passes over the data, which count as well: a bomb need not hide in a file that is read.
  bool skip() { return content(nullptr); }

  bool content(std::string* bytes) {
    std::size_t size = 0;
    for (;;) {
      const void* block = nullptr;
      std::size_t block_size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(archive_.get(), &block, &block_size, &offset);
      if (status == ARCHIVE_EOF) return true;
      if (status != ARCHIVE_OK) {
        unreadable();
        return false;
      }
      size += block_size;
      total_ += block_size;
      if (size > kMaxPackageFileBytes || total_ > kMaxPackageBytes) {
        limit("it unpacks to too many bytes");
        return false;
      }
      if (bytes != nullptr) bytes->append(static_cast<const char*>(block), block_size);
    }
  }

  std::string shown_;
  std::unique_ptr<archive, Close> archive_;
  std::vector<Issue> issues_;
  std::size_t total_ = 0;
};

std::vector<Issue> readFolder(const fs::path& path, const std::function<void(PackageFile)>& visit) {
  std::vector<Issue> issues;
  std::error_code error;
  const std::string shown = path.filename().string();
  const bool packed = fs::is_directory(path / "package", error);
  const fs::path root = packed ? path / "package" : path;
  std::vector<fs::path> files;
  fs::recursive_directory_iterator it(root, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (it->is_directory(error)) {
      if (packed || name.starts_with('.') || name == "node_modules") it.disable_recursion_pending();
    } else if (it->is_symlink(error)) {
      issues.push_back(packageIssue("PB-0202", shown, {it->path().string(), "it is a link"}));
    } else if (it->is_regular_file(error) && mayHoldResource(it->path())) {
      files.push_back(it->path());
    }
    if (files.size() > kMaxPackageFiles) {
      issues.push_back(packageIssue("PB-0203", shown, {path.string(), "it has too many files"}));
      return issues;
    }
  }
  if (error) {
    issues.push_back(packageIssue("PB-0201", shown, {path.string(), error.message()}));
    return issues;
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const auto size = fs::file_size(file, error);
    if (error || size > kMaxPackageFileBytes) {
      issues.push_back(packageIssue("PB-0202", shown, {file.string(), "it is too large"}));
      continue;
    }
    std::ifstream in(file, std::ios::binary);
    PackageFile one{fs::relative(file, path, error).generic_string(),
                    std::string{std::istreambuf_iterator<char>(in), {}}};
    if (!in) {
      issues.push_back(packageIssue("PB-0202", shown, {file.string(), "it cannot be read"}));
      continue;
    }
    visit(std::move(one));
  }
  return issues;
}

}  // namespace

std::vector<Issue> readPackage(const fs::path& path,
                               const std::function<void(PackageFile)>& visit) {
  std::error_code error;
  if (fs::is_directory(path, error)) return readFolder(path, visit);
  if (!fs::is_regular_file(path, error))
    return {packageIssue("PB-0201", path.filename().string(),
                         {path.string(), "there is no such file or folder"})};
  Archive archive(path.filename().string());
  return archive.read(archive.open(path), visit);
}

std::vector<Issue> readPackageBytes(std::string_view bytes, const std::string& shown,
                                    const std::function<void(PackageFile)>& visit) {
  Archive archive(shown);
  return archive.read(archive.open(bytes), visit);
}

}  // namespace planbro::fhir
