// planbro import as its users meet it, and a kill -9 in the middle of it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using testing_support::contentOf;
using testing_support::runCommand;
using testing_support::ScratchFolder;

const std::string kImport = std::string(PLANBRO_PROGRAM) + " --log off import --source csv-plan ";

// `count` record sets that differ in the plan's number alone.
void writeExports(const fs::path& folder, int count) {
  const fs::path fixture = fs::path(PLANBRO_SOURCE_DIR) / "fixtures/plans/nei-takk-til-plan/csv";
  const std::string plans = contentOf(fixture / "plans.csv");
  const std::size_t id = plans.find("IP-");
  ASSERT_NE(id, std::string::npos);
  const std::string old = plans.substr(id, plans.find_first_of(";,\"", id) - id);
  for (int i = 0; i < count; ++i) {
    const fs::path target = folder / std::to_string(1000 + i);
    fs::create_directories(target);
    for (const auto& entry : fs::directory_iterator(fixture)) {
      std::string text = contentOf(entry.path());
      const std::string fresh = old + "-" + std::to_string(i);
      for (std::size_t at = text.find(old); at != std::string::npos;
           at = text.find(old, at + fresh.size()))
        text.replace(at, old.size(), fresh);
      std::ofstream(target / entry.path().filename(), std::ios::binary) << text;
    }
  }
}

TEST(Import, AgainChangesNothingAndAFaultyRecordIsKept) {
  const ScratchFolder scratch("import_again");
  writeExports(scratch.path() / "in", 3);
  std::ofstream(scratch.path() / "in/1001/plans.csv") << "plan_id\nx\n";
  const std::string command = kImport + "--data '" + (scratch.path() / "data").string() + "' '" +
                              (scratch.path() / "in").string() + "'/*";
  const auto first = runCommand(command, scratch.path());
  EXPECT_EQ(first.status, 1) << first.err;
  EXPECT_TRUE(first.out.starts_with("Plans: 2 created, 0 updated, 0 unchanged, 1 quarantined."))
      << first.out;
  EXPECT_NE(first.out.find("PB-2011"), std::string::npos) << first.out;
  EXPECT_TRUE(fs::exists(scratch.path() / "data/quarantine/csv-plan"));
  const auto second = runCommand(command, scratch.path());
  EXPECT_TRUE(second.out.starts_with("Plans: 0 created, 0 updated, 2 unchanged, 1 quarantined."))
      << second.out;
}

TEST(Import, KilledInTheMiddleLosesAndDoublesNothing) {
  constexpr int kPlans = 60;
  const ScratchFolder scratch("import_killed");
  const fs::path data = scratch.path() / "data";
  writeExports(scratch.path() / "in", kPlans);
  const std::string arguments =
      "--data '" + data.string() + "' '" + (scratch.path() / "in").string() + "'/*";

  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string line = "exec " + kImport + arguments + " >/dev/null 2>&1";
    execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  // Until something of a plan is in the write-ahead log, or the child is done by itself.
  int status = 0;
  bool ended = false;
  for (std::uintmax_t size = 0; size < 400'000 && !ended;) {
    ended = waitpid(child, &status, WNOHANG) == child;
    size = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data, error)) {
      if (entry.path().string().ends_with("-wal")) size = entry.file_size(error);
    }
    usleep(1000);
  }
  if (!ended) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }

  const auto counted = [](const std::string& report, const std::string& word) {
    const std::size_t end = report.find(" " + word);
    const std::size_t begin = report.find_last_of(" ", end - 1);
    return std::stoi(report.substr(begin + 1, end - begin - 1));
  };
  const auto second = runCommand(kImport + arguments, scratch.path());
  ASSERT_EQ(second.status, 0) << second.out << second.err;
  EXPECT_EQ(counted(second.out, "created") + counted(second.out, "unchanged"), kPlans)
      << second.out;
  EXPECT_EQ(counted(second.out, "updated"), 0) << second.out;
  const auto third = runCommand(kImport + arguments, scratch.path());
  EXPECT_TRUE(third.out.starts_with("Plans: 0 created, 0 updated, 60 unchanged, 0 quarantined."))
      << third.out;
}

}  // namespace
}  // namespace planbro
