// planbro validate and planbro snapshot as a profile author meets them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "fhir/tarball.h"
#include "json/parser.h"
#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using testing_support::CommandResult;
using testing_support::runCommand;
using testing_support::ScratchFolder;

const std::string kGood = R"({"resourceType":"Patient","id":"a","gender":"female"})";
const std::string kBad = "{\"resourceType\":\"Patient\",\n \"gender\":\"unsure\"}";
const std::string kBundle =
    PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/expected/bundle.json";

class ValidateCommand : public testing::Test {
 protected:
  std::string put(const std::string& name, const std::string& content) {
    const fs::path path = scratch_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return "'" + path.string() + "'";
  }
  CommandResult run(const std::string& arguments, const std::string& before = {}) {
    return runCommand(before + PLANBRO_PROGRAM + " validate --data '" +
                          (scratch_.path() / "data").string() + "' " + arguments,
                      scratch_.path());
  }
  CommandResult snapshot(const std::string& arguments) {
    return runCommand(std::string(PLANBRO_PROGRAM) + " snapshot --data '" +
                          (scratch_.path() / "data").string() + "' " + arguments,
                      scratch_.path());
  }
  // A package with one profile: a patient must have a birth date.
  std::string ownPackage() {
    const fs::path made = fhir::makeTarball(
        "validate-e2e-" + std::to_string(::getpid()) + ".tgz",
        {{"package/package.json", R"({"name":"own.pack","version":"1.0.0"})"},
         {"package/p.json",
          R"({"resourceType":"StructureDefinition","url":"http://own.no/P","name":"P",
              "status":"active","kind":"resource","abstract":false,"type":"Patient",
              "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",
              "derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient"},
              {"id":"Patient.birthDate","path":"Patient.birthDate","min":1}]}})"}});
    const fs::path kept = scratch_.path() / "own.tgz";
    fs::rename(made, kept);
    return kept.string();
  }
  static std::string ownPack(const std::string& overrides = "") {
    return R"({"packs":[{"name":"own","packages":[{"name":"own.pack","version":"1.0.0"}],
      "profiles":[{"type":"Patient","profile":"http://own.no/P"}],"overrides":[)" +
           overrides + "]}]}";
  }

  const ScratchFolder scratch_{"validate_e2e"};
};

TEST_F(ValidateCommand, NoErrorIsStatusZeroWithASummary) {
  const auto result = run(put("good.json", kGood));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "1 resource(s), 0 error(s), 0 warning(s)\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(ValidateCommand, AnErrorIsStatusOneWithItsPlace) {
  const auto result = run(put("bad.json", kBad));
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.out.find("bad.json:2:11: error PB-1601: "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("(Patient.gender)"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("1 resource(s), 1 error(s), 0 warning(s)\n"), std::string::npos);
}

TEST_F(ValidateCommand, WhatIsNoResourceIsAnErrorOfTheData) {
  const auto result = run(put("no.json", "{"));
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.out.find("fatal PB-0101"), std::string::npos) << result.out;
}

TEST_F(ValidateCommand, WhatCannotBeDoneIsStatusTwo) {
  const std::string good = put("good.json", kGood);
  for (const std::string& arguments :
       {std::string("/nowhere.json"), std::string(), "--pack nothing " + good,
        "--package /nowhere.tgz " + good, "--pack-file /nowhere.json " + good,
        "--output yaml " + good, "--config /nowhere.yaml " + good, "--pack no-basis-2.2.2 " + good,
        "--pack-file " + put("broken.json", "{\"packs\":[{}]}") + " " + good}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_NE(result.err, "") << arguments;
  }
}

TEST_F(ValidateCommand, APackWhosePackageIsMissingSaysHowToGetIt) {
  const auto result = run("--pack vkp-0.9.0 " + put("good.json", kGood));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("hl7.fhir.no.vkp 0.9.0"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("packages restore"), std::string::npos) << result.err;
}

