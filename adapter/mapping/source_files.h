// Files of a source: which ones, and their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace planbro::mapping {

// Largest file read as one source document, in bytes.
inline constexpr std::size_t kMaxSourceBytes = std::size_t{256} << 20;

// The whole file, or standard input for "-". kLimitExceeded past kMaxSourceBytes.
Result<std::string> readSourceFile(const std::filesystem::path& path);

// Files as they are; of folders all files below with one of those endings, sorted.
Result<std::vector<std::filesystem::path>> sourceFiles(
    const std::vector<std::filesystem::path>& inputs, const std::vector<std::string>& endings);

// Written beside and renamed, for its owner alone and on disk when it returns: a crash leaves the
// old file or the new one. kIo.
Status writeDurably(const std::filesystem::path& path, std::string_view bytes);

// The bytes of a file that may be larger than the memory, or of a text: looked at through a window.
// One thread.
class SourceBytes {
 public:
  // Small files are read whole at once. kIo when it cannot be opened or read.
  static Result<SourceBytes> ofFile(const std::filesystem::path& path);
  static SourceBytes ofText(std::string text);
  SourceBytes() = default;

  std::uint64_t size() const { return size_; }
  // `length` bytes from `begin` on, fewer where they end. Valid until the next call. What cannot be
  // read counts as the end; failed() says so.
  std::string_view at(std::uint64_t begin, std::size_t length);
  bool failed() const { return failed_; }

 private:
  struct CloseFile {
    void operator()(const int* file) const;
  };

  std::unique_ptr<int, CloseFile> file_;  // null: `window_` is all there is
  std::string window_;
  std::uint64_t window_begin_ = 0, size_ = 0;
  bool failed_ = false;
};

}  // namespace planbro::mapping
