// planbro-conformance SUITE DIR: replays an official suite and prints one JSON line a case.
#include <cstdio>
#include <string>

#include "conformance/suite.h"

int main(int argc, char** argv) {
  using planbro::conformance::suites;
  if (argc != 3) {
    std::fprintf(stderr, "usage: planbro-conformance SUITE DIR\nsuites:");
    for (const auto& suite : suites())
      std::fprintf(stderr, " %.*s", static_cast<int>(suite.name.size()), suite.name.data());
    std::fprintf(stderr, "\n");
    return 2;
  }
  for (const auto& suite : suites()) {
    if (suite.name != argv[1]) continue;
    const auto status = suite.run(argv[2], [](const std::string& line) {
      std::fwrite(line.data(), 1, line.size(), stdout);
      std::fputc('\n', stdout);
    });
    if (status) return 0;
    std::fprintf(stderr, "planbro-conformance: %s\n", status.error().message.c_str());
    return 2;
  }
  std::fprintf(stderr, "planbro-conformance: there is no suite '%s'\n", argv[1]);
  return 2;
}
