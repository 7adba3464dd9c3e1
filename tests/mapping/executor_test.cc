#include "mapping/executor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "json/writer.h"
#include "mapping/source_json.h"
#include "mapping/source_xml.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

struct Ran {
  Outcome outcome;
  std::vector<fhir::Issue> load_issues;
  std::string text() const {
    return outcome.document == nullptr ? "" : json::write(*outcome.document);
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const fhir::Issue& issue : load_issues) all.emplace_back(issue.code);
    for (const fhir::Issue& issue : outcome.issues) all.emplace_back(issue.code);
    return all;
  }
};

// Runs `rules` from any JSON or XML to a Patient.
Ran run(const std::string& rules, const std::string& source, const std::string& more = "") {
  const fs::path file =
      fs::path(testing::TempDir()) /
      (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".map");
  std::ofstream(file)
      << "map \"urn:m\" = m\n"
         "uses \"http://hl7.org/fhir/StructureDefinition/Patient\" alias Patient as "
         "target\n"
      << more << "\ngroup g(source src, target tgt : Patient) {\n"
      << rules << "\n}\n";
  MapLibrary::Options options;
  options.builtin = false;
  options.paths = {file};
  auto loaded = MapLibrary::load(options);
  Ran ran;
  if (!loaded) return ran;
  ran.load_issues = loaded->issues;
  std::vector<fhir::Issue> issues;
  const fhir::Definitions& definitions = loaded->library->definitions();
  const bool xml = source.starts_with('<');
  const auto document = xml ? readSourceXml(source, "s.xml", definitions, issues)
                            : readSourceJson(source, "s.json", definitions, issues);
  const json::Node* root = xml ? xmlRecords(*document, "").front() : nullptr;
  TransformOptions wanted;
  wanted.trace = true;
  if (loaded->library->hasMap("urn:m"))
    ran.outcome = loaded->library->transform("urn:m", {document, root, nullptr}, wanted);
  return ran;
}

TEST(Executor, WritesInDefinitionOrderWithTypesOfTheTarget) {
  const Ran ran = run(
      "src.m as v -> tgt.multipleBirth = cast(v, 'integer'); src.a as v -> tgt.active = v;"
      "src.n as n -> tgt.name as t then { n.g as v -> t.given = v; n.f as v -> t.family = v; };",
      R"({"m":"02","a":"true","n":{"g":["A","B"],"f":"C"}})");
  EXPECT_EQ(ran.text(),
            R"({"resourceType":"Patient","active":true,"name":[{"family":"C","given":["A","B"]}],)"
            R"("multipleBirthInteger":2})");
}

TEST(Executor, TransformsGiveWhatTheSpecificationSays) {
  struct Row {
    const char *target, *expected;
  };
  const Row rows[] = {
      {"tgt.language = truncate(v, 2)", R"("language":"åb")"},
      {"tgt.language = append('x', v, '-', 1)", R"("language":"xåbc-1")"},
      {"tgt.maritalStatus = cc('s', 'c', 'd')",
       R"("maritalStatus":{"coding":[{"system":"s","code":"c","display":"d"}]})"},
      {"tgt.maritalStatus = cc(v)", R"("maritalStatus":{"text":"åbc"})"},
      {"tgt.maritalStatus as m, m.coding = c('s', 'c')",
       R"("maritalStatus":{"coding":[{"system":"s","code":"c"}]})"},
      {"tgt.identifier = id('s', v, 'MR')",
       R"("identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203",)"
       R"("code":"MR"}]},"system":"s","value":"åbc"}])"},
      {"tgt.telecom = cp('a@b.no')", R"("telecom":[{"system":"email","value":"a@b.no"}])"},
      {"tgt.extension as x, x.url = 'u', x.value = qty('3,5 mg')",
       R"("extension":[{"url":"u","valueQuantity":{"value":3.5,"unit":"mg"}}])"},
      {"tgt.extension as x, x.url = 'u', x.value = create('Period') as p, p.start = '2026'",
       R"("extension":[{"url":"u","valuePeriod":{"start":"2026"}}])"},
      {"tgt.birthDate = dateOp('1991-12-4', 'date')", R"("birthDate":"1991-12-04")"},
      {"tgt.language = (v.length().toString() + %v)", R"("language":"3åbc")"},
      {"tgt.language = escape('a<b', 'xml')", R"("language":"a&lt;b")"},
      {"uuid('a', 'b') as u, tgt.language = u",
       R"("language":"fbea1e2f-9a90-57c3-89ec-0f5b87d2bf3f")"},
      {"tgt.language = translate(v, '#cm', 'code')", R"("language":"z")"},
  };
  for (const Row& row : rows) {
    const Ran ran = run(std::string("src.v as v -> ") + row.target + ";", R"({"v":"åbc"})",
                        "conceptmap \"cm\" { prefix s = \"s\" prefix t = \"t\" s:\"åbc\" == t:z }");
    if (std::string_view(row.target).starts_with("uuid")) {
      EXPECT_EQ(ran.text().size(), std::string_view(R"({"resourceType":"Patient",)").size() +
                                       std::string_view(row.expected).size() + 1);
      continue;
    }
    EXPECT_EQ(ran.text(), std::string(R"({"resourceType":"Patient",)") + row.expected + "}")
        << row.target;
  }
}

