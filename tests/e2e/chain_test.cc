// The whole way of every fixture: journal → IndividualPlan → FHIR → stored → validated → given out
// in every form → read in again as the same plan. Through the program, as its users do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "json/parser.h"
#include "json/writer.h"
#include "plan/journal_export.h"
#include "store/sqlite/sqlite_store.h"
#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using testing_support::contentOf;
using testing_support::runCommand;
using testing_support::ScratchFolder;

const std::string kProgram = std::string(PLANBRO_PROGRAM) + " --log off ";

struct Case {
  std::string source;
  fs::path input;
  // A whole plan with all that the law asks for, not a draft made of somebody else's message.
  bool whole = false;
};

void add(std::vector<Case>& cases, const char* folder, const char* source, const char* input,
         bool whole) {
  for (const auto& entry :
       fs::directory_iterator(fs::path(PLANBRO_SOURCE_DIR) / "fixtures" / folder)) {
    if (!fs::exists(entry.path() / input)) continue;
    // What is meant to be refused has no way to go.
    const fs::path expected = entry.path() / "expected.json";
    if (fs::exists(expected) && contentOf(expected).contains("\"refused\"")) continue;
    cases.push_back({source, entry.path() / input, whole});
  }
}

std::vector<Case> allCases() {
  std::vector<Case> cases;
  add(cases, "plans", "csv-plan", "csv", true);
  add(cases, "plans", "json-plan", "export.json", true);
  add(cases, "xlsx", "xlsx-plan", "export.xlsx", false);
  add(cases, "kith", "kith-dialogmelding", "message.xml", false);
  add(cases, "plo", "kith-plo", "message.xml", false);
  add(cases, "fhir-bundle", "fhir-bundle", "input.json", false);
  add(cases, "zone-plans", "fhir-bundle", "v1.json", false);
  add(cases, "zone-plans", "fhir-bundle", "v2.json", false);
  std::sort(cases.begin(), cases.end(), [](const Case& a, const Case& b) {
    return a.source + a.input.string() < b.source + b.input.string();
  });
  return cases;
}

// For messages of the test's framework.
void PrintTo(const Case& one, std::ostream* out) { *out << one.source << " " << one.input; }

