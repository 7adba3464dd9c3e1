// planbro convert and planbro packages as their users meet them.
#include <gtest/gtest.h>

#include <fstream>

#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

using testing_support::runCommand;
using testing_support::ScratchFolder;

const std::string kConvert = std::string(PLANBRO_PROGRAM) + " convert ";

TEST(Convert, GoesToXmlAndBackWithoutLoss) {
  const ScratchFolder scratch("convert_back");
  const std::string json =
      R"({"resourceType":"Goal","lifecycleStatus":"active","target":[{"detailQuantity":{"value":1.50}}]})";
  std::ofstream(scratch.path() / "goal.json") << json;
  const auto file = (scratch.path() / "goal.json").string();
  const auto xml = runCommand(kConvert + "--to xml '" + file + "'", scratch.path());
  EXPECT_EQ(xml.status, 0) << xml.err;
  EXPECT_NE(xml.out.find("<value value=\"1.50\"/>"), std::string::npos) << xml.out;
  std::ofstream(scratch.path() / "goal.xml") << xml.out;
  const auto back = runCommand(
      kConvert + "--to json - <'" + (scratch.path() / "goal.xml").string() + "'", scratch.path());
  EXPECT_EQ(back.status, 0) << back.err;
  EXPECT_EQ(back.out, json + "\n");
}

TEST(Convert, SaysWhereSomethingIsWrongAndGoesOn) {
  const ScratchFolder scratch("convert_wrong");
  std::ofstream(scratch.path() / "p.xml")
      << "<Patient xmlns=\"http://hl7.org/fhir\">\n  <hobby value=\"chess\"/>\n</Patient>";
  const auto result = runCommand(
      kConvert + "--to json '" + (scratch.path() / "p.xml").string() + "'", scratch.path());
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("p.xml:2:3: error PB-0112"), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "{\"resourceType\":\"Patient\",\"hobby\":\"chess\"}\n");
}

TEST(Convert, CannotBeDoneIsStatusTwo) {
  const ScratchFolder scratch("convert_cannot");
  EXPECT_EQ(runCommand(kConvert + "--to json /nowhere.json", scratch.path()).status, 2);
  EXPECT_EQ(runCommand(kConvert + "--to yaml -", scratch.path()).status, 2);
  EXPECT_EQ(runCommand("printf '{' | " + kConvert + "--to xml -", scratch.path()).status, 2);
}

TEST(Packages, WhatIsNoPackageIsRefusedAndTheListIsChecked) {
  const ScratchFolder scratch("packages");
  const std::string packages = std::string(PLANBRO_PROGRAM) + " packages --data '" +
                               (scratch.path() / "data").string() + "' ";
  std::ofstream(scratch.path() / "no.tgz") << "no archive";
  EXPECT_EQ(
      runCommand(packages + "add '" + (scratch.path() / "no.tgz").string() + "'", scratch.path())
          .status,
      2);
  const auto list = runCommand(packages + "list", scratch.path());
  EXPECT_EQ(list.status, 0);
  EXPECT_EQ(list.out, "hl7.fhir.r4.core 4.0.1 built in\n");
}

}  // namespace
}  // namespace planbro
