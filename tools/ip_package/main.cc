// Makes the FHIR package no.planbro.ip and its pages.
//
//   ip_package_tool ROOT OUTPUT.tgz       ROOT is the repository's root
//   ip_package_tool --pages ROOT FOLDER   rewrites the pages in FOLDER
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "package.h"
#include "pages.h"

namespace planbro::ip_package {
namespace {

Status pack(const std::string& root, const std::string& output) {
  PLANBRO_ASSIGN_OR_RETURN(const auto files, makePackage(root));
  return writePackage(files, output);
}

Status writePages(const std::string& root, const std::string& folder) {
  PLANBRO_ASSIGN_OR_RETURN(const auto files, makePackage(root));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const auto& old : std::filesystem::directory_iterator(folder, error)) {
    if (old.path().extension() == ".md") std::filesystem::remove(old.path(), error);
  }
  for (const auto& [name, text] : makePages(files)) {
    std::ofstream file(std::filesystem::path(folder) / name, std::ios::binary);
    file << text;
    if (!file.flush()) return fail(ErrorCode::kIo, fmt::format("cannot write {}", name));
  }
  return {};
}

}  // namespace
}  // namespace planbro::ip_package

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  planbro::Status status;
  if (arguments.size() == 3 && arguments[0] == "--pages") {
    status = planbro::ip_package::writePages(arguments[1], arguments[2]);
  } else if (arguments.size() == 2) {
    status = planbro::ip_package::pack(arguments[0], arguments[1]);
  } else {
    fmt::print(stderr, "usage: ip_package_tool ROOT OUTPUT.tgz | --pages ROOT FOLDER\n");
    return 2;
  }
  if (!status) {
    fmt::print(stderr, "ip_package_tool: {}\n", status.error().message);
    return 2;
  }
  return 0;
}
