#include "mapping/source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fhir/element.h"
#include "json/writer.h"
#include "mapping/primitive_text.h"
#include "mapping/source_json.h"
#include "mapping/source_text.h"
#include "mapping/source_xml.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const fhir::Definitions& definitions() { return fhir::Definitions::r4(); }

json::DocumentPtr xml(const std::string& text, std::vector<fhir::Issue>& issues) {
  return readSourceXml(text, "a.xml", definitions(), issues);
}

TEST(SourceXml, LooksAsDocumented) {
  std::vector<fhir::Issue> issues;
  const auto document =
      xml("<?xml version=\"1.0\"?>\n<r xmlns=\"n\" "
          "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
          "<a>1</a><b V=\"x\" xsi:type=\"t\"/><a V=\"y\"> 2 </a><c/><d "
          "xmlns=\"m\"><e><![CDATA[<]]></e></d></r>",
          issues);
  ASSERT_NE(document, nullptr);
  EXPECT_TRUE(issues.empty());
  EXPECT_EQ(json::write(*document),
            R"({"r":{"namespace":"n","a":["1",{"V":"y","value":"2"}],"b":{"V":"x"},"c":{},)"
            R"("d":{"namespace":"m","e":"<"}}})");
}

constexpr const char* kFhirBundle =
    R"(<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>
<entry><resource><Patient><active value="true"/></Patient></resource></entry>
<entry><resource><Goal><id value="g"/></Goal></resource></entry>
<entry><resource><Patient><id value="b"/></Patient></resource></entry></Bundle>)";

