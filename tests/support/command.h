// One run of a command of the program: what it printed and how it ended.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace planbro::testing_support {

struct CommandResult {
  int status = -1;  // exit status; -1 when a signal ended it
  std::string out, err;
};

inline std::string contentOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Runs `command` (a shell's line, of the test's own making) with its outputs kept in `scratch`.
inline CommandResult runCommand(const std::string& command, const std::filesystem::path& scratch) {
  const auto out = scratch / "out";
  const auto err = scratch / "err";
  const int status = std::system(
      ("LC_ALL=C " + command + " >'" + out.string() + "' 2>'" + err.string() + "'").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contentOf(out), contentOf(err)};
}

}  // namespace planbro::testing_support
