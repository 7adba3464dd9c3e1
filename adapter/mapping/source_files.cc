#include "mapping/source_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "base/text.h"

namespace planbro::mapping {

namespace fs = std::filesystem;

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

}  // namespace planbro::mapping
