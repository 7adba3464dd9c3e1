// Packs data files of the repository into one file that the program carries (builtin_files.h).
//
//   file_packer ROOT LIST OUTPUT      LIST names one path a line, from ROOT
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "fhir/packed_store.h"

namespace planbro {
namespace {

Status run(const std::string& root, const std::string& list, const std::string& output) {
  std::ifstream names(list);
  std::vector<fhir::PackedText> texts;
  for (std::string name; std::getline(names, name);) {
    if (name.empty()) continue;
    std::ifstream file(root + "/" + name, std::ios::binary);
    if (!file) return fail(ErrorCode::kIo, fmt::format("cannot read {}", name));
    texts.push_back({name, "", "", std::string{std::istreambuf_iterator<char>(file), {}}});
  }
  PLANBRO_ASSIGN_OR_RETURN(const std::string packed, fhir::packStore(std::move(texts), 19));
  std::ofstream file(output, std::ios::binary);
  file.write(packed.data(), static_cast<std::streamsize>(packed.size()));
  file.close();
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot write {}", output));
  return {};
}

}  // namespace
}  // namespace planbro

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: file_packer ROOT LIST OUTPUT\n");
    return 2;
  }
  if (const auto status = planbro::run(argv[1], argv[2], argv[3]); !status) {
    fmt::print(stderr, "file_packer: {}\n", status.error().message);
    return 2;
  }
  return 0;
}
