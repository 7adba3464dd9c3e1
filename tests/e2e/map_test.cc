// planbro map as its users meet it: what a map leaves out, and maps that must not run.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "json/parser.h"
#include "json/writer.h"
#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

using testing_support::CommandResult;
using testing_support::runCommand;
using testing_support::ScratchFolder;

// The map of docs/mapping.md: it reads one field and makes a Goal that lacks almost everything.
constexpr const char* kGoal = R"(/// url = 'urn:test:goal'
/// name = 'Goal'

uses "http://hl7.org/fhir/StructureDefinition/Goal" alias Goal as target

group Goal(source src, target tgt : Goal) {
  src.id as i -> tgt.id = i "id";
}
)";

class Map : public testing::Test {
 protected:
  Map() : scratch_("map") {
    write("goal.map", kGoal);
    write("one.json", R"({"id":"1","extra":"x","deep":{"more":"y"}})");
    write("two.json", R"({"id":"2"})");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(scratch_.path() / name, std::ios::binary) << text;
  }

  // Run in the folder of the files.
  CommandResult run(const std::string& arguments) {
    return runCommand("cd '" + scratch_.path().string() + "' && '" +
                          std::filesystem::absolute(PLANBRO_PROGRAM).string() + "' --log off " +
                          arguments,
                      scratch_.path());
  }

  const ScratchFolder scratch_;
};

TEST_F(Map, CoverageTellsInTextWhatIsNeverReadAndNeverWritten) {
  const auto result = run("map --map goal.map --coverage one.json two.json");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "2 records, 4 fields, 2 never read\n"
            "Source fields never read:\n"
            "  deep  in 1 of 2 records\n"
            "  extra  in 1 of 2 records\n"
            "Required elements never written:\n"
            "  Goal.description  2 of 2\n"
            "  Goal.lifecycleStatus  2 of 2\n"
            "  Goal.subject  2 of 2\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(Map, CoverageGivesTheSameToPrograms) {
  const auto result = run("map --map goal.map --coverage --format json one.json two.json");
  EXPECT_EQ(result.status, 0) << result.err;
  const auto document = json::parse(result.out);
  ASSERT_TRUE(document.has_value()) << result.out;
  EXPECT_EQ(json::write(**document),
            R"({"map":"urn:test:goal","records":2,"fields":4,)"
            R"("unread":[{"path":"deep","records":1},{"path":"extra","records":1}],)"
            R"("unwritten":[{"path":"Goal.description","objects":2,"missing":2},)"
            R"({"path":"Goal.lifecycleStatus","objects":2,"missing":2},)"
            R"({"path":"Goal.subject","objects":2,"missing":2}],"sometimesMissing":[]})");
}

TEST_F(Map, CoverageCountsWhatIsOnlySometimesMissing) {
  write("some.map", std::string(kGoal).replace(std::string(kGoal).find("  src.id"), 0,
                                               "  src.d as d -> tgt.description as c, c.text = d;\n"
                                               "  src.none as n -> tgt.note as t, t.text = n;\n"));
  write("two.json", R"({"id":"2","d":"Gå en tur"})");
  const auto result = run("map --map some.map --coverage one.json two.json");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(
      result.out.contains("Required elements sometimes missing:\n"
                          "  Goal.description  1 of 2\n"))
      << result.out;
}

TEST_F(Map, CoverageNamesTheProfileThatRequiresAnElement) {
  write("profile.map", std::string(kGoal).replace(
                           std::string(kGoal).find("  src.id"), 0,
                           "  src -> tgt.meta as m, m.profile = "
                           "'https://planbro.no/fhir/StructureDefinition/ip-goal' \"profile\";\n"));
  const auto result = run("map --map profile.map --coverage one.json");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(result.out.contains("(https://planbro.no/fhir/StructureDefinition/ip-goal)"))
      << result.out;
}

TEST_F(Map, CoverageOfRecordsThatAnErrorStopsEndsWithOne) {
  write("strict.map",
        std::string(kGoal).replace(std::string(kGoal).find("as i"), 4, "as i check $this != '2'"));
  const auto result = run("map --map strict.map --coverage one.json two.json");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(result.out.starts_with("1 records, 4 fields, 2 never read\n")) << result.out;
  EXPECT_TRUE(result.err.contains("PB-2211")) << result.err;
}

TEST_F(Map, WhatCannotBeDoneEndsWithTwo) {
  EXPECT_EQ(run("map --map goal.map --coverage missing.json").status, 2);
  EXPECT_EQ(run("map --map urn:test:nowhere --coverage one.json").status, 2);
  EXPECT_EQ(run("map --map goal.map --coverage --format yaml one.json").status, 2);
  EXPECT_EQ(run("map --map goal.map --coverage").status, 2);
}

TEST_F(Map, OneWhoseImportIsMissingDoesNotRun) {
  write("lost.map", std::string(kGoal).replace(std::string(kGoal).find("group"), 0,
                                               "imports \"urn:test:nowhere\"\n\n"));
  const auto mapped = run("map --map lost.map one.json");
  EXPECT_EQ(mapped.status, 2);
  EXPECT_EQ(mapped.out, "");
  EXPECT_TRUE(mapped.err.contains("PB-2106")) << mapped.err;

  std::filesystem::create_directory(scratch_.path() / "own");
  std::filesystem::rename(scratch_.path() / "lost.map", scratch_.path() / "own/lost.map");
  write("own/source.json",
        R"({"source":"own","format":"json","map":"urn:test:goal","files":[".json"]})");
  const auto imported = run("import --source own --load own --data data one.json");
  EXPECT_EQ(imported.status, 2);
  EXPECT_TRUE(imported.err.contains("PB-2106")) << imported.err;
  EXPECT_TRUE(imported.err.contains("urn:test:goal")) << imported.err;
}

}  // namespace
}  // namespace planbro
