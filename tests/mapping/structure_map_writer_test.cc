// Maps written as StructureMap resources; that they run alike is tests/ip_package/package_test.cc.
#include "mapping/structure_map_writer.h"

#include <gtest/gtest.h>

#include "fhir/canonical_base.h"
#include "fhir/resource.h"
#include "json/writer.h"
#include "mapping/fml_parser.h"
#include "mapping/structure_map_reader.h"

namespace planbro::mapping {
namespace {

MapModel parsed(const std::string& rules) {
  auto model = parseFml(
      "/// url = 'http://x/StructureMap/M'\n/// name = 'M'\n"
      "uses \"http://hl7.org/fhir/StructureDefinition/Patient\" alias Patient as source\n"
      "group g(source src : Patient, target tgt) <<types>> {\n" +
      rules + "\n}\ngroup h(source a, source b, target t) { a -> t.x = a \"x\"; }");
  EXPECT_TRUE(model.has_value()) << (model ? "" : model.error().message);
  return model ? std::move(*model) : MapModel{};
}

std::string written(const std::string& rules) {
  const auto made = writeStructureMap(
      parsed(rules),
      {.id = "M", .publisher = "P", .version = "1", .concept_map_base = "http://x/ConceptMap"});
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
  return made ? json::write(*made->map) : "";
}

TEST(StructureMapWriter, WhatIsReadAgainIsTheSameMap) {
  const MapModel model = parsed(
      "src.name first as n where use = 'official' check family.exists() log 'x' -> tgt.name as t "
      "then { n.family -> t.family; } \"name\";"
      "src.birthDate 0..1 default '2000' as d -> tgt.date = truncate(d, 4) \"date\";");
  const auto made =
      writeStructureMap(model, {.id = "M", .publisher = "", .version = "", .concept_map_base = ""});
  ASSERT_TRUE(made.has_value());
  const auto again = readStructureMap(made->map->root());
  ASSERT_TRUE(again.has_value());
  const ModelRule& before = model.groups[0].rules[0];
  const ModelRule& after = again->groups[0].rules[0];
  EXPECT_EQ(again->groups[0].type_mode, TypeMode::kTypes);
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.sources[0].list_mode, ListMode::kFirst);
  EXPECT_EQ(after.sources[0].where.text, before.sources[0].where.text);
  EXPECT_EQ(after.sources[0].check.text, before.sources[0].check.text);
  EXPECT_TRUE(after.rules[0].simple);
  EXPECT_EQ(again->groups[0].rules[1].sources[0].default_value.text, "'2000'");
  EXPECT_EQ(again->groups[0].rules[1].targets[0].transform, Transform::kTruncate);
}

TEST(StructureMapWriter, ALiteralForAGroupBecomesAVariable) {
  const std::string text = written("src.id as i then h(i, 'fixed', tgt) \"call\";");
  EXPECT_NE(
      text.find(R"("variable":"made0","transform":"copy","parameter":[{"valueString":"fixed"}])"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("variable":["i","made0","tgt"])"), std::string::npos) << text;
}

TEST(StructureMapWriter, AnExpressionAsAParameterBecomesAVariableBeforeIt) {
  const std::string text =
      written("src.id as i -> tgt.x = append(i, (%i.length().toString())) \"x\";");
  const std::size_t evaluated = text.find("\"transform\":\"evaluate\"");
  ASSERT_NE(evaluated, std::string::npos) << text;
  EXPECT_LT(evaluated, text.find("\"transform\":\"append\""));
}

TEST(StructureMapWriter, TheResourceIsValidInItsShape) {
  const auto read = fhir::readJson(written("src.id as i -> tgt.x = i \"x\";"));
  EXPECT_TRUE(read.resource);
  EXPECT_TRUE(read.issues.empty());
}

TEST(StructureMapWriter, WhatR4CannotSayIsRefusedByName) {
  MapModel model = parsed("src.id as i -> tgt.x = i \"x\";");
  model.constants.emplace_back("c", "1");
  const auto made =
      writeStructureMap(model, {.id = "M", .publisher = "", .version = "", .concept_map_base = ""});
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().message.find("constants"), std::string::npos);
}

}  // namespace
}  // namespace planbro::mapping
