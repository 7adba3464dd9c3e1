// Where a test writes: a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace planbro::testing_support {

// A folder of the test's own, empty, removed with the object.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string_view name)
      : path_(std::filesystem::path(testing::TempDir()) /
              ("planbro_" + std::string(name) + "_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A test that works on files it writes itself, those to be read below in/.
class FilesTest : public testing::Test {
 protected:
  FilesTest() : scratch_(nameOfTest()), folder_(scratch_.path()) {
    std::filesystem::create_directories(folder_ / "in");
  }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

 private:
  static std::string nameOfTest() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    return std::string(test->test_suite_name()) + "_" + test->name();
  }

  const ScratchFolder scratch_;

 protected:
  const std::filesystem::path& folder_;
};

}  // namespace planbro::testing_support