TEST(Executor, AnErrorStopsTheRecordWithRuleAndPlace) {
  struct Row {
    const char *rule, *code;
  };
  const Row rows[] = {
      {"src.v as v -> tgt.birthDate = v \"r\";", "PB-2206"},
      {"src.v as v -> tgt.nothing = v \"r\";", "PB-2204"},
      {"src.o as v -> tgt.name = v \"r\";", "PB-2205"},
      {"src.l only_one as v -> tgt.language = v \"r\";", "PB-2210"},
      {"src.v as v check v = 'no' -> tgt.language = v \"r\";", "PB-2211"},
      {"src.v as v -> tgt.active = cast(v, 'boolean') \"r\";", "PB-2212"},
      {"src.v as v -> tgt.language = translate(v, 'urn:none', 'code') \"r\";", "PB-2218"},
      {"src.v as v where v + 1 > 2 -> tgt.language = v \"r\";", "PB-2201"},
      {"src.v as v -> tgt.birthDate = dateOp(v, 'date') \"r\";", "PB-2212"},
      {"src.z 1..1 as v -> tgt.language = v \"r\";", "PB-2210"},
  };
  for (const Row& row : rows) {
    const Ran ran = run(row.rule, R"({"o":{"x":1},"l":["a","b"],"v":"tull"})");
    EXPECT_EQ(ran.outcome.document, nullptr) << row.rule;
    ASSERT_EQ(ran.outcome.issues.size(), 1U) << row.rule;
    EXPECT_EQ(ran.outcome.issues[0].code, row.code) << row.rule;
    EXPECT_NE(ran.outcome.issues[0].rule.find("g/r"), std::string::npos) << row.rule;
  }
}

TEST(Executor, AValueOfTheWrongTypeIsToldWithItsPlaceItsTypeAndWhatIsTaken) {
  struct Row {
    const char *rule, *text;
  };
  const Row rows[] = {
      {"src.o as v -> tgt.language = v \"r\";", "Rule g/r: language takes code, not object."},
      {"src.o as v -> tgt.name = v \"r\";", "Rule g/r: name takes HumanName, not object."},
      {"src.o as v -> tgt.name = 'x' \"r\";", "Rule g/r: name takes HumanName, not string."},
      {"src.o as v -> tgt.deceased = 5 \"r\";",
       "Rule g/r: deceased takes boolean, dateTime, not integer."},
      {"src.o as v -> tgt.deceased = create('Period') \"r\";",
       "Rule g/r: deceased takes boolean, dateTime, not Period."},
      {"src.o as v -> tgt.language = append('x', v) \"r\";",
       "Rule g/r: append takes string, not object."},
      {"src.o as v -> tgt.generalPractitioner as p, p.reference = reference('x') \"r\";",
       "Rule g/r: reference takes Resource, not string."},
      {"src.o as v -> tgt.deceased as d \"r\";",
       "Rule g/r: deceased can be boolean, dateTime, and the map does not say which."},
  };
  for (const Row& row : rows) {
    const Ran ran = run(row.rule, "{\n \"o\": {\"x\": 1}}");
    EXPECT_EQ(ran.outcome.document, nullptr) << row.rule;
    ASSERT_EQ(ran.outcome.issues.size(), 1U) << row.rule;
    const fhir::Issue& issue = ran.outcome.issues[0];
    EXPECT_EQ(issue.text(fhir::Language::kEnglish), row.text);
    EXPECT_EQ(issue.place.position.line, 2U) << row.rule;
    EXPECT_EQ(issue.place.expression, "o") << row.rule;
  }
}