std::string nameOf(const testing::TestParamInfo<Case>& one) {
  const fs::path& input = one.param.input;
  std::string name = one.param.source + "_" + input.parent_path().filename().string();
  // A folder may have several.
  if (input.stem() == "v1" || input.stem() == "v2") name += "_" + input.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Chain : public testing::TestWithParam<Case> {
 protected:
  Chain() : scratch_("chain") {}

  std::string quoted(const fs::path& path) const { return "'" + path.string() + "'"; }
  fs::path in(const std::string& name) const { return scratch_.path() / name; }

  void import(const std::string& source, const fs::path& input, const std::string& data) {
    const auto result = runCommand(kProgram + "import --source " + source + " --data " +
                                       quoted(in(data)) + " " + quoted(input),
                                   scratch_.path());
    EXPECT_NE(result.status, 2) << result.err;
    EXPECT_TRUE(result.out.contains(" 0 quarantined")) << result.out;
  }

  // The ids of the plans that are part of no other.
  std::vector<std::string> plans(const std::string& data) {
    std::vector<std::string> ids;
    store::SqliteOptions options;
    options.path = in(data) / "planbro.sqlite";
    const auto store = store::openSqlite(options);
    EXPECT_TRUE(store.has_value());
    const auto reader = (*store)->snapshot();
    EXPECT_TRUE(reader.has_value());
    const auto history = (*reader)->history({.type = "CarePlan", .count = 100});
    EXPECT_TRUE(history.has_value());
    for (const store::Version& version : *history) {
      if (!version.body.contains("\"partOf\"")) ids.push_back(version.id);
    }
    return ids;
  }

  void give(const std::string& id, const std::string& form, const fs::path& output,
            const std::string& data = "data", const std::string& more = "") {
    const auto result = runCommand(kProgram + "export --plan " + id + " --as " + form + " --data " +
                                       quoted(in(data)) + " -o " + quoted(output) + " " + more,
                                   scratch_.path());
    EXPECT_EQ(result.status, 0) << form << ": " << result.err;
    EXPECT_TRUE(fs::exists(output)) << form;
    if (GetParam().whole || form == "json" || form == "csv") {
      EXPECT_EQ(result.err, "") << form;
    }
  }

  void expectNoErrors(const fs::path& file) {
    std::string command = kProgram + "validate --output text --pack r4 --pack ip";
    if (GetParam().whole) command += " --pack ip-law";
    const auto result = runCommand(command + " " + quoted(file), scratch_.path());
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    expectNoBasis(file);
  }

  // What the national base profiles say of the resources that they have a profile for.
  void expectNoBasis(const fs::path& file) {
    const fs::path package =
        fs::path(PLANBRO_SOURCE_DIR) / "../shared/fhir-packages/hl7.fhir.no.basis-2.2.2.tgz";
    if (!fs::exists(package)) {
      std::puts("passed over: ../shared/fhir-packages is not there");
      return;
    }
    const auto bundle = json::parse(contentOf(file));
    ASSERT_TRUE(bundle.has_value());
    for (const char* type : {"Patient", "Practitioner", "PractitionerRole", "Organization",
                             "RelatedPerson", "DocumentReference", "Appointment"}) {
      std::string lines;
      for (const json::Node& entry : (*bundle)->root().member("entry")->children()) {
        const json::Node& resource = *entry.member("resource");
        if (resource.member("resourceType")->text() != type) continue;
        json::write(**bundle, resource, lines);
        lines += '\n';
      }
      if (lines.empty()) continue;
      const fs::path resources = in(std::string(type) + ".ndjson");
      std::ofstream(resources, std::ios::binary) << lines;
      const auto result = runCommand(
          kProgram + "validate --output text --package " + quoted(fs::absolute(package)) +
              " --profile http://hl7.no/fhir/StructureDefinition/no-basis-" + type + " " +
              quoted(resources),
          scratch_.path());
      EXPECT_EQ(result.status, 0) << type << ": " << result.out << result.err;
    }
  }

  // The IndividualPlan that a Bundle of any kind holds.
  std::string planIn(const fs::path& bundle) {
    const auto result = runCommand(
        kProgram + "map --map https://planbro.no/fhir/StructureMap/BundleToIndividualPlan " +
            quoted(bundle),
        scratch_.path());
    EXPECT_EQ(result.status, 0) << bundle << result.err;
    return result.out;
  }

  // The only plan in that store says what plan.json says.
  void expectSamePlan(const std::string& data) {
    const auto again = plans(data);
    ASSERT_EQ(again.size(), 1U) << data;
    give(again.front(), "json", in("again.json"), data);
    const auto first = json::parse(contentOf(in("plan.json")));
    const auto second = json::parse(contentOf(in("again.json")));
    ASSERT_TRUE(first.has_value() && second.has_value());
    const auto planOf = [](const json::Document& document) -> const json::Node& {
      return document.root().member("planer")->children().front();
    };
    auto lost = plan::lostPaths(planOf(**first), planOf(**second));
    std::erase(lost, "eksportert");
    EXPECT_EQ(lost, std::vector<std::string>()) << data;
  }

  // The transaction, sent to another server of an empty store.
  void send(const fs::path& bundle, const std::string& data) {
    testing_support::PlanbroProcess other(PLANBRO_PROGRAM, in(data));
    ASSERT_TRUE(other.running());
    const auto answer = other.send("POST", "/fhir", contentOf(bundle));
    EXPECT_EQ(answer.status, 200) << answer.body;
    other.end(SIGTERM);
  }

  const ScratchFolder scratch_;
};

TEST_P(Chain, GoesFromTheJournalThroughTheStoreAndBack) {
  import(GetParam().source, GetParam().input, "data");
  const auto ids = plans("data");
  ASSERT_FALSE(ids.empty());
  for (const std::string& id : ids) {
    give(id, "bundle", in("bundle.json"));
    expectNoErrors(in("bundle.json"));
    give(id, "document", in("document.json"));
    expectNoErrors(in("document.json"));
    EXPECT_EQ(planIn(in("document.json")), planIn(in("bundle.json")));
    give(id, "pdf", in("plan.pdf"));
    give(id, "archive", in("plan.zip"));
    give(id, "dialogmelding", in("message.xml"), "data",
         "--sender Kommunen --sender-orgnr 315500001 --receiver Sykehuset --receiver-herid 80095");
    give(id, "json", in("plan.json"));
    give(id, "csv", in("csv"));

    for (const auto& [source, input] :
         {std::pair{"json-plan", in("plan.json")}, std::pair{"csv-plan", in("csv")}}) {
      const std::string data = std::string("from-") + source + "-" + id;
      import(source, input, data);
      expectSamePlan(data);
    }

    // The message is read as a message, too: as a draft.
    import("kith-dialogmelding", in("message.xml"), "from-message");
    if (!GetParam().whole) continue;
    for (const char* carrier :
         {"bundle.json", "document.json", "plan.pdf", "plan.zip", "message.xml"}) {
      const std::string data = std::string("from-carrier-") + carrier;
      import("plan-export", in(carrier), data);
      expectSamePlan(data);
    }
    send(in("bundle.json"), "from-bundle");
    expectSamePlan("from-bundle");
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Chain, testing::ValuesIn(allCases()), nameOf);

}  // namespace
}  // namespace planbro
