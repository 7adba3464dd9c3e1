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

TEST(Import, TheConfigurationSaysIntoWhichStoreAndHowItIsIndexed) {
  const ScratchFolder scratch("import_config");
  const fs::path config = scratch.path() / "planbro.yaml";
  const fs::path store = scratch.path() / "plans.sqlite";
  std::ofstream(config) << "store:\n  path: " << store.string() << "\nfhir:\n  text_search: true\n";
  const std::string more =
      " --config '" + config.string() + "' --data '" + (scratch.path() / "data").string() + "' ";
  const std::string program = std::string(PLANBRO_PROGRAM) + " --log off ";
  const auto imported =
      runCommand(program + "import --source json-plan" + more + PLANBRO_SOURCE_DIR +
                     "/fixtures/plans/mann-22-cerebral-parese/export.json",
                 scratch.path());
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_TRUE(imported.err.contains("planbro import: the store is " + store.string() + "\n"))
      << imported.err;
  EXPECT_TRUE(fs::exists(store));
  EXPECT_FALSE(fs::exists(scratch.path() / "data/planbro.sqlite"));
  const auto exported =
      runCommand(program + "export --plan IP-2026-0017 --as bundle" + more, scratch.path());
  EXPECT_EQ(exported.status, 0) << exported.err;
  const testing_support::PlanbroProcess planbro(PLANBRO_PROGRAM, scratch.path() / "data",
                                                {"--config", config.string()});
  ASSERT_TRUE(planbro.running());
  const auto found = planbro.send("GET", "/fhir/CarePlan?_content=individuell&_summary=count");
  EXPECT_EQ(found.status, 200) << found.body;
  EXPECT_FALSE(found.body.contains("\"total\":0")) << found.body;

  std::ofstream(config) << "store:\n  pth: x\n";
  for (const std::string& command :
       {"import --source json-plan" + more + "x", "export --plan x --as bundle" + more}) {
    const auto wrong = runCommand(program + command, scratch.path());
    EXPECT_EQ(wrong.status, 2) << command;
    EXPECT_TRUE(wrong.err.contains("planbro.yaml:2:3: error PB-7012")) << wrong.err;
  }
}

TEST(Import, ThePlanSaysWhichDocumentItCameFromAndTheDocumentIsKept) {
  const ScratchFolder scratch("import_provenance");
  const fs::path data = scratch.path() / "data";
  const std::string fixture =
      PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/export.json";
  const std::string command = std::string(PLANBRO_PROGRAM) +
                              " --log off import --source json-plan --data '" + data.string() +
                              "' " + fixture;
  const auto first = runCommand(command, scratch.path());
  ASSERT_EQ(first.status, 0) << first.err;
  const std::string batches = contentOf(data / "sources/batches.ndjson");
  const std::string sha256 = batches.substr(batches.find("\"sha256\":\"") + 10, 64);
  EXPECT_EQ(contentOf(data / "sources/json-plan" / (sha256 + ".json")), contentOf(fixture));
  const auto again = runCommand(command + " --again", scratch.path());
  EXPECT_TRUE(again.out.starts_with("Plans: 0 created, 0 updated, 1 unchanged, 0 quarantined."))
      << again.out;

  const testing_support::PlanbroProcess planbro(PLANBRO_PROGRAM, data);
  ASSERT_TRUE(planbro.running());
  const auto found = planbro.send("GET", "/fhir/Provenance?target:CarePlan.status=active");
  EXPECT_NE(found.body.find("\"total\":1"), std::string::npos) << found.body;
  EXPECT_NE(found.body.find(sha256), std::string::npos) << found.body;
  EXPECT_NE(found.body.find("\"value\":\"https://fagsystem."), std::string::npos) << found.body;
  const auto batch = found.body.find("/sid/import-batch\",\"code\":\"");
  ASSERT_NE(batch, std::string::npos) << found.body;
  const std::string id = found.body.substr(batch + 27, 36);
  EXPECT_EQ(
      planbro.send("GET", "/fhir/Provenance?_tag=https://planbro.no/fhir/sid/import-batch|" + id)
          .body.find("\"total\":0"),
      std::string::npos);
}

