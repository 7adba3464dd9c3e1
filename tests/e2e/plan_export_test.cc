// What planbro export gives out of one store, posted to another: POST /import/plan-export.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "support/command.h"
#include "support/plan_carriers.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using testing_support::contentOf;
using testing_support::PlanbroProcess;
using testing_support::runCommand;
using testing_support::ScratchFolder;

const std::string kProgram = std::string(PLANBRO_PROGRAM) + " --log off ";
constexpr const char* kPath = "/import/plan-export";

class PlanExportPosted : public testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  // The plan of a fixture out of a store of its own, in that form.
  std::string exported(const std::string& form, const std::string& more) const {
    const std::string data = " --data '" + (scratch_.path() / "first").string() + "' ";
    const auto imported =
        runCommand(kProgram + "import --source json-plan" + data + PLANBRO_SOURCE_DIR +
                       "/fixtures/plans/mann-22-cerebral-parese/export.json",
                   scratch_.path());
    EXPECT_EQ(imported.status, 0) << imported.out << imported.err;
    const fs::path file = scratch_.path() / "exported";
    const auto given = runCommand(kProgram + "export --plan IP-2026-0017 --as " + form + data +
                                      "-o '" + file.string() + "' " + more,
                                  scratch_.path());
    EXPECT_EQ(given.status, 0) << given.err;
    return contentOf(file);
  }

  const ScratchFolder scratch_{"plan_export"};
};

TEST_P(PlanExportPosted, IsCreatedInAnotherStoreAndUnchangedTheNextTime) {
  const std::string file = exported(GetParam().first, GetParam().second);
  const PlanbroProcess other(PLANBRO_PROGRAM, scratch_.path() / "second");
  ASSERT_TRUE(other.running());
  const auto first = other.send("POST", kPath, file);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_TRUE(first.body.contains(R"("plans":1,"created":1)")) << first.body;
  const auto found = other.send("GET", "/fhir/CarePlan?status=active&part-of:missing=true");
  EXPECT_TRUE(found.body.contains(R"("total":1)")) << found.body;
  EXPECT_TRUE(found.body.contains(R"("value":"IP-2026-0017")")) << found.body;
  // By its bytes, and mapped anew.
  for (const std::string again : {"", "?again=true"}) {
    const auto second = other.send("POST", kPath + again, file);
    EXPECT_EQ(second.status, 200) << second.body;
    EXPECT_TRUE(second.body.contains(R"("created":0,"updated":0,"unchanged":1)")) << second.body;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, PlanExportPosted,
    testing::Values(std::pair("bundle", ""), std::pair("document", ""), std::pair("pdf", ""),
                    std::pair("archive", ""),
                    std::pair("dialogmelding",
                              "--sender Kommunen --sender-orgnr 315500001 --receiver Sykehuset "
                              "--receiver-herid 80095")),
    [](const auto& one) { return std::string(one.param.first); });

TEST(PlanExport, APdfThatCarriesNoPlanIsRefusedWithTheReason) {
  const ScratchFolder scratch("plan_export_empty");
  const PlanbroProcess planbro(PLANBRO_PROGRAM, scratch.path());
  ASSERT_TRUE(planbro.running());
  const auto refused =
      planbro.send("POST", kPath, testing_support::pdfOf({"<< /Type /Catalog >>"}));
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_TRUE(refused.body.contains(R"("created":0,"updated":0,"unchanged":0,"quarantined":1)"))
      << refused.body;
  EXPECT_TRUE(refused.body.contains(R"("code":"PB-2020")")) << refused.body;
  EXPECT_TRUE(refused.body.contains("the PDF carries no Bundle")) << refused.body;
  EXPECT_TRUE(planbro.send("GET", "/fhir/CarePlan?_summary=count").body.contains(R"("total":0)"));
}

// JSON and CSV, which the importer reads by sources of their own.
class PlanExportTables : public testing::Test {
 protected:
  void import(const std::string& source, const std::string& input) const {
    const auto imported = runCommand(
        kProgram + "import --source " + source + data_ + "'" + input + "'", scratch_.path());
    EXPECT_TRUE(imported.out.contains("1 created")) << imported.out << imported.err;
  }
  testing_support::CommandResult give(const std::string& plan, const std::string& form,
                                      const fs::path& output) const {
    return runCommand(kProgram + "export --plan " + plan + " --as " + form + data_ + "-o '" +
                          output.string() + "'",
                      scratch_.path());
  }

  const ScratchFolder scratch_{"plan_export_tables"};
  const std::string data_ = " --data '" + (scratch_.path() / "store").string() + "' ";
};

TEST_F(PlanExportTables, AFormThatCannotSayAllIsAnErrorAndIsNotWritten) {
  std::string bundle =
      contentOf(PLANBRO_SOURCE_DIR "/fixtures/fhir-bundle/dbep-egenbehandling/input.json");
  const std::string family = "\"family\": \"Bakkeli\",";
  bundle.replace(bundle.find(family), family.size(), family + "\"period\": {\"start\": \"2004\"},");
  const fs::path input = scratch_.path() / "input.json";
  std::ofstream(input, std::ios::binary) << bundle;
  import("fhir-bundle", input.string());
  for (const char* form : {"json", "csv"}) {
    const fs::path output = scratch_.path() / "given";
    const auto given = give("https://careplan.example/fhir/CarePlan/c1", form, output);
    EXPECT_EQ(given.status, 1) << given.err;
    EXPECT_TRUE(given.err.contains("error PB-2401")) << given.err;
    EXPECT_TRUE(given.err.contains("owner.name[0].period")) << given.err;
    EXPECT_FALSE(fs::exists(output)) << form;
  }
}

TEST_F(PlanExportTables, TablesOfAnEarlierExportGiveWayAndOtherFilesStay) {
  import("json-plan", PLANBRO_SOURCE_DIR "/fixtures/plans/nei-takk-til-plan/export.json");
  const fs::path folder = scratch_.path() / "tables";
  fs::create_directories(folder);
  for (const char* name : {"sub_plan_sections.csv", "measures.csv", "mine.txt"})
    std::ofstream(folder / name) << "of an earlier export";
  const std::string json =
      contentOf(PLANBRO_SOURCE_DIR "/fixtures/plans/nei-takk-til-plan/export.json");
  const std::string key = "\"planId\": \"";
  const std::size_t begin = json.find(key) + key.size();
  const auto given = give(json.substr(begin, json.find('"', begin) - begin), "csv", folder);
  EXPECT_EQ(given.status, 0) << given.err;
  EXPECT_FALSE(fs::exists(folder / "sub_plan_sections.csv"));
  EXPECT_FALSE(fs::exists(folder / "measures.csv"));
  EXPECT_TRUE(fs::exists(folder / "mine.txt"));
  EXPECT_TRUE(fs::exists(folder / "plans.csv"));
}

}  // namespace
}  // namespace planbro