TEST(SourceXml, AFhirResourceIsTheTreeThatItsJsonIs) {
  std::vector<fhir::Issue> issues;
  const auto document = xml(
      R"(<Patient xmlns="http://hl7.org/fhir"><name><given value="A"/></name></Patient>)", issues);
  ASSERT_NE(document, nullptr);
  EXPECT_TRUE(issues.empty());
  EXPECT_EQ(json::write(*document), R"({"resourceType":"Patient","name":[{"given":["A"]}]})");
  EXPECT_EQ(fhir::Element::root(*document, definitions()).typeName(), "Patient");
  EXPECT_EQ(xmlRecords(*document, "").front(), &document->root());

  const auto bundle = xml(kFhirBundle, issues);
  ASSERT_NE(bundle, nullptr);
  EXPECT_EQ(xmlRecords(*bundle, "Patient").size(), 2U);
  EXPECT_TRUE(xmlRecords(*bundle, "Observation").empty());

  EXPECT_EQ(xml(R"(<Patient xmlns="http://hl7.org/fhir"><name></Patient>)", issues), nullptr);
  ASSERT_FALSE(issues.empty());
  EXPECT_EQ(issues.back().place.source, "a.xml");
}

TEST(SourceXml, AFhirResourceIsReadByEverySourceOfResources) {
  const fs::path file = fs::path(testing::TempDir()) / "fhir_bundle_source.xml";
  std::ofstream(file) << kFhirBundle;
  for (const SourceFormat format :
       {SourceFormat::kXml, SourceFormat::kJson, SourceFormat::kBundle}) {
    SourceDescriptor descriptor;
    descriptor.format = format;
    auto reader = openSource(descriptor, {file}, definitions());
    ASSERT_TRUE(reader.has_value());
    const auto record = (*reader)->next();
    ASSERT_TRUE(record.has_value());
    EXPECT_TRUE(record->issues.empty());
    ASSERT_NE(record->root, nullptr);
    EXPECT_EQ(record->root->member("type")->text(), "collection");
    EXPECT_EQ(record->extension, ".xml");
    EXPECT_EQ(record->original, kFhirBundle);
    const fhir::Place place =
        record->places->placeOf(*record->document, record->root->member("entry"));
    EXPECT_EQ(place.position.line, 2U);
    EXPECT_FALSE((*reader)->next().has_value());
  }
}

TEST(SourceXml, RefusesWhatIsDangerousAndPlacesTheFault) {
  std::string deep, many = "<a ";
  for (int i = 0; i < 200; ++i) deep += "<a>";
  for (int i = 0; i < 60; ++i) many += "a" + std::to_string(i) + "='1' ";
  const std::pair<std::string, std::string> rows[] = {
      {"<!DOCTYPE a><a/>", "PB-2002"},
      {"<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "PB-2002"},
      {"<a>&e;</a>", "PB-2001"},
      {deep, "PB-2008"},
      {many + "/>", "PB-2002"},
      {"<a><b></a>", "PB-2001"},
      {"<a><b>", "PB-2001"},
      {"", "PB-2001"},
      {"plain", "PB-2001"},
      {"<?xml version='1.0' encoding='EBCDIC-X'?><a>\xE6</a>", "PB-2005"},
  };
  for (const auto& [text, code] : rows) {
    std::vector<fhir::Issue> issues;
    EXPECT_EQ(xml(text, issues), nullptr) << text;
    ASSERT_EQ(issues.size(), 1U) << text;
    EXPECT_EQ(issues[0].code, code) << text << issues[0].text(fhir::Language::kEnglish);
    EXPECT_EQ(issues[0].place.source, "a.xml");
  }
}

TEST(SourceText, RecoversAWronglyDeclaredEncodingAndSaysSo) {
  std::vector<fhir::Issue> issues;
  EXPECT_EQ(decodeText("bl\xE5", "UTF-8", "f", issues), "blå");
  EXPECT_EQ(decodeText("blå", "ISO-8859-1", "f", issues), "blå");
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_EQ(issues[0].code, "PB-2003");
  issues.clear();
  EXPECT_EQ(decodeText("bl\xE5", "ISO-8859-1", "f", issues), "blå");
  EXPECT_EQ(decodeText("\xEF\xBB\xBF"
                       "å",
                       "", "f", issues),
            "å");
  EXPECT_EQ(decodeText(std::string("\xFF\xFE"
                                   "a\0\xE5\0",
                                   6),
                       "", "f", issues),
            "aå");
  EXPECT_TRUE(issues.empty());
  EXPECT_EQ(decodeText("\xEF\xBF\xBD", "", "f", issues), "\xEF\xBF\xBD");
  EXPECT_EQ(issues.at(0).code, "PB-2004");
}

TEST(SourceText, ATextInPartsIsUtf8WhereverItIsCut) {
  const std::string text = "a\u00e5\u20ac\U0001F600z";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EncodingScan scan;
    scan.add(text.substr(0, cut));
    scan.add(text.substr(cut));
    EXPECT_TRUE(scan.isUtf8()) << cut;
    EXPECT_FALSE(scan.hasReplacement());
    EncodingScan broken;
    broken.add(text.substr(0, cut));
    EXPECT_EQ(broken.isUtf8(), isUtf8(text.substr(0, cut))) << cut;
  }
  EncodingScan latin;
  latin.add("bl\xE5");
  latin.add("r");
  EXPECT_FALSE(latin.isUtf8());
  EncodingScan lost;
  lost.add("\xEF\xBF");
  lost.add("\xBD");
  EXPECT_TRUE(lost.hasReplacement());
}

class CsvSource : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    descriptor_.format = SourceFormat::kCsv;
    descriptor_.table.file = "plans.csv";
    descriptor_.table.key = "id";
    descriptor_.table.required = {"name"};
    CsvTable goals;
    goals.name = "goals";
    goals.file = "goals.csv";
    goals.parent = "id";
    goals.optional = true;
    descriptor_.table.children.push_back(goals);
  }
  void write(const char* name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::vector<SourceRecord> read() {
    std::vector<SourceRecord> records;
    auto reader = openSource(descriptor_, {folder_}, definitions());
    EXPECT_TRUE(reader.has_value());
    while (auto record = (*reader)->next()) records.push_back(std::move(*record));
    return records;
  }

  fs::path folder_;
  SourceDescriptor descriptor_;
};

TEST_F(CsvSource, JoinsRowsToTheirPlanAndKnowsTheirPlaces) {
  write("plans.csv", "\xEF\xBB\xBFid;name;by V\xE5r\r\n1;\"Kari; \"\"K\"\"\";x\r\n2;Ola;\r\n");
  write("goals.csv", "id,goal\n1,\"walk\nfar\"\n2,sing\n1,read\n");
  const auto records = read();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(json::write(*records[0].document),
            "{\"id\":\"1\",\"name\":\"Kari; \\\"K\\\"\",\"by_V_r\":\"x\",\"goals\":[{\"id\":\"1\","
            "\"goal\":\"walk\\nfar\"},{\"id\":\"1\",\"goal\":\"read\"}]}");
  const json::Node* goal = records[0].root->member("goals")->children()[1].member("goal");
  const fhir::Place place = records[0].places->placeOf(*records[0].document, goal);
  EXPECT_EQ(fs::path(place.source).filename(), "goals.csv");
  EXPECT_EQ(place.position.line, 5U);
  EXPECT_EQ(place.position.column, 2U);
  EXPECT_EQ(place.expression, "goals[2]/goal");
}

TEST_F(CsvSource, OneFaultyRowNeverStopsTheOthersAndNothingIsLost) {
  write("plans.csv", "id,name\n1,Kari\n2\n3,\n4,Ola\n4,Per\n5,\"open\n6,Liv\n");
  write("goals.csv", "id,goal\n9,lost\n,keyless\n1,a,b\n4,fine\n");
  const auto records = read();
  std::vector<std::string> codes;
  std::size_t good = 0;
  for (const SourceRecord& record : records) {
    if (record.issues.empty()) ++good;
    for (const fhir::Issue& issue : record.issues) codes.emplace_back(issue.code);
    EXPECT_FALSE(record.original.empty()) << record.name;
  }
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(good, 2U);  // 4 and 6
  EXPECT_EQ(codes, (std::vector<std::string>{"PB-2012", "PB-2012", "PB-2013", "PB-2014", "PB-2014",
                                             "PB-2015", "PB-2016"}));
}

TEST_F(CsvSource, SaysWhichColumnOrFileIsMissing) {
  write("plans.csv", "id,other\n1,x\n");
  auto records = read();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].issues.at(0).code, "PB-2011");
  EXPECT_NE(records[0].original.find("1,x"), std::string::npos);
  fs::remove(folder_ / "plans.csv");
  records = read();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].issues.at(0).code, "PB-2010");
}

