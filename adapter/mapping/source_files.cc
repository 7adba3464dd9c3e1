#include "mapping/source_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "base/text.h"

namespace planbro::mapping {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kReadWhole = std::size_t{4} << 20;  // files up to this are kept in memory
constexpr std::size_t kWindow = std::size_t{256} << 10;

Error ioError(const fs::path& path) {
  return {ErrorCode::kIo, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))};
}

}  // namespace

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

Result<std::string> readSourceFile(const fs::path& path) {
  std::ifstream file;
  const bool standard_input = path == "-";
  if (!standard_input) {
    std::error_code error;
    if (fs::is_directory(path, error))
      return fail(ErrorCode::kIo, fmt::format("{} is a folder", path.string()));
    file.open(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kIo, fmt::format("cannot open {}", path.string()));
  }
  std::istream& in = standard_input ? std::cin : file;
  std::string bytes;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    bytes.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kMaxSourceBytes)
      return fail(ErrorCode::kLimitExceeded,
                  fmt::format("{} is larger than {} bytes", path.string(), kMaxSourceBytes));
  }
  if (in.bad()) return fail(ErrorCode::kIo, fmt::format("cannot read {}", path.string()));
  return bytes;
}

Result<std::vector<fs::path>> sourceFiles(const std::vector<fs::path>& inputs,
                                          const std::vector<std::string>& endings) {
  std::vector<fs::path> files;
  for (const fs::path& input : inputs) {
    std::error_code error;
    if (input == "-") {
      files.push_back(input);
      continue;
    }
    const fs::file_status status = fs::status(input, error);
    if (!fs::exists(status))
      return fail(ErrorCode::kIo, fmt::format("{} does not exist", input.string()));
    if (!fs::is_directory(status)) {
      files.push_back(input);
      continue;
    }
    std::vector<fs::path> found;
    fs::recursive_directory_iterator entry(input, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (!entry->is_regular_file(error)) continue;
      const std::string name = toLowerAscii(entry->path().filename().string());
      if (std::any_of(endings.begin(), endings.end(),
                      [&](const std::string& ending) { return name.ends_with(ending); }))
        found.push_back(entry->path());
    }
    if (error)
      return fail(ErrorCode::kIo,
                  fmt::format("cannot read {}: {}", input.string(), error.message()));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

void SourceBytes::CloseFile::operator()(const int* file) const {
  ::close(*file);
  delete file;
}

Result<SourceBytes> SourceBytes::ofFile(const fs::path& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0)
    return fail(ErrorCode::kIo,
                fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  SourceBytes bytes;
  bytes.file_.reset(new int(opened));
  struct stat about = {};
  if (::fstat(opened, &about) != 0 || !S_ISREG(about.st_mode))
    return fail(ErrorCode::kIo, fmt::format("{} is no file", path.string()));
  bytes.size_ = static_cast<std::uint64_t>(about.st_size);
  if (bytes.size_ > kReadWhole) return bytes;
  bytes.at(0, kReadWhole);
  if (bytes.failed_) return fail(ErrorCode::kIo, fmt::format("cannot read {}", path.string()));
  bytes.size_ = bytes.window_.size();
  bytes.file_.reset();
  return bytes;
}

SourceBytes SourceBytes::ofText(std::string text) {
  SourceBytes bytes;
  bytes.size_ = text.size();
  bytes.window_ = std::move(text);
  return bytes;
}

std::string_view SourceBytes::at(std::uint64_t begin, std::size_t length) {
  if (begin >= size_) return {};
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - begin));
  const bool inside = begin >= window_begin_ && begin + length <= window_begin_ + window_.size();
  if (!inside && file_ != nullptr) {
    window_.resize(std::max(length, kWindow));
    window_begin_ = begin;
    std::size_t done = 0;
    while (done < window_.size()) {
      const ssize_t count = ::pread(*file_, window_.data() + done, window_.size() - done,
                                    static_cast<off_t>(begin + done));
      if (count < 0 && errno == EINTR) continue;
      // At its end a file gives nothing more; before it, it was cut while it was read.
      failed_ |= count < 0 || (count == 0 && begin + done < size_);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    window_.resize(done);
  }
  if (begin < window_begin_ || begin > window_begin_ + window_.size()) return {};
  return std::string_view(window_).substr(static_cast<std::size_t>(begin - window_begin_), length);
}

}  // namespace planbro::mapping
