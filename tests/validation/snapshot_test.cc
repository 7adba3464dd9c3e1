#include "validation/snapshot.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "json/writer.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";

// A profile named `name` on `base` with these differential elements.
fhir::Resource profile(std::string_view name, std::string_view type, std::string_view base,
                       std::string_view elements) {
  return fhir::readJson(fmt::format(R"({{"resourceType":"StructureDefinition",
    "url":"https://example.org/{}","name":"{}","status":"active","kind":"resource","abstract":false,
    "type":"{}","baseDefinition":"{}","derivation":"constraint",
    "differential":{{"element":[{}]}}}})",
                                    name, name, type, base, elements))
      .resource;
}

class SnapshotTest : public ::testing::Test {
 protected:
  void add(fhir::Resource resource) { registry_->addResource(std::move(resource)); }

  // The snapshot of https://example.org/NAME.
  const Snapshot& made(const std::string& name) {
    snapshots_ = std::make_unique<Snapshots>(registry_, lock_);
    const Snapshot* found = snapshots_->find("https://example.org/" + name);
    EXPECT_NE(found, nullptr);
    static const Snapshot kNothing;
    return found == nullptr ? kNothing : *found;
  }

  // The member of the element with that id, as JSON; "absent" without it.
  static std::string member(const Snapshot& snapshot, std::string_view id, std::string_view name) {
    for (const json::Node& element :
         snapshot.definition.document()->root().member("snapshot")->member("element")->children()) {
      if (element.member("id")->text() != id) continue;
      const json::Node* found = element.member(name);
      if (found == nullptr) return "absent";
      std::string text;
      json::write(*snapshot.definition.document(), *found, text);
      return text;
    }
    return "no such element";
  }

  static std::vector<std::string> codes(const Snapshot& snapshot) {
    std::vector<std::string> found;
    for (const fhir::Issue& issue : snapshot.issues) found.emplace_back(issue.code);
    return found;
  }

  std::shared_ptr<fhir::Registry> registry_ = std::make_shared<fhir::Registry>();
  std::recursive_mutex lock_;
  std::unique_ptr<Snapshots> snapshots_;
};

TEST_F(SnapshotTest, ABaseWithoutASnapshotGetsOneFirst) {
  add(profile("middle", "Patient", fmt::format("{}Patient", kBase),
              R"({"id":"Patient.name","path":"Patient.name","min":1})"));
  add(profile("leaf", "Patient", "https://example.org/middle",
              R"({"id":"Patient.name.family","path":"Patient.name.family","min":1})"));
  const Snapshot& snapshot = made("leaf");
  EXPECT_TRUE(snapshot.issues.empty());
  EXPECT_EQ(member(snapshot, "Patient.name", "min"), "1");
  EXPECT_EQ(member(snapshot, "Patient.name.family", "min"), "1");
  EXPECT_EQ(member(snapshot, "Patient.name.given", "min"), "0");
}

TEST_F(SnapshotTest, ATypeProfileBringsTheConstraintsOfItsRoot) {
  add(profile("range", "Observation", fmt::format("{}Observation", kBase),
              R"({"id":"Observation.referenceRange.high","path":"Observation.referenceRange.high",
                  "type":[{"code":"Quantity","profile":
                    ["http://hl7.org/fhir/StructureDefinition/SimpleQuantity"]}]})"));
  const std::string constraints =
      member(made("range"), "Observation.referenceRange.high", "constraint");
  EXPECT_NE(constraints.find("sqty-1"), std::string::npos) << constraints;
}

TEST_F(SnapshotTest, AConstraintSaysWhereItComesFrom) {
  add(profile("own", "Patient", fmt::format("{}Patient", kBase),
              R"json({"id":"Patient","path":"Patient","constraint":[{"key":"x-1","severity":"error",
                  "human":"x","expression":"name.empty().not()"}]})json"));
  add(profile("derived", "Patient", "https://example.org/own", ""));
  EXPECT_NE(member(made("derived"), "Patient", "constraint")
                .find(R"("source":"https://example.org/own")"),
            std::string::npos);
}

TEST_F(SnapshotTest, SlicingAndBindingKeepWhatTheChangeDoesNotSay) {
  add(profile("sliced", "Patient", fmt::format("{}Patient", kBase),
              R"({"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":
                  [{"type":"value","path":"system"}],"ordered":true,"rules":"open"}},
                 {"id":"Patient.gender","path":"Patient.gender","binding":{"strength":"required",
                  "description":"for gender","valueSet":"https://example.org/gender"}})"));
  add(profile("narrower", "Patient", "https://example.org/sliced",
              R"({"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":
                  [{"type":"value","path":"use"}],"rules":"closed"}},
                 {"id":"Patient.gender","path":"Patient.gender",
                  "binding":{"strength":"required"}})"));
  const Snapshot& snapshot = made("narrower");
  EXPECT_EQ(member(snapshot, "Patient.identifier", "slicing"),
            R"({"discriminator":[{"type":"value","path":"system"},{"type":"value","path":"use"}],)"
            R"("ordered":true,"rules":"closed"})");
  EXPECT_EQ(member(snapshot, "Patient.gender", "binding"),
            R"({"strength":"required","valueSet":"https://example.org/gender"})");
}