TEST_F(ValidateCommand, JsonIsOneOutcomeAFileAndNothingElse) {
  const auto result = run("--output json " + put("bad.json", kBad) + " " + put("good.json", kGood));
  EXPECT_EQ(result.status, 1);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < result.out.size();) {
    const std::size_t end = result.out.find('\n', at);
    lines.push_back(result.out.substr(at, end - at));
    at = end + 1;
  }
  ASSERT_EQ(lines.size(), 2U) << result.out;
  for (const std::string& line : lines) {
    const auto parsed = json::parse(line);
    ASSERT_TRUE(parsed) << line;
    ASSERT_NE((*parsed)->root().member("file"), nullptr);
    const json::Node* outcome = (*parsed)->root().member("outcome");
    ASSERT_NE(outcome, nullptr);
    EXPECT_EQ(outcome->member("resourceType")->text(), "OperationOutcome");
  }
  EXPECT_NE(lines[0].find("\"PB-1601\""), std::string::npos);
  EXPECT_NE(lines[0].find("Patient.gender"), std::string::npos);
  EXPECT_NE(lines[1].find("\"information\""), std::string::npos);
}

TEST_F(ValidateCommand, FoldersAreReadInTheOrderOfTheirNames) {
  put("in/b/two.xml", R"(<Patient xmlns="http://hl7.org/fhir"><gender value="unsure"/></Patient>)");
  put("in/a.json", kBad);
  put("in/notes.txt", "no resource");
  put("in/c.ndjson", kGood + "\n\n" + R"({"resourceType":"Patient","gender":"odd"})" + "\n");
  const auto result = run("'" + (scratch_.path() / "in").string() + "'");
  EXPECT_EQ(result.status, 1);
  const std::size_t a = result.out.find("a.json:2:11: error");
  const std::size_t two = result.out.find("two.xml:1:38: error");
  const std::size_t c = result.out.find("c.ndjson#3:1:");
  ASSERT_NE(a, std::string::npos) << result.out;
  ASSERT_NE(two, std::string::npos) << result.out;
  ASSERT_NE(c, std::string::npos) << result.out;
  EXPECT_LT(a, two);
  EXPECT_LT(two, c);
  EXPECT_NE(result.out.find("4 resource(s), 3 error(s)"), std::string::npos) << result.out;
}

TEST_F(ValidateCommand, StandardInputIsReadAsJsonAndAsXml) {
  EXPECT_EQ(run("-", "printf '" + kGood + "' | ").status, 0);
  const auto xml = run(
      "-",
      "printf '<Patient xmlns=\"http://hl7.org/fhir\"><gender value=\"unsure\"/></Patient>' | ");
  EXPECT_EQ(xml.status, 1);
  EXPECT_NE(xml.out.find("(Patient.gender)"), std::string::npos) << xml.out;
}

TEST_F(ValidateCommand, AProfileByNameAppliesAndAnUnknownOneIsSaid) {
  const std::string good = put("good.json", kGood);
  const auto strict = run("--package '" + ownPackage() + "' --profile http://own.no/P " + good);
  EXPECT_EQ(strict.status, 1);
  EXPECT_NE(strict.out.find("PB-1101"), std::string::npos) << strict.out;
  EXPECT_NE(strict.out.find("[http://own.no/P]"), std::string::npos) << strict.out;
  const auto unknown = run("--profile http://own.no/P " + good);
  EXPECT_NE(unknown.out.find("PB-1361"), std::string::npos) << unknown.out;
}

TEST_F(ValidateCommand, APackOfOnesOwnComesFromAFileOrAConfiguration) {
  const std::string good = put("good.json", kGood);
  const std::string package = ownPackage();
  const std::string pack = put("packs.json", ownPack());
  const auto from_file =
      run("--package '" + package + "' --pack-file " + pack + " --pack own " + good);
  EXPECT_EQ(from_file.status, 1) << from_file.err;
  EXPECT_NE(from_file.out.find("PB-1101"), std::string::npos) << from_file.out;
  const std::string config =
      put("planbro.yaml", "fhir: {packages: ['" + package +
                              "']}\nvalidation: {packs: [own], pack_files: [" + pack + "]}\n");
  const auto from_config = run("--config " + config + " " + good);
  EXPECT_EQ(from_config.status, 1) << from_config.err;
  EXPECT_EQ(from_config.out, from_file.out);
}

TEST_F(ValidateCommand, AnOverrideWithAReasonChangesASeverityAndOneWithoutIsRefused) {
  const std::string good = put("good.json", kGood);
  const std::string package = "--package '" + ownPackage() + "' --pack own ";
  const auto softer = run(
      package + "--pack-file " +
      put("packs.json", ownPack(R"({"rule":"PB-1101","profile":"http://own.no/P","path":"Patient",
          "severity":"warning","reason":"not all birth dates are known yet"})")) +
      " " + good);
  EXPECT_EQ(softer.status, 0) << softer.err;
  EXPECT_NE(softer.out.find("warning PB-1101"), std::string::npos) << softer.out;
  const auto off =
      run(package + "--pack-file " +
          put("packs.json",
              ownPack(R"({"rule":"PB-1101","severity":"off","reason":"not all are known yet"})")) +
          " " + good);
  EXPECT_EQ(off.out, "1 resource(s), 0 error(s), 0 warning(s)\n");
  const auto without =
      run(package + "--pack-file " +
          put("packs.json", ownPack(R"({"rule":"PB-1101","severity":"off"})")) + " " + good);
  EXPECT_EQ(without.status, 2);
  EXPECT_NE(without.err.find("reason"), std::string::npos) << without.err;
}

TEST_F(ValidateCommand, EveryBuiltinPackWithoutPackagesWorksAloneAndTogether) {
  std::string all;
  for (const std::string pack : {"r4", "ip", "ip-law", "dbep", "xshare", "dcp"}) {
    const auto alone = run("--pack " + pack + " '" + kBundle + "'");
    EXPECT_LT(alone.status, 2) << pack << alone.err;
    EXPECT_NE(alone.out.find("1 resource(s)"), std::string::npos) << pack;
    all += "--pack " + pack + " ";
  }
  EXPECT_EQ(run("--pack r4 --pack ip --pack ip-law '" + kBundle + "'").status, 0);
  EXPECT_LT(run(all + "'" + kBundle + "'").status, 2);
}

// The published packages lie beside the repository, not in it.
TEST_F(ValidateCommand, EveryNationalPackWorksAloneAndTogether) {
  const fs::path folder = fs::path(PLANBRO_SOURCE_DIR) / "../shared/fhir-packages";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not here";
  std::string packages;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("hl7.fhir.no."))
      packages += "--package '" + entry.path().string() + "' ";
  }
  std::string all;
  for (const std::string pack : {"no-basis-2.2.2", "no-basis-2.2.4", "vkp-0.9.0", "municipal-0.2.0",
                                 "auditevent-0.9.8", "planer-hacking-0.2.0"}) {
    const auto alone = run(packages + "--pack " + pack + " '" + kBundle + "'");
    EXPECT_LT(alone.status, 2) << pack << alone.err;
    all += "--pack " + pack + " ";
  }
  const auto together = run(packages + all + "'" + kBundle + "'");
  EXPECT_LT(together.status, 2) << together.err;
}

