// An export of many files as one body: ZIP or tar (plain or gzip).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace planbro::service {

inline constexpr std::size_t kMaxArchiveFiles = 10'000;
inline constexpr std::size_t kMaxArchiveBytes = std::size_t{256} << 20;  // unpacked

// Writes the regular files of the archive below `folder`. Hostile input: names that lead out of the
// folder, links and special files, too many files and too many bytes are refused.
Status unpackArchive(std::string_view bytes, const std::filesystem::path& folder);

}  // namespace planbro::service
