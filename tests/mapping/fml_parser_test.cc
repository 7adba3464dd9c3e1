#include "mapping/fml_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace planbro::mapping {
namespace {

constexpr const char* kHead =
    "/// url = 'http://x/map'\n/// name = 'm'\ngroup g(source src, target tgt) {\n";

MapModel parsed(const std::string& rules) {
  auto model = parseFml(kHead + rules + "\n}");
  EXPECT_TRUE(model.has_value()) << rules << ": " << (model ? "" : model.error().message);
  return model ? std::move(*model) : MapModel{};
}

const ModelRule& onlyRule(const MapModel& model) { return model.groups.at(0).rules.at(0); }

TEST(FmlParser, ReadsTheOlderAndTheCurrentHeader) {
  const auto older = parseFml(
      "map \"http://x/a\" = \"a\"\nuses \"http://x/S\" alias S as source\n"
      "imports \"http://x/*\"\ngroup g(source s : S, target t) extends b <<type+>> { s.a -> t.a; "
      "}");
  ASSERT_TRUE(older.has_value()) << older.error().message;
  EXPECT_EQ(older->url, "http://x/a");
  EXPECT_EQ(older->structures.at(0).alias, "S");
  EXPECT_EQ(older->imports.at(0), "http://x/*");
  EXPECT_EQ(older->groups.at(0).extends, "b");
  EXPECT_EQ(older->groups.at(0).type_mode, TypeMode::kTypeAndTypes);
  EXPECT_TRUE(older->groups.at(0).rules.at(0).simple);
  const MapModel current = parsed("src.a -> tgt.a;");
  EXPECT_EQ(current.url, "http://x/map");
  EXPECT_EQ(current.name, "m");
}

TEST(FmlParser, CutsExpressionsWhereTheyEnd) {
  struct Row {
    const char *rule, *where, *check, *log, *name;
  };
  const Row rows[] = {
      {"src.a as v where type = 'x' -> tgt.b = v \"n\";", "type = 'x'", "", "", "n"},
      {"src.a as v where (v.b).exists() and c in ('d') log (v.e) -> tgt.b = v;",
       "(v.b).exists() and c in ('d')", "", "(v.e)", "a"},
      {"src.a as v check v.length() <= 20 -> tgt.b = v;", "", "v.length() <= 20", "", "a"},
      {"src where $this is Patient then g(src, tgt) \"w\";", "$this is Patient", "", "", "w"},
      {"src.a as v where v.check = \"t'x\" -> tgt.b = v;", "v.check = 't\\'x'", "", "", "a"},
      {"src.a as v where a.matches('\\\\d+') -> tgt.b = v;", "a.matches('\\\\d+')", "", "", "a"},
      {"src.a as v where b /* c */ = 1 // d\n -> tgt.b = v;", "b = 1", "", "", "a"},
  };
  for (const Row& row : rows) {
    const MapModel model = parsed(row.rule);
    ASSERT_EQ(model.groups.size(), 1U);
    const ModelRule& rule = onlyRule(model);
    EXPECT_EQ(rule.sources.at(0).where.text, row.where) << row.rule;
    EXPECT_EQ(rule.sources.at(0).check.text, row.check) << row.rule;
    EXPECT_EQ(rule.sources.at(0).log.text, row.log) << row.rule;
    EXPECT_EQ(rule.name, row.name) << row.rule;
  }
}

TEST(FmlParser, KnowsEveryPartOfASource) {
  const MapModel model =
      parsed("src.a : Patient 0..1 default ('x') first as v, src.b 1..* -> tgt.c = v;");
  const ModelSource& source = onlyRule(model).sources.at(0);
  EXPECT_EQ(source.type, "Patient");
  EXPECT_EQ(source.min, 0U);
  EXPECT_EQ(source.max, 1U);
  EXPECT_EQ(source.default_value.text, "('x')");
  EXPECT_EQ(source.list_mode, ListMode::kFirst);
  EXPECT_EQ(source.variable, "v");
  EXPECT_EQ(onlyRule(model).sources.at(1).min, 1U);
  EXPECT_FALSE(onlyRule(model).sources.at(1).max.has_value());
}

TEST(FmlParser, KnowsEveryKindOfTargetValue) {
  struct Row {
    const char* target;
    Transform transform;
    ModelParam::Kind kind;
    const char* text;
  };
  const Row rows[] = {
      {"tgt.a = v", Transform::kCopy, ModelParam::Kind::kVariable, "v"},
      {"tgt.a = 'v'", Transform::kCopy, ModelParam::Kind::kString, "v"},
      {"tgt.a = -1.5", Transform::kCopy, ModelParam::Kind::kDecimal, "-1.5"},
      {"tgt.a = 7", Transform::kCopy, ModelParam::Kind::kInteger, "7"},
      {"tgt.a = true", Transform::kCopy, ModelParam::Kind::kBoolean, "true"},
      {"tgt.a = (v + 'x')", Transform::kEvaluate, ModelParam::Kind::kExpression, "(v + 'x')"},
      {"tgt.a = evaluate(v, b.c)", Transform::kEvaluate, ModelParam::Kind::kVariable, "v"},
      {"tgt.a = truncate(v, 3)", Transform::kTruncate, ModelParam::Kind::kVariable, "v"},
      {"tgt.a = create('T') as t share s", Transform::kCreate, ModelParam::Kind::kString, "T"},
      {"append('a', v) as t", Transform::kAppend, ModelParam::Kind::kString, "a"},
  };
  for (const Row& row : rows) {
    const MapModel model = parsed(std::string("src.x as v -> ") + row.target + ";");
    ASSERT_FALSE(model.groups.empty());
    const ModelTarget& target = onlyRule(model).targets.at(0);
    EXPECT_EQ(target.transform, row.transform) << row.target;
    EXPECT_EQ(target.params.at(0).kind, row.kind) << row.target;
    EXPECT_EQ(target.params.at(0).text, row.text) << row.target;
  }
}

TEST(FmlParser, ReadsConceptMapsInTheText) {
  const auto model = parseFml(
      "map \"http://x/a\" = a\nconceptmap \"cm\" {\n prefix s = \"http://s\"\n"
      " prefix t = \"http://t\"\n unmapped for s = fixed \"z\"\n s:a == t:\"b c\"\n s:\"1-2\" = "
      "t:3\n"
      " s:q != t:r\n}\ngroup g(source s, target t) { s.a -> t.a; }");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  ConceptMaps maps;
  maps.add(model->concept_maps.at(0));
  const ConceptMap* map = maps.find("#cm");
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(maps.translate(*map, "http://s", "a")->code, "b c");
  EXPECT_EQ(maps.translate(*map, "", "1-2")->system, "http://t");
  EXPECT_EQ(maps.translate(*map, "http://s", "q")->code, "z");
}

TEST(FmlParser, PlacesEveryFault) {
  struct Row {
    const char* text;
    std::uint32_t line;
    const char* message;
  };
  const Row rows[] = {
      {"", 1, "no group"},
      {"map \"u\" = n\ngroup g(source s) {\n s.a -> t.b = nothing(s);\n}", 3, "no transform"},
      {"map \"u\" = n\ngroup g(source s) {\n s.a -> t.b.;\n}", 3, "a name is missing"},
      {"map \"u\" = n\ngroup g(source s) {\n s.a where -> t.b;\n}", 3, "expression is missing"},
      {"map \"u\" = n\ngroup g(source s) {\n s.a", 3, "';' is missing"},
      {"map \"u\" = n\n/* never", 2, "does not end"},
      {"map \"u\" = n\ngroup g(s) {}", 2, "'source' or 'target'"},
      {"map \"u\" = 'n", 1, "does not end"},
  };
  for (const Row& row : rows) {
    const auto model = parseFml(row.text);
    ASSERT_FALSE(model.has_value()) << row.text;
    EXPECT_EQ(model.error().line, row.line) << row.text << ": " << model.error().message;
    EXPECT_NE(model.error().message.find(row.message), std::string::npos)
        << row.text << ": " << model.error().message;
  }
}

TEST(FmlParser, RefusesPathsOfTooManySteps) {
  for (const char* const side : {" s", " s -> t"}) {
    std::string text = std::string("map \"u\" = n group g(source s, target t) {") + side;
    for (int i = 0; i < 10'000; ++i) text += ".a";
    const auto model = parseFml(text + ";}");
    ASSERT_FALSE(model.has_value());
    EXPECT_NE(model.error().message.find("too many steps"), std::string::npos);
  }
}

TEST(FmlParser, RefusesRulesTooDeepInsideEachOther) {
  std::string text = "map \"u\" = n group g(source s) ";
  for (int i = 0; i < 10'000; ++i) text += "{ s then ";
  const auto model = parseFml(text);
  ASSERT_FALSE(model.has_value());
  EXPECT_NE(model.error().message.find("too deep"), std::string::npos);
}

}  // namespace
}  // namespace planbro::mapping
