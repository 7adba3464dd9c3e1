#include "fhir/packed_packages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <vector>

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".pack";

class File {
 public:
  File(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool isOpen() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

struct Mapping {
  void* begin = MAP_FAILED;
  std::size_t size = 0;

  Mapping(int file, std::size_t bytes)
      : begin(::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0)), size(bytes) {}
  ~Mapping() {
    if (begin != MAP_FAILED) ::munmap(begin, size);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
};

bool writeAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

fs::path PackedPackages::fileOf(std::string_view sha256) const {
  return folder_ / (std::string(sha256) + kExtension);
}

std::optional<PackedPackage> PackedPackages::find(std::string_view sha256) const {
  const File file(fileOf(sha256), O_RDONLY | O_NOFOLLOW);
  struct stat status{};
  if (!file.isOpen() || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
      status.st_size <= 0)
    return std::nullopt;
  auto mapped =
      std::make_shared<const Mapping>(file.number(), static_cast<std::size_t>(status.st_size));
  if (mapped->begin == MAP_FAILED) return std::nullopt;
  const std::string_view bytes(static_cast<const char*>(mapped->begin), mapped->size);
  auto package = PackedPackage::open(bytes, std::move(mapped));
  if (!package) return std::nullopt;
  ::futimens(file.number(), nullptr);  // it was used now
  return std::move(*package);
}

void PackedPackages::keep(std::string_view sha256, std::string_view bytes) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  fs::permissions(folder_, fs::perms::owner_all, error);
  std::string fresh = fileOf(sha256).string() + ".XXXXXX";
  const int number = ::mkostemp(fresh.data(), O_CLOEXEC);
  if (number < 0) return;
  const bool written = writeAll(number, bytes);
  if (::close(number) != 0 || !written) {
    fs::remove(fresh, error);
    return;
  }
  fs::rename(fresh, fileOf(sha256), error);
  if (error) fs::remove(fresh, error);
  dropOldest();
}

void PackedPackages::dropOldest() const {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> kept;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    std::error_code gone;  // another process may drop it at the same time
    const auto time = entry.last_write_time(gone);
    if (!gone && entry.path().filename().string().find(kExtension) != std::string::npos)
      kept.emplace_back(time, entry.path());
  }
  if (kept.size() <= kMaxKeptPackages) return;
  std::sort(kept.begin(), kept.end());
  for (std::size_t i = 0; i + kMaxKeptPackages < kept.size(); ++i)
    fs::remove(kept[i].second, error);
}

std::optional<fs::path> PackedPackages::userFolder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "planbro" / "packages";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache" / "planbro" / "packages";
  return std::nullopt;
}

}  // namespace planbro::fhir