TEST(Executor, AnElementLookedForInATextIsToldWithItsPlace) {
  const char* rule = "src.o as o then { o.x as v -> tgt.language = v \"x\"; } \"o\";";
  for (const char* value : {R"("2026")", "5", "true"}) {
    const Ran ran = run(rule, "{\n \"o\": " + std::string(value) + "}");
    EXPECT_EQ(ran.outcome.document, nullptr) << value;
    ASSERT_EQ(ran.codes(), std::vector<std::string>{"PB-2228"}) << value;
    EXPECT_EQ(ran.outcome.issues[0].place.position.line, 2U) << value;
    EXPECT_EQ(ran.outcome.issues[0].place.expression, "o") << value;
  }
  EXPECT_EQ(run("src.o as o then { o.x 0..1 as v -> tgt.language = v; };", R"({"o":"a"})").codes(),
            std::vector<std::string>{"PB-2228"});
  const std::string nothing = R"({"resourceType":"Patient"})";
  for (const char* value : {"null", "\"\"", "{}", "[]", "{\"y\": 1}"})
    EXPECT_EQ(run(rule, "{\"o\":" + std::string(value) + "}").text(), nothing) << value;
  EXPECT_EQ(run(rule, "<r><o>text</o></r>").text(), nothing);
  EXPECT_EQ(run("src.o as o where x.exists() then { o.x as v -> tgt.language = v; };"
                "src.o as o where x.exists().not() -> tgt.language = o;",
                R"({"o":"nb"})")
                .text(),
            R"({"resourceType":"Patient","language":"nb"})");
}

TEST(Executor, AnXmlElementWithElementsInsideIsNoTextOneWithAttributesAloneIsEmpty) {
  const char* rule = "src.a as v -> tgt.language = v \"r\"; src.b as v -> tgt.id = v;";
  EXPECT_EQ(run(rule, R"(<r><a x="1"/><b>i</b></r>)").text(),
            R"({"resourceType":"Patient","id":"i"})");
  EXPECT_EQ(run(rule, R"(<r><a x="1">nb</a><b>i</b></r>)").text(),
            R"({"resourceType":"Patient","id":"i","language":"nb"})");
  EXPECT_EQ(run(rule, "<r><a><c>nb</c></a><b>i</b></r>").codes(),
            std::vector<std::string>{"PB-2205"});
}

TEST(Executor, MapsWithFaultsAreNamedAndCannotRun) {
  for (const char* rule : {"src.v as v -> tgt.language = w;", "src.v as v -> x.language = v;",
                           "src.v as v where ((v -> tgt.language = v;", "src.v then none(src);",
                           "src.v as v where v.nofunction() -> tgt.language = v;",
                           "src.v as v -> tgt.language = cast(v, 'Nothing');"}) {
    const Ran ran = run(rule, R"({"v":"1"})");
    EXPECT_EQ(ran.outcome.document, nullptr) << rule;
    EXPECT_FALSE(ran.load_issues.empty()) << rule;
  }
}

TEST(Executor, LogGivesFindingsAndErrorsAmongThemDoNotStop) {
  const Ran ran =
      run("src.v as v log ('warning: ' + %v) -> tgt.language = v; src.v as v log ('error: b');"
          "src.v as v log ('c');",
          R"({"v":"a"})");
  EXPECT_EQ(ran.codes(), (std::vector<std::string>{"PB-2221", "PB-2222", "PB-2220"}));
  EXPECT_EQ(ran.text(), R"({"resourceType":"Patient","language":"a"})");
}

TEST(Executor, TraceNamesRuleAndSourceOfEveryElement) {
  const Ran ran =
      run("src.n as n -> tgt.name as t then { n.f as v -> t.family = v \"fam\"; } \"nm\";",
          "{\n \"n\": {\"f\": \"C\"}}");
  bool found = false;
  for (const TraceEntry& entry : ran.outcome.trace) {
    if (entry.target != "Patient.name[0].family") continue;
    found = true;
    EXPECT_EQ(entry.rule.substr(0, 8), "g/nm/fam");
    EXPECT_EQ(entry.source.position.line, 2U);
    EXPECT_EQ(entry.source.expression, "n/f");
  }
  EXPECT_TRUE(found);
}

TEST(Executor, GroupsThatCallEachOtherWithoutEndAreStopped) {
  const Ran ran = run("src then g(src, tgt);", R"({"v":"a"})");
  EXPECT_EQ(ran.outcome.document, nullptr);
  EXPECT_EQ(ran.codes(), std::vector<std::string>{"PB-2215"});
}

TEST(Executor, PrimitivesKeepTheirExtensionsAndBorrowedElementsCanBeChanged) {
  const Ran ran = run(
      "src.name as n -> tgt.name = n as t, t.use = 'old'; src.birthDate as v -> tgt.birthDate = v;",
      R"({"resourceType":"Patient","name":[{"family":"A","_family":{"id":"i"}}],)"
      R"("birthDate":"2020-01-01","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]}})");
  EXPECT_EQ(
      ran.text(),
      R"({"resourceType":"Patient","name":[{"use":"old","family":"A","_family":{"id":"i"}}],)"
      R"("birthDate":"2020-01-01","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]}})");
}

}  // namespace
}  // namespace planbro::mapping