TEST(Import, ThroughARunningServiceItIsTheSameAgain) {
  const ScratchFolder scratch("import_to");
  const testing_support::PlanbroProcess planbro(PLANBRO_PROGRAM, scratch.path() / "data");
  ASSERT_TRUE(planbro.running());
  // Quarantine and sources lie where the command runs.
  const std::string command =
      "cd '" + scratch.path().string() + "' && '" + fs::absolute(PLANBRO_PROGRAM).string() +
      "' --log off import --source json-plan --to " + planbro.base() + "/fhir '" +
      fs::absolute(PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/export.json")
          .string() +
      "'";
  for (const auto& [more, counts] : {std::pair{" --dry-run", "1 created, 0 updated, 0 unchanged"},
                                     std::pair{"", "1 created, 0 updated, 0 unchanged"},
                                     std::pair{"", "0 created, 0 updated, 1 unchanged"},
                                     std::pair{" --again", "0 created, 0 updated, 1 unchanged"}}) {
    const auto result = runCommand(command + more, scratch.path());
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(result.out.starts_with(std::string("Plans: ") + counts)) << more << result.out;
  }
}

TEST(Import, WhatThePlanRulesWarnOfIsToldOfAnotherServiceToo) {
  const ScratchFolder scratch("import_to_rules");
  const testing_support::PlanbroProcess planbro(PLANBRO_PROGRAM, scratch.path() / "data");
  ASSERT_TRUE(planbro.running());
  // A measure that nobody is responsible for.
  std::string text =
      contentOf(PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/export.json");
  const std::string responsible = R"("ansvarlige": ["assistent"],)";
  const std::size_t at = text.find(responsible);
  ASSERT_NE(at, std::string::npos);
  text.erase(at, responsible.size());
  std::ofstream(scratch.path() / "plan.json", std::ios::binary) << text;
  const std::string program = "cd '" + scratch.path().string() + "' && '" +
                              fs::absolute(PLANBRO_PROGRAM).string() + "' --log off import ";
  const std::string source = "--source json-plan ";
  const auto here = runCommand(program + source + "--data own plan.json", scratch.path());
  EXPECT_TRUE(here.out.contains("warning PB-3007")) << here.out;
  for (const char* more : {"--dry-run ", "", "--again "}) {
    const auto there = runCommand(
        program + source + more + "--to " + planbro.base() + "/fhir plan.json", scratch.path());
    EXPECT_EQ(there.status, 0) << there.err;
    EXPECT_EQ(there.out.contains("warning PB-3007"), std::string(more) != "--again ") << there.out;
  }
  // The embedded store would refuse it.
  const auto refused = runCommand(
      program + "--source csv-plan --dry-run --to " + planbro.base() + "/fhir '" +
          fs::absolute(PLANBRO_SOURCE_DIR "/fixtures/bad/plan-without-consent/input").string() +
          "'",
      scratch.path());
  EXPECT_EQ(refused.status, 0) << refused.err;
  EXPECT_TRUE(refused.out.contains("warning PB-3001")) << refused.out;
  for (const char* more : {"--dry-run ", ""}) {
    const auto strict = runCommand(
        program + "--source csv-plan --strict " + more + "--to " + planbro.base() + "/fhir '" +
            fs::absolute(PLANBRO_SOURCE_DIR "/fixtures/bad/plan-without-consent/input").string() +
            "'",
        scratch.path());
    EXPECT_EQ(strict.status, 1) << strict.err;
    EXPECT_TRUE(strict.out.contains("1 quarantined")) << strict.out;
    EXPECT_TRUE(strict.out.contains("error PB-3001")) << strict.out;
  }
}

TEST(Import, FindingsOfTwoPlansOfOnePersonInOneCommitStandByTheirOwn) {
  const ScratchFolder scratch("import_two_plans");
  const std::string command =
      std::string(PLANBRO_PROGRAM) + " --log off import --source kith-plo --data '" +
      (scratch.path() / "data").string() + "' '" PLANBRO_SOURCE_DIR "/fixtures/plo'";
  const auto report = runCommand(command, scratch.path());
  EXPECT_TRUE(report.out.contains("warning PB-3007: 4 in 2 records")) << report.out;
  const auto nursing = report.out.substr(report.out.find("sykepleieplan-ved-utskrivning/"));
  EXPECT_FALSE(nursing.substr(0, nursing.find(": quarantined")).contains("Samtale")) << report.out;
}

TEST(Import, APlanForAGoalThatIsNotThereIsTakenByTheStore) {
  const ScratchFolder scratch("import_dangling_goal");
  const auto report =
      runCommand(kImport + "--data '" + (scratch.path() / "data").string() +
                     "' '" PLANBRO_SOURCE_DIR "/fixtures/bad/csv-goal-and-need-unknown/input'",
                 scratch.path());
  EXPECT_EQ(report.status, 1) << report.out;
  EXPECT_TRUE(report.out.starts_with("Plans: 1 created, 0 updated, 0 unchanged, 0 quarantined."))
      << report.out;
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

TEST(Quarantine, IsListedShownMendedAndTriedAgain) {
  const ScratchFolder scratch("quarantine");
  const std::string data = " --data '" + (scratch.path() / "data").string() + "' ";
  const std::string program = std::string(PLANBRO_PROGRAM) + " --log off ";
  const std::string fixture = PLANBRO_SOURCE_DIR "/fixtures/bad/csv-unknown-status/input";
  const auto first = runCommand(kImport + data + fixture, scratch.path());
  EXPECT_EQ(first.status, 1) << first.err;
  EXPECT_NE(first.out.find("error PB-2219: 1 in 1 records"), std::string::npos) << first.out;

  const auto list = runCommand(program + "quarantine list" + data, scratch.path());
  EXPECT_EQ(list.status, 0) << list.err;
  const std::string id = list.out.substr(0, list.out.find('\t'));
  EXPECT_EQ(id.size(), 32U) << list.out;
  EXPECT_NE(list.out.find("\tPB-2219\t" + fixture + "/plans.csv row 2\n"), std::string::npos)
      << list.out;
  const auto shown =
      runCommand(program + "quarantine show" + data + id.substr(0, 8), scratch.path());
  EXPECT_NE(shown.out.find("plans.csv:2:17 (status): error PB-2219"), std::string::npos)
      << shown.out;
  const auto bytes = runCommand(program + "quarantine show --original" + data + id, scratch.path());
  EXPECT_NE(bytes.out.find("halvferdig"), std::string::npos) << bytes.out;

  // The municipality's own word for a status: the map is mended without a compiler.
  fs::create_directories(scratch.path() / "own");
  std::string words =
      contentOf(PLANBRO_SOURCE_DIR "/mappings/common/ConceptMap-journal-plan-status.json");
  words.replace(words.find("\"hvilende\""), 10, "\"halvferdig\"");
  std::ofstream(scratch.path() / "own/status.json") << words;
  const auto again =
      runCommand(kImport + data + "--retry --load '" + (scratch.path() / "own").string() + "'",
                 scratch.path());
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_TRUE(again.out.starts_with("Plans: 1 created, 0 updated, 0 unchanged, 0 quarantined."))
      << again.out;
  EXPECT_EQ(runCommand(program + "quarantine list" + data, scratch.path()).out, "");
  EXPECT_EQ(runCommand(program + "quarantine discard" + data + "abc", scratch.path()).status, 2);
}

TEST(Import, NeitherPathNorRetryOrBothIsAnErrorOfUsage) {
  const ScratchFolder scratch("import_usage");
  EXPECT_EQ(runCommand(kImport, scratch.path()).status, 2);
  EXPECT_EQ(runCommand(kImport + "--retry x", scratch.path()).status, 2);
}

}  // namespace
}  // namespace planbro
