// Files in one ZIP archive, the same bytes for the same files.
#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace planbro::plan {

struct ZipFile {
  std::string name;
  std::string bytes;
};

// In the order given, all with the time `when`. kInternal: libarchive refuses.
Result<std::string> zipOf(std::span<const ZipFile> files, Instant when);

}  // namespace planbro::plan
