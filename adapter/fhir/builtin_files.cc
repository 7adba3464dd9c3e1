#include "fhir/builtin_files.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "fhir/packed_store.h"

// Packed by tools/file_packer, linked in by planbro_embed().
extern "C" {
extern const char planbro_builtin_files_begin[];
extern const char planbro_builtin_files_end[];
}

namespace planbro::fhir {
namespace {

const PackedStore& files() {
  static const PackedStore store = [] {
    auto opened = PackedStore::open(
        {planbro_builtin_files_begin,
         static_cast<std::size_t>(planbro_builtin_files_end - planbro_builtin_files_begin)});
    if (!opened) {
      fmt::print(stderr, "planbro: the built-in files: {}\n", opened.error().message);
      std::abort();
    }
    return *opened;
  }();
  return store;
}

}  // namespace

std::vector<std::string> builtinFiles(std::string_view prefix) {
  std::vector<std::string> paths;
  for (std::size_t i = files().lowerBound(prefix);
       i < files().size() && files().url(i).starts_with(prefix); ++i)
    paths.emplace_back(files().url(i));
  return paths;
}

std::optional<std::string> builtinFile(std::string_view path) {
  const std::size_t i = files().lowerBound(path);
  if (i == files().size() || files().url(i) != path) return std::nullopt;
  auto text = files().text(i);
  if (!text) return std::nullopt;
  return std::move(*text);
}

}  // namespace planbro::fhir