TEST_F(SnapshotTest, AProseThatBeginsWithDotsGoesOnWhereTheBaseEnds) {
  add(profile("first", "Patient", fmt::format("{}Patient", kBase),
              R"({"id":"Patient.name","path":"Patient.name","definition":"A name."})"));
  add(profile("second", "Patient", "https://example.org/first",
              R"({"id":"Patient.name","path":"Patient.name","definition":"...As registered."})"));
  EXPECT_EQ(member(made("second"), "Patient.name", "definition"), R"("A name.\nAs registered.")");
}

TEST_F(SnapshotTest, ANameWhereNothingIsSlicedIsOneOfTheElementItself) {
  add(profile("named", "Patient", fmt::format("{}Patient", kBase),
              R"({"id":"Patient.gender:Sex","path":"Patient.gender","sliceName":"Sex","min":1})"));
  const Snapshot& snapshot = made("named");
  EXPECT_EQ(member(snapshot, "Patient.gender:Sex", "min"), "1");
  EXPECT_EQ(member(snapshot, "Patient.gender", "min"), "no such element");
  ValidationContext context(registry_);
  const auto patient = fhir::readJson(R"({"resourceType":"Patient"})");
  const std::vector<std::string> profiles = {"https://example.org/named"};
  const auto issues = context.validate(patient.resource, profiles);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-1101");
}

TEST_F(SnapshotTest, ASliceOfASliceBeginsAsTheOneItIsIn) {
  add(profile("reslice", "Patient", fmt::format("{}Patient", kBase),
              R"({"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":
                  [{"type":"value","path":"system"}],"rules":"open"}},
                 {"id":"Patient.identifier:a","path":"Patient.identifier","sliceName":"a","max":"3",
                  "short":"outer"},
                 {"id":"Patient.identifier:a/b","path":"Patient.identifier","sliceName":"a/b"})"));
  EXPECT_EQ(member(made("reslice"), "Patient.identifier:a/b", "short"), R"("outer")");
}

TEST_F(SnapshotTest, AnExtensionAddedToASlicedListShowsItsUrl) {
  add(profile("address", "Address", fmt::format("{}Address", kBase),
              R"({"id":"Address.extension:geo","path":"Address.extension","sliceName":"geo",
                  "type":[{"code":"Extension","profile":
                    ["http://hl7.org/fhir/StructureDefinition/geolocation"]}]})"));
  EXPECT_EQ(member(made("address"), "Address.extension:geo.url", "fixedUri"),
            R"("http://hl7.org/fhir/StructureDefinition/geolocation")");
}

TEST_F(SnapshotTest, APathThatDoesNotExistIsSaidAndTheRestIsMerged) {
  add(profile("typo", "CarePlan", fmt::format("{}CarePlan", kBase),
              R"({"id":"CarePlan.context","path":"CarePlan.context","min":1},
                 {"id":"CarePlan.title","path":"CarePlan.title","min":1})"));
  const Snapshot& snapshot = made("typo");
  EXPECT_EQ(codes(snapshot), std::vector<std::string>{"PB-1363"});
  EXPECT_EQ(member(snapshot, "CarePlan.title", "min"), "1");
}

TEST_F(SnapshotTest, APathWithoutAnEndIsRefused) {
  std::string path = "Questionnaire";
  for (int i = 0; i < 5000; ++i) path += ".item";
  add(profile("deep", "Questionnaire", fmt::format("{}Questionnaire", kBase),
              fmt::format(R"({{"id":"{}","path":"{}","min":1}})", path, path)));
  EXPECT_EQ(codes(made("deep")), std::vector<std::string>{"PB-1369"});
}

TEST_F(SnapshotTest, BasesWithoutAnEndAreRefused) {
  constexpr int kProfiles = 20'000;
  for (int i = 0; i < kProfiles; ++i)
    add(profile(fmt::format("p{}", i), "Patient",
                i + 1 == kProfiles ? fmt::format("{}Patient", kBase)
                                   : fmt::format("https://example.org/p{}", i + 1),
                ""));
  EXPECT_EQ(codes(made("p0")), std::vector<std::string>{"PB-1368"});
}

TEST_F(SnapshotTest, BasesInACircleAreRefused) {
  add(profile("x", "Patient", "https://example.org/y", ""));
  add(profile("y", "Patient", "https://example.org/x", ""));
  EXPECT_FALSE(made("x").issues.empty());
}

}  // namespace
}  // namespace planbro::validation
