// planbro compact as its users meet it: the change log is cut, the history is not.
#include <gtest/gtest.h>

#include <string>

#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

using testing_support::PlanbroProcess;
using testing_support::runCommand;
using testing_support::ScratchFolder;

TEST(CompactCommand, ForgetsNothingYoungAndSaysForHowLongItKeeps) {
  const ScratchFolder scratch("compact_e2e");
  const std::string data = (scratch.path() / "data").string();
  const auto compact = [&](const std::string& options) {
    return runCommand(std::string(PLANBRO_PROGRAM) + " compact --data '" + data + "' " + options,
                      scratch.path());
  };
  EXPECT_EQ(compact("--days 1").status, 2) << "there is no store";
  PlanbroProcess planbro(PLANBRO_PROGRAM, data);
  ASSERT_TRUE(planbro.running());
  ASSERT_EQ(planbro.send("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status,
            201);
  const auto unsaid = compact("");
  EXPECT_EQ(unsaid.status, 2);
  EXPECT_NE(unsaid.err.find("store.change_log_days"), std::string::npos) << unsaid.err;
  const auto done = compact("--days 30");
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "The change log tells 1 changes, 0 are forgotten. All versions are kept.\n");
}

}  // namespace
}  // namespace planbro
