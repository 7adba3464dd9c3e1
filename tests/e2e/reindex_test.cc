// planbro reindex as its users meet it: a search parameter comes with a package after the
// resources.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using service::Response;
using testing_support::PlanbroProcess;
using testing_support::runCommand;
using testing_support::ScratchFolder;

constexpr const char* kGoal = R"({"resourceType":"Goal","id":"g","lifecycleStatus":"active",
  "note":[{"text":"Red shirt"}],
  "description":{"text":"Fotball i uka"},"subject":{"reference":"Patient/p"}})";
constexpr const char* kRemark = R"({"resourceType":"SearchParameter","id":"remark",
  "url":"http://x.no/SearchParameter/remark","name":"Remark","status":"active",
  "description":"What is noted on a goal","code":"remark","base":["Goal"],"type":"string",
  "expression":"Goal.note.text"})";

TEST(ReindexCommand, WhatIsStoredIsFoundByTheParameterOfAPackageThatCameLater) {
  const ScratchFolder scratch("reindex_e2e");
  const fs::path data = scratch.path() / "data";
  {
    PlanbroProcess planbro(PLANBRO_PROGRAM, data);
    ASSERT_TRUE(planbro.running());
    const Response put = planbro.send("PUT", "/fhir/Goal/g", kGoal);
    ASSERT_EQ(put.status, 201) << put.body;
    EXPECT_EQ(planbro.send("GET", "/fhir/Goal?remark=red").status, 400);
  }
  const fs::path package = scratch.path() / "package";
  fs::create_directories(package);
  std::ofstream(package / "package.json") << R"({"name":"test.remark","version":"1.0.0"})";
  std::ofstream(package / "SearchParameter-remark.json") << kRemark;
  const fs::path config = scratch.path() / "planbro.yaml";
  std::ofstream(config) << "fhir:\n  text_search: true\n  packages: ['" << package.string()
                        << "']\n";

  PlanbroProcess planbro(PLANBRO_PROGRAM, data, {"--config", config.string()});
  ASSERT_TRUE(planbro.running());
  const auto total = [&](const std::string& criteria) {
    const Response found = planbro.send("GET", "/fhir/Goal?_total=accurate&" + criteria);
    EXPECT_EQ(found.status, 200) << found.body;
    return found.body.find("\"total\":1") != std::string::npos;
  };
  EXPECT_FALSE(total("remark=red"));
  EXPECT_FALSE(total("_content=fotball"));
  // While the service runs.
  const auto done = runCommand(std::string(PLANBRO_PROGRAM) + " reindex --quiet --config '" +
                                   config.string() + "' --data '" + data.string() + "'",
                               scratch.path());
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_NE(done.out.find("1 resources indexed"), std::string::npos) << done.out;
  EXPECT_TRUE(total("remark=red"));
  EXPECT_FALSE(total("remark=blue"));
  EXPECT_TRUE(total("_content=fotball"));

  const auto nothing = runCommand(
      std::string(PLANBRO_PROGRAM) + " reindex --data '" + (scratch.path() / "none").string() + "'",
      scratch.path());
  EXPECT_NE(nothing.status, 0);
}

}  // namespace
}  // namespace planbro