TEST_F(CsvSource, OneOfSeveralColumnsIsEnoughWhereTheDescriptorSaysSo) {
  descriptor_.table.required = {"name|nick"};
  write("plans.csv", "id,nick\n1,Kari\n2,\n");
  auto records = read();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_TRUE(records[0].issues.empty());
  EXPECT_EQ(records[1].issues.at(0).code, "PB-2014");
  write("plans.csv", "id,other\n1,Kari\n");
  records = read();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].issues.at(0).code, "PB-2011");
}

TEST(SourceJson, TakesArraysMembersAndLines) {
  const fs::path folder = fs::path(testing::TempDir()) / "source_json";
  fs::create_directories(folder);
  std::ofstream(folder / "a.json") << "{\"planer\":[{\"id\":1},{\"id\":2}]}";
  std::ofstream(folder / "b.ndjson") << "{\"id\":3}\n\nno\n{\"id\":4}\n";
  SourceDescriptor descriptor;
  descriptor.format = SourceFormat::kJson;
  descriptor.record = "planer";
  auto reader = openSource(descriptor, {folder / "a.json"}, definitions());
  ASSERT_TRUE(reader.has_value());
  std::vector<std::string> originals;
  while (auto record = (*reader)->next()) originals.push_back(record->original);
  EXPECT_EQ(originals, (std::vector<std::string>{"{\"id\":1}", "{\"id\":2}"}));
  descriptor.record = "";
  reader = openSource(descriptor, {folder / "b.ndjson"}, definitions());
  std::size_t good = 0;
  std::vector<fhir::Issue> issues;
  while (auto record = (*reader)->next()) {
    if (record->issues.empty()) ++good;
    issues.insert(issues.end(), record->issues.begin(), record->issues.end());
  }
  EXPECT_EQ(good, 2U);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-2009");
  EXPECT_EQ(issues[0].place.position.line, 3U);
}

TEST(Dates, AreReadInEveryFormJournalsWrite) {
  struct Row {
    const char *text, *type, *expected;
    bool changed, zone;
  };
  const Row rows[] = {
      {"1991-12-4", "date", "1991-12-04", true, false},
      {"4.12.1991", "", "1991-12-04", true, false},
      {"19911204", "date", "1991-12-04", true, false},
      {"2026-01-31T10:00", "dateTime", "2026-01-31T10:00:00+01:00", true, true},
      {"04.07.2026 13:05", "", "2026-07-04T13:05:00+02:00", true, true},
      {"2026-03-29T01:59:59", "dateTime", "2026-03-29T01:59:59+01:00", true, true},
      {"2026-03-29T03:00:00", "dateTime", "2026-03-29T03:00:00+02:00", true, true},
      {"20261025043000", "dateTime", "2026-10-25T04:30:00+01:00", true, true},
      {"2026-01-31", "instant", "2026-01-31T00:00:00+01:00", true, true},
      {"2026-01-31T10:00:00Z", "dateTime", "2026-01-31T10:00:00Z", false, false},
      {"2026-01-31T10:00:00.5+01:00", "date", "2026-01-31", true, false},
      {"2026-02", "date", "2026-02", false, false},
  };
  for (const Row& row : rows) {
    const auto read = readDate(row.text, row.type);
    ASSERT_TRUE(read.has_value()) << row.text;
    EXPECT_EQ(read->text, row.expected) << row.text;
    EXPECT_EQ(read->changed, row.changed) << row.text;
    EXPECT_EQ(read->zone_assumed, row.zone) << row.text;
  }
  for (const char* text : {"30.02.2026", "2026-13-01", "snart", "1.1.26", "2026-01-01T25:00", ""})
    EXPECT_FALSE(readDate(text, "date").has_value() &&
                 std::string_view(text).find('T') == std::string_view::npos)
        << text;
}

}  // namespace
}  // namespace planbro::mapping
