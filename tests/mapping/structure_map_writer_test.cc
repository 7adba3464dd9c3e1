// Maps written as StructureMap resources; that they run alike is tests/ip_package/package_test.cc.
#include "mapping/structure_map_writer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "fhir/canonical_base.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "mapping/fml_parser.h"
#include "mapping/source_json.h"
#include "mapping/structure_map_reader.h"
#include "support/scratch_folder.h"
#include "validation/packs.h"
#include "validation/validator.h"

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

// What a map in these files makes of the source, and what is wrong with it.
std::string made(const std::map<std::string, std::string>& files, const std::string& source) {
  const testing_support::ScratchFolder scratch("structure_map_names");
  for (const auto& [name, bytes] : files)
    std::ofstream(scratch.path() / name, std::ios::binary) << bytes;
  MapLibrary::Options options;
  options.builtin = false;
  options.paths = {scratch.path()};
  const auto loaded = MapLibrary::load(options);
  if (!loaded) return loaded.error().message;
  std::vector<fhir::Issue> issues = loaded->issues;
  const auto document = readSourceJson(source, "s.json", loaded->library->definitions(), issues);
  Outcome outcome =
      loaded->library->transform("http://x/StructureMap/M", {document, nullptr, nullptr}, {});
  std::string text = outcome.document == nullptr ? "" : json::write(*outcome.document);
  issues.insert(issues.end(), outcome.issues.begin(), outcome.issues.end());
  for (const fhir::Issue& issue : issues) text += " " + issue.text(fhir::Language::kEnglish);
  return text;
}

TEST(StructureMapWriter, NamesThatAreNoIdsBecomeIdsAndStillMeanTheSame) {
  const std::string longest(70, 'n');
  const std::string text =
      "/// url = 'http://x/StructureMap/M'\n/// name = 'M'\n"
      "conceptmap \"the_words\" { prefix s = \"s\" prefix t = \"t\" s:a == t:alfa }\n"
      "uses \"http://hl7.org/fhir/StructureDefinition/Patient\" alias Patient as target\n"
      "group start_here(source the_source, target the_patient : Patient) {\n"
      "the_source.first_name as first_name where %first_name != 'x_y' and first_name.exists() and "
      "%the_source.first_name.exists() then add_name(first_name, 'the_text', the_patient) "
      "\"navn på personen: en regel med et navn som er for langt og har andre tegn\";\n"
      "the_source.first_name as first_name, the_source.last_name as `last name` -> "
      "the_patient.identifier as an_id share the_one, an_id.system = "
      "append(first_name, (%first_name & '_' & %`last name`)) \"a_rule\";\n"
      "the_source.word as " +
      longest + " -> the_patient.identifier as an_id share the_one, an_id.value = translate(" +
      longest +
      ", '#the_words', 'code') \"b_rule\";\n"
      "the_source.a_code as a_code -> evaluate(a_code, '%a_code') as a_text, "
      "the_patient.language = a_text \"c_rule\";\n"
      "}\n"
      "group add_name(source first_name, source more, target the_patient) {\n"
      "first_name -> the_patient.name as a_name, a_name.given = first_name, a_name.text = more "
      "\"name\";\n"
      "}\n";
  auto model = parseFml(text);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  const auto written = writeStructureMap(
      *model,
      {.id = "M", .publisher = "P", .version = "1", .concept_map_base = "http://x/ConceptMap"});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  std::vector<json::DocumentPtr> resources = written->concept_maps;
  resources.push_back(written->map);
  const auto registry = std::make_shared<const fhir::Registry>();
  const std::vector<std::string> r4{"r4"};
  validation::Options options;
  options.packs =
      validation::choosePacks(validation::builtinPacks().value(), r4, *registry).value();
  const validation::ValidationContext context(registry, std::move(options));
  for (const json::DocumentPtr& one : resources) {
    const auto read = fhir::readJson(json::write(*one));
    ASSERT_TRUE(read.resource);
    for (const fhir::Issue& issue : context.validate(read.resource))
      EXPECT_GT(issue.severity, fhir::Severity::kError)
          << issue.place.expression << " " << issue.text(fhir::Language::kEnglish);
  }
  const std::string source = R"({"first_name":"Ada","last_name":"Li","word":"a","a_code":"nb"})";
  const std::string expected = made({{"m.map", text}}, source);
  EXPECT_TRUE(expected.contains("AdaAda_Li")) << expected;
  EXPECT_TRUE(expected.contains("alfa")) << expected;
  EXPECT_EQ(made({{"m.json", json::write(*written->map)},
                  {"words.json", json::write(*written->concept_maps.front())}},
                 source),
            expected);
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
