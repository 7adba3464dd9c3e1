// Every test program runs in a temporary folder of its own, which is gone when it ends: tests that
// run beside each other never meet.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>

int main(int argc, char** argv) {
  std::string folder = std::filesystem::temp_directory_path() / "planbro-test-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr || ::setenv("TEST_TMPDIR", folder.c_str(), 1) != 0 ||
      ::setenv("XDG_CACHE_HOME", (folder + "/cache").c_str(), 1) != 0) {
    std::perror("a temporary folder cannot be made");
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  const int status = RUN_ALL_TESTS();
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return status;
}
