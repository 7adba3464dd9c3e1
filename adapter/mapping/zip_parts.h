// Files of a ZIP archive that are wanted, unpacked into memory.
//
// Hostile input: a small archive can unpack to any size.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace planbro::mapping {

struct ZipLimits {
  std::size_t entries = 0;
  std::size_t bytes = 0;  // of the parts that are wanted
};

using ZipParts = std::map<std::string, std::string, std::less<>>;  // bytes by name

// Fills `parts` with the files that `wanted` says yes to; of several with one name the first. What
// comes back says in English what is wrong; empty: nothing.
std::string unpackZip(std::string_view bytes, const ZipLimits& limits,
                      const std::function<bool(std::string_view)>& wanted, ZipParts& parts);

}  // namespace planbro::mapping
