// What planbro export gives out of one store, posted to another: POST /import/plan-export.
#include <gtest/gtest.h>

#include <filesystem>
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

}  // namespace
}  // namespace planbro