TEST_F(ValidateCommand, TheReadersLanguageIsThatOfTheLocale) {
  const auto result =
      runCommand("env LC_ALL=nn_NO.UTF-8 " + std::string(PLANBRO_PROGRAM) + " validate --data '" +
                     scratch_.path().string() + "' " + put("bad.json", kBad),
                 scratch_.path());
  EXPECT_NE(result.out.find("ikkje"), std::string::npos) << result.out;
}

TEST_F(ValidateCommand, SnapshotReadsPackagesAndPacks) {
  const std::string package = "--package '" + ownPackage() + "' ";
  const auto one = snapshot(package + "http://own.no/P");
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_NE(one.out.find("\"snapshot\""), std::string::npos);
  const auto pack = snapshot(package + "--pack own --pack-file " + put("packs.json", ownPack()));
  EXPECT_EQ(pack.status, 0) << pack.err;
  EXPECT_EQ(std::count(pack.out.begin(), pack.out.end(), '\n'), 1);
  EXPECT_NE(pack.out.find("\"url\":\"http://own.no/P\""), std::string::npos);
  EXPECT_EQ(snapshot("http://own.no/P").status, 2);
  EXPECT_EQ(snapshot("").status, 2);
  const auto own = snapshot("--pack ip");
  EXPECT_EQ(own.status, 0) << own.err;
  EXPECT_GT(std::count(own.out.begin(), own.out.end(), '\n'), 5);
}

}  // namespace
}  // namespace planbro
