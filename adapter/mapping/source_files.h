// Files of a source: which ones, and their bytes.
#pragma once

#include <filesystem>
#include <string>
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

}  // namespace planbro::mapping
