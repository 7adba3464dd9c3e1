// The data files of this repository that are part of the program: profiles/ip/, profiles/packs.json
// and mappings/.
//
//   for (const std::string& path : builtinFiles("mappings/")) load(path, *builtinFile(path));
//
// Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::fhir {

// The paths (from the repository's root, with /) that begin with `prefix`, sorted.
std::vector<std::string> builtinFiles(std::string_view prefix);

// The bytes of one file; nothing if there is no such path.
std::optional<std::string> builtinFile(std::string_view path);

}  // namespace planbro::fhir
