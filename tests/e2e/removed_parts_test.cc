// What is no longer in a journal's export: steps and sub-plans leave the plan as meetings do.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
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

const std::string kProgram = std::string(PLANBRO_PROGRAM) + " --log off ";

class RemovedParts : public testing::Test {
 protected:
  RemovedParts() {
    fs::copy(PLANBRO_SOURCE_DIR "/fixtures/plans/psykisk-helse-kriseplan/csv", folder_);
  }

  std::string import(const std::string& more = "") const {
    const auto result = runCommand(
        kProgram + "import --source csv-plan " + more + data_ + "'" + folder_.string() + "'",
        scratch_.path());
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    return result.out;
  }
  // The text of a table of the plan given out; "" if there is none.
  std::string given(const std::string& table) const {
    const fs::path out = scratch_.path() / "given";
    const auto result = runCommand(
        kProgram + "export --plan IP-2026-0031 --as csv" + data_ + "-o '" + out.string() + "'",
        scratch_.path());
    EXPECT_EQ(result.status, 0) << result.err;
    return contentOf(out / table);
  }
  // Takes the last row of a table of the journal away.
  void dropLast(const std::string& table) const {
    std::string text = contentOf(folder_ / table);
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    text.erase(text.rfind('\n') + 1);
    std::ofstream(folder_ / table, std::ios::binary) << text;
  }

  const ScratchFolder scratch_{"removed_parts"};
  const fs::path folder_ = scratch_.path() / "journal";
  const std::string data_ = " --data '" + (scratch_.path() / "store").string() + "' ";
};

TEST_F(RemovedParts, AStepThatIsNoLongerInTheExportIsNoLongerInThePlan) {
  import();
  const std::string before = given("steps.csv");
  const std::string journal = contentOf(folder_ / "steps.csv");
  dropLast("steps.csv");
  const std::string dry = import("--dry-run");
  EXPECT_TRUE(dry.starts_with("Plans: 0 created, 1 updated")) << dry;
  EXPECT_TRUE(dry.contains("~ Communication/")) << dry;
  EXPECT_TRUE(dry.contains("entered-in-error")) << dry;
  EXPECT_EQ(given("steps.csv"), before) << "a dry run stores nothing";
  EXPECT_TRUE(import().starts_with("Plans: 0 created, 1 updated"));
  const std::string after = given("steps.csv");
  EXPECT_EQ(std::count(after.begin(), after.end(), '\n') + 1,
            std::count(before.begin(), before.end(), '\n'))
      << after;
  EXPECT_TRUE(import("--again").starts_with("Plans: 0 created, 0 updated, 1 unchanged"));
  // What comes back is the same step again.
  std::ofstream(folder_ / "steps.csv", std::ios::binary) << journal;
  EXPECT_TRUE(import().starts_with("Plans: 0 created, 1 updated"));
  EXPECT_EQ(given("steps.csv"), before);
}

TEST_F(RemovedParts, SoIsASubPlan) {
  import();
  EXPECT_NE(given("sub_plans.csv"), "");
  fs::remove(folder_ / "sub_plans.csv");
  fs::remove(folder_ / "sub_plan_sections.csv");
  EXPECT_TRUE(import().starts_with("Plans: 0 created, 1 updated"));
  EXPECT_EQ(given("sub_plans.csv"), "");
}

TEST_F(RemovedParts, SoItIsInAnotherService) {
  const testing_support::PlanbroProcess planbro(PLANBRO_PROGRAM, scratch_.path() / "other");
  ASSERT_TRUE(planbro.running());
  // Quarantine and sources lie where the command runs.
  const std::string command = "cd '" + scratch_.path().string() + "' && '" +
                              fs::absolute(PLANBRO_PROGRAM).string() +
                              "' --log off import --source csv-plan --to " + planbro.base() +
                              "/fhir '" + folder_.string() + "'";
  EXPECT_TRUE(runCommand(command, scratch_.path()).out.starts_with("Plans: 1 created, 0 updated"));
  dropLast("steps.csv");
  fs::remove(folder_ / "sub_plans.csv");
  fs::remove(folder_ / "sub_plan_sections.csv");
  const auto second = runCommand(command, scratch_.path());
  EXPECT_TRUE(second.out.starts_with("Plans: 0 created, 1 updated")) << second.out << second.err;
  for (const char* type : {"Communication", "CarePlan"}) {
    const auto found =
        planbro.send("GET", std::string("/fhir/") + type + "?status=entered-in-error");
    EXPECT_TRUE(found.body.contains(R"("total":1)")) << found.body;
  }
  const auto third = runCommand(command + " --again", scratch_.path());
  EXPECT_TRUE(third.out.starts_with("Plans: 0 created, 0 updated, 1 unchanged")) << third.out;
}

TEST_F(RemovedParts, StepsThatWereMadeElsewhereStay) {
  import();
  testing_support::PlanbroProcess planbro(PLANBRO_PROGRAM, scratch_.path() / "store");
  ASSERT_TRUE(planbro.running());
  const auto found = planbro.send("GET", "/fhir/CarePlan?part-of:missing=true&_elements=subject");
  const auto reference = [&](const std::string& type) {
    const std::size_t at = found.body.find(type + "/");
    return found.body.substr(at, found.body.find_first_of("\"/", at + type.size() + 1) - at);
  };
  const auto made = planbro.send(
      "POST", "/fhir/Communication",
      R"({"resourceType":"Communication","status":"completed","sent":"2026-10-01T10:00:00Z",)"
      R"("identifier":[{"system":"https://app.example","value":"1"}],"topic":{"text":"Samtale"},)"
      R"("subject":{"reference":")" +
          reference("Patient") + R"("},"about":[{"reference":")" + reference("CarePlan") +
          R"("}]})");
  EXPECT_EQ(made.status, 201) << made.body;
  planbro.end(SIGTERM);
  dropLast("steps.csv");
  const std::string dry = import("--dry-run");
  EXPECT_EQ(dry.find("Communication/"), dry.rfind("Communication/")) << dry;
}

}  // namespace
}  // namespace planbro
