// planbro map as its users meet it: what a map leaves out, and maps that must not run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

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

constexpr const char* kNames = R"(map "urn:test:names" = names
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
group g(source s : Patient, target t : Patient) {
  s.name where use = 'official' -> t.name "name";
  s.id as v -> t.language = translate(v, 'urn:test:codes', 'code') "code";
}
)";

constexpr const char* kCodes =
    R"({"resourceType":"ConceptMap","url":"urn:test:codes","status":"draft","group":[)"
    R"({"element":[{"code":"p","target":[{"code":"nb","equivalence":"equal"}]}]}]})";

TEST_F(Map, AResourceIsAResourceInXmlAsInJson) {
  write("names.map", kNames);
  write("codes.json", kCodes);
  write("p.json", R"({"resourceType":"Patient","id":"p","name":[{"use":"old","family":"O"},)"
                  R"({"use":"official","family":"F"}]})");
  const auto wanted = run("map --map names.map --load codes.json p.json");
  ASSERT_EQ(wanted.status, 0) << wanted.err;
  EXPECT_TRUE(wanted.out.contains(R"("family": "F")")) << wanted.out;
  EXPECT_TRUE(wanted.out.contains(R"("language": "nb")")) << wanted.out;

  write("names.json",
        R"({"resourceType":"StructureMap","url":"urn:test:names","name":"names",)"
        R"("status":"draft","structure":[{"mode":"target","alias":"Patient",)"
        R"("url":"http://hl7.org/fhir/StructureDefinition/Patient"}],"group":[)"
        R"({"name":"g","typeMode":"none","input":[{"name":"s","mode":"source"},)"
        R"({"name":"t","type":"Patient","mode":"target"}],"rule":[{"name":"name",)"
        R"("source":[{"context":"s","element":"name","condition":"use = 'official'",)"
        R"("variable":"n"}],"target":[{"context":"t","contextType":"variable",)"
        R"("element":"name","transform":"copy","parameter":[{"valueId":"n"}]}]}]}]})");
  for (const char* name : {"p", "codes", "names"}) {
    const auto made = run("convert --to xml " + std::string(name) + ".json");
    ASSERT_EQ(made.status, 0) << made.err;
    write(std::string(name) + ".xml", made.out);
  }
  const auto mapped = run("map --map names.map --load codes.xml p.xml");
  EXPECT_EQ(mapped.status, 0) << mapped.err;
  EXPECT_EQ(mapped.out, wanted.out);

  const auto by_resource = run("map --map names.xml p.xml");
  EXPECT_EQ(by_resource.status, 0) << by_resource.err;
  EXPECT_TRUE(by_resource.out.contains(R"("family": "F")")) << by_resource.out;
}

TEST_F(Map, LoadTakesOneValueAndMayBeRepeated) {
  write("names.map", kNames);
  write("codes.json", kCodes);
  write("p.json", R"({"resourceType":"Patient","id":"p"})");
  const auto both = run("map --map names.map --load codes.json --load goal.map p.json p.json");
  EXPECT_EQ(both.status, 0) << both.err;
  EXPECT_NE(both.out.find("nb"), both.out.rfind("nb")) << both.out;
  std::filesystem::create_directory(scratch_.path() / "own");
  std::filesystem::rename(scratch_.path() / "goal.map", scratch_.path() / "own/goal.map");
  write("own/source.json",
        R"({"source":"own","format":"json","map":"urn:test:goal","bundleMap":""})");
  const auto imported = run("import --source own --dry-run --data data --load own one.json");
  EXPECT_NE(imported.status, 2) << imported.err;
  EXPECT_TRUE(imported.out.contains("one.json")) << imported.out;
}

TEST_F(Map, WhatCannotBeLoadedEndsWithOneAlthoughTheRestIsDone) {
  for (const auto& [name, text] : {std::pair("patient.json", R"({"resourceType":"Patient"})"),
                                   std::pair("k.xml", "<a/>"), std::pair("cut.json", "{")}) {
    write(name, text);
    const auto result = run("map --map goal.map --load " + std::string(name) + " one.json");
    EXPECT_EQ(result.status, 1) << name;
    EXPECT_TRUE(result.err.contains("PB-2111")) << result.err;
    EXPECT_TRUE(result.out.contains(R"("resourceType": "Goal")")) << result.out;
  }
  const std::string import =
      "import --source json-plan --dry-run --data data '" +
      std::filesystem::absolute(std::filesystem::path(PLANBRO_SOURCE_DIR) /
                                "fixtures/plans/mann-22-cerebral-parese/export.json")
          .string() +
      "'";
  EXPECT_EQ(run(import).status, 0);
  EXPECT_EQ(run(import + " --load k.xml").status, 1);
  std::filesystem::create_directory(scratch_.path() / "folder");
  write("folder/k.xml", "<a/>");
  EXPECT_EQ(run("map --map goal.map --load folder one.json").status, 0);
}

TEST_F(Map, AWorkbookIsReadWithTheMapOfItsTables) {
  const std::string workbook =
      std::filesystem::absolute(std::filesystem::path(PLANBRO_SOURCE_DIR) /
                                "fixtures/xlsx/mann-22-cerebral-parese/export.xlsx")
          .string();
  const std::string map = "map --map https://planbro.no/fhir/StructureMap/CsvPlanToIndividualPlan ";
  const auto traced = run(map + "--trace '" + workbook + "'");
  EXPECT_EQ(traced.status, 0) << traced.err;
  EXPECT_TRUE(traced.out.contains(R"("resourceType": "IndividualPlan")")) << traced.out;
  EXPECT_TRUE(traced.err.contains("IndividualPlan.title  <-  ")) << traced.err;
  const auto covered = run(map + "--coverage '" + workbook + "'");
  EXPECT_EQ(covered.status, 0) << covered.err;
  EXPECT_TRUE(covered.out.contains("records")) << covered.out;
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
