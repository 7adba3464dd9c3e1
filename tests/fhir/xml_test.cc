#include "fhir/xml.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "json/compare.h"
#include "json/writer.h"

namespace planbro::fhir {
namespace {

std::string codes(const std::vector<Issue>& issues) {
  std::string all;
  for (const Issue& issue : issues)
    all += std::string(all.empty() ? "" : " ") + std::string(issue.code);
  return all;
}

// A resource of the FHIR namespace around `inside`.
std::string xml(const std::string& type, const std::string& inside) {
  return "<" + type + " xmlns=\"http://hl7.org/fhir\">" + inside + "</" + type + ">";
}

std::string toJson(const std::string& text) {
  const ReadOutcome read = readXml(text);
  EXPECT_EQ(codes(read.issues), "") << text;
  return read.resource ? json::write(*read.resource.document()) : "";
}

std::string toXml(const std::string& text) {
  const ReadOutcome read = readJson(text);
  EXPECT_TRUE(read.resource) << text;
  const XmlText written = writeXml(read.resource);
  EXPECT_EQ(codes(written.issues), "") << text;
  return written.text;
}

void expectBack(const std::string& text) {
  const ReadOutcome first = readJson(text);
  ASSERT_TRUE(first.resource) << text;
  const ReadOutcome back = readXml(toXml(text));
  EXPECT_EQ(codes(back.issues), "") << text;
  ASSERT_TRUE(back.resource) << text;
  EXPECT_EQ(
      json::firstDifference(first.resource.document()->root(), back.resource.document()->root()),
      "");
}

TEST(Xml, ListsChoicesNumbersAndBooleansBecomeWhatJsonSays) {
  EXPECT_EQ(
      toJson(xml("Observation",
                 "<status value=\"final\"/><category><text value=\"c\"/></category>"
                 "<code><text value=\"x\"/></code><valueQuantity><value value=\"1.50\"/>"
                 "<unit value=\"kg\"/></valueQuantity>")),
      R"({"resourceType":"Observation","status":"final","category":[{"text":"c"}],"code":{"text":"x"},"valueQuantity":{"value":1.50,"unit":"kg"}})");
  EXPECT_EQ(toJson(xml("Patient", "<active value=\"true\"/><multipleBirthInteger value=\"2\"/>")),
            R"({"resourceType":"Patient","active":true,"multipleBirthInteger":2})");
}

TEST(Xml, IdAndExtensionsOfPrimitivesBecomeASiblingWithGaps) {
  EXPECT_EQ(
      toJson(xml("Patient",
                 "<name><given value=\"A\"/><given id=\"g\"><extension url=\"u\"><valueString "
                 "value=\"x\"/></extension></given><given value=\"C\"/></name>"
                 "<birthDate id=\"b\" value=\"2000\"/>")),
      R"({"resourceType":"Patient","name":[{"given":["A",null,"C"],"_given":[null,{"id":"g","extension":[{"url":"u","valueString":"x"}]},null]}],"birthDate":"2000","_birthDate":{"id":"b"}})");
}

TEST(Xml, ContainedResourcesAndBundleEntriesAreUnwrapped) {
  EXPECT_EQ(
      toJson(xml(
          "Bundle",
          "<type value=\"collection\"/><entry><resource><CarePlan><contained><Goal><id "
          "value=\"g\"/></Goal></contained><title value=\"t\"/></CarePlan></resource></entry>")),
      R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"CarePlan","contained":[{"resourceType":"Goal","id":"g"}],"title":"t"}}]})");
}

TEST(Xml, TheNarrativeIsKeptAsWritten) {
  const std::string div =
      "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p  class='x' >a &amp; b&#160;<br /><!-- c -->\n"
      "<b>d</b></p></div>";
  const ReadOutcome read =
      readXml(xml("Patient", "<text><status value=\"generated\"/>" + div + "</text>"));
  EXPECT_EQ(read.resource.root().child("text").textOf("div"), div);
  EXPECT_NE(writeXml(read.resource).text.find(div), std::string::npos);
}

TEST(Xml, ANarrativeWithAPrefixIsMadeToStandAlone) {
  const ReadOutcome read = readXml(
      "<Patient xmlns=\"http://hl7.org/fhir\" "
      "xmlns:h=\"http://www.w3.org/1999/xhtml\"><text><status "
      "value=\"generated\"/><h:div><h:p>a</h:p></h:div></text></Patient>");
  EXPECT_EQ(codes(read.issues), "");
  EXPECT_EQ(read.resource.root().child("text").textOf("div"),
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p></div>");
}

TEST(Xml, CommentsInstructionsAndSchemaHintsArePassedOver) {
  EXPECT_EQ(toJson("<?xml version=\"1.0\"?><!-- a --><?x y?><Patient xmlns=\"http://hl7.org/fhir\" "
                   "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                   "xsi:schemaLocation=\"http://hl7.org/fhir fhir.xsd\"><!-- <b/> --><active "
                   "value=\"true\"/><?z?></Patient>"),
            R"({"resourceType":"Patient","active":true})");
}

TEST(Xml, EverythingSurvivesTheWayThereAndBack) {
  expectBack(
      R"({"resourceType":"Patient","id":"p","extension":[{"id":"e","url":"u<&\">","valueDecimal":1.00}],"name":[{"given":["A",null],"_given":[null,{"id":"x"}]}],"contact":[{"name":{"text":"l\u00f8 \n\t \"q\" <&> 😀"}}]})");
  expectBack(
      R"({"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"1.1","type":"decimal","initial":[{"valueDecimal":-1.5e-3}]}]}]})");
  expectBack(
      R"({"resourceType":"Parameters","parameter":[{"name":"r","resource":{"resourceType":"Binary","contentType":"x/y"}},{"name":"b","valueBoolean":false}]})");
  expectBack(
      R"({"resourceType":"CarePlan","status":"active","_intent":{"extension":[{"url":"u","valueCode":"c"}]},"subject":{"reference":"Patient/1"},"activity":[{"detail":{"status":"scheduled","scheduledTiming":{"repeat":{"frequency":2,"period":1.0,"periodUnit":"wk"}}}}]})");
}

TEST(Xml, EveryResourceOfTheRepositorySurvivesTheWayThereAndBack) {
  std::size_t resources = 0;
  for (const char* folder : {"/fixtures", "/profiles/ip"}) {
    const std::string root = std::string(PLANBRO_SOURCE_DIR) + folder;
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
      if (file.path().extension() != ".json") continue;
      std::ifstream in(file.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      if (!readJson(text).resource) continue;  // a journal export, or bad on purpose
      SCOPED_TRACE(file.path().string());
      expectBack(text);
      ++resources;
    }
  }
  EXPECT_GT(resources, 50U);
}

TEST(Xml, ElementsAreWrittenInTheOrderOfTheDefinitions) {
  EXPECT_EQ(
      toXml(
          R"({"birthDate":"2000","name":[{"family":"F","use":"usual"}],"id":"p","resourceType":"Patient"})"),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Patient xmlns=\"http://hl7.org/fhir\"><id "
      "value=\"p\"/><name><use value=\"usual\"/><family value=\"F\"/></name><birthDate "
      "value=\"2000\"/></Patient>");
}

TEST(Xml, PrettyOutputHasOneElementALineAndSaysTheSame) {
  const ReadOutcome read = readJson(R"({"resourceType":"Patient","name":[{"family":"F"}]})");
  const std::string text = writeXml(read.resource, {.pretty = true}).text;
  EXPECT_NE(text.find("\n  <name>\n    <family value=\"F\"/>\n  </name>\n</Patient>\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(toJson(text), R"({"resourceType":"Patient","name":[{"family":"F"}]})");
}

struct Kept {
  const char* name;
  std::string inside, code, json;
};

TEST(Xml, WhatIsWrongIsReportedAndKept) {
  const Kept cases[] = {
      {"unknown element", "<active value=\"true\"/><hobby value=\"chess\"/>", "PB-0112",
       R"({"resourceType":"Patient","active":true,"hobby":"chess"})"},
      {"unknown structure", "<a><b value=\"1\"/><b value=\"2\"/></a>", "PB-0112",
       R"({"resourceType":"Patient","a":{"b":["1","2"]}})"},
      {"not adjacent",
       "<name><text value=\"a\"/></name><gender value=\"male\"/><name><text value=\"b\"/></name>",
       "PB-0113",
       R"({"resourceType":"Patient","name":[{"text":"a"},{"text":"b"}],"gender":"male"})"},
      {"wrong order", "<gender value=\"male\"/><active value=\"true\"/>", "PB-0113",
       R"({"resourceType":"Patient","gender":"male","active":true})"},
      {"too many", "<gender value=\"male\"/><gender value=\"female\"/>", "",
       R"({"resourceType":"Patient","gender":["male","female"]})"},
      {"text", "<active value=\"true\"/>hello", "PB-0114",
       R"({"resourceType":"Patient","active":true})"},
      {"attribute", "<name colour=\"red\"><text value=\"a\"/></name>", "PB-0115",
       R"({"resourceType":"Patient","name":[{"colour":"red","text":"a"}]})"},
      {"empty", "<active/>", "PB-0119", R"({"resourceType":"Patient","active":null})"},
      {"no number", "<multipleBirthInteger value=\"+02\"/>", "",
       R"({"resourceType":"Patient","multipleBirthInteger":"+02"})"},
      {"no boolean", "<active value=\"TRUE\"/>", "",
       R"({"resourceType":"Patient","active":"TRUE"})"},
      {"no wrapped resource", "<contained/>", "PB-0118",
       R"({"resourceType":"Patient","contained":[{}]})"},
  };
  for (const Kept& one : cases) {
    const ReadOutcome read = readXml(xml("Patient", one.inside));
    EXPECT_EQ(codes(read.issues), one.code) << one.name;
    ASSERT_TRUE(read.resource) << one.name;
    EXPECT_EQ(json::write(*read.resource.document()), one.json) << one.name;
  }
}

TEST(Xml, AWrongNamespaceIsToldOnceWithItsPlace) {
  const ReadOutcome read = readXml("<Patient>\n  <active value=\"true\"/></Patient>");
  ASSERT_EQ(codes(read.issues), "PB-0111");
  EXPECT_EQ(read.issues[0].place.position.line, 1U);
  EXPECT_TRUE(read.resource);
}

TEST(Xml, IssuesKnowTheirPathAndLine) {
  const ReadOutcome read =
      readXml(xml("Patient",
                  "\n<contact><name>\n  <text value=\"a\"/></name></contact>\n<contact>\n  <nick "
                  "value=\"x\"/></contact>"));
  ASSERT_EQ(codes(read.issues), "PB-0112");
  EXPECT_EQ(read.issues[0].place.expression, "Patient.contact[1]");
  EXPECT_EQ(read.issues[0].place.position.line, 5U);
  EXPECT_EQ(read.issues[0].place.position.column, 3U);
}

TEST(Xml, HostileOrBrokenTextIsRefusedWithItsReason) {
  std::string deep, attributes;
  for (int i = 0; i < 70; ++i) deep += "<extension url=\"u\">";
  for (int i = 0; i < 51; ++i) attributes += " a" + std::to_string(i) + "=\"\"";
  const std::pair<std::string, const char*> cases[] = {
      {"", "PB-0106"},
      {" \n", "PB-0106"},
      {"<Patient", "PB-0110"},
      {"Patient", "PB-0110"},
      {std::string("<\0\0\0P\0\0\0", 8), "PB-0103"},  // UCS-4
      {xml("Patient", std::string(1, '\0')), "PB-0103"},
      {xml("Patient", "<active value=\"true\">"), "PB-0110"},
      {xml("Patient", "") + "<x/>", "PB-0110"},
      {xml("Patient", "<x:a/>"), "PB-0110"},
      {xml("Patient", "<a b=\"1\" b=\"2\"/>"), "PB-0110"},
      {xml("Patient", "<birthDate value=\"&nbsp;\"/>"), "PB-0110"},
      {xml("Patient", "<active value=\"\x01\"/>"), "PB-0103"},
      {xml("Patient", "<active value=\"\xFF\"/>"), "PB-0103"},
      {"<!DOCTYPE Patient>" + xml("Patient", ""), "PB-0116"},
      {"<!DOCTYPE p [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Patient "
       "xmlns=\"http://hl7.org/fhir\"><id value=\"&a;\"/></Patient>",
       "PB-0116"},
      {xml("Patient", deep), "PB-0104"},
      {xml("Patient", "<a" + attributes + "/>"), "PB-0117"},
      {xml("Patient", "<id value=\"" + std::string(10'000'001, 'x') + "\"/>"), "PB-0117"},
      {"<?xml version=\"1.0\" encoding=\"UTF-7\"?>" + xml("Patient", ""), "PB-0103"},
      {"<Plan xmlns=\"http://hl7.org/fhir\"/>", "PB-0109"},
      {"<Quantity xmlns=\"http://hl7.org/fhir\"/>", "PB-0109"},
  };
  for (const auto& [text, code] : cases) {
    const ReadOutcome read = readXml(text);
    EXPECT_EQ(codes(read.issues), code) << text.substr(0, 200);
    EXPECT_FALSE(read.resource) << text.substr(0, 200);
  }
}

TEST(Xml, ATruncatedTextIsRefusedAtEveryLength) {
  const std::string whole =
      xml("Patient",
          "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">"
          "<p>a</p></div></text><name><given value=\"&amp;\"/></name>");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(readXml(whole.substr(0, size)).resource) << size;
  EXPECT_TRUE(readXml(whole).resource);
}

TEST(Xml, DeclaredEncodingsAreRead) {
  const std::string latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" +
                            xml("Patient", "<name><text value=\"bl\xE5\"/></name>");
  EXPECT_EQ(readXml(latin).resource.root().child("name").textOf("text"), "blå");
  std::string wide = "\xFF\xFE";
  for (const char c : xml("Patient", "<id value=\"a\"/>")) wide += {c, '\0'};
  EXPECT_EQ(readXml(wide).resource.id(), "a");
  EXPECT_EQ(readXml("\xEF\xBB\xBF" + xml("Patient", "<id value=\"a\"/>")).resource.id(), "a");
}

TEST(Xml, WhatCannotBeWrittenIsTold) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"resourceType":"Patient","hobby":1})", "PB-0121"},
      {R"({"resourceType":"Patient","a b":"x"})", "PB-0122"},
      {R"({"resourceType":"Patient","active":"true"})", "PB-0124"},
      {R"({"resourceType":"Patient","birthDate":2000})", "PB-0124"},
      {R"({"resourceType":"Patient","name":{"text":"no list"}})", "PB-0123"},
      {R"({"resourceType":"Patient","name":[]})", "PB-0123"},
      {R"({"resourceType":"Patient","gender":["male"]})", "PB-0123"},
      {R"({"resourceType":"Patient","maritalStatus":"m"})", "PB-0123"},
      {R"({"resourceType":"Patient","birthDate":{"a":1}})", "PB-0123"},
      {R"({"resourceType":"Patient","id":"a\u0001"})", "PB-0120"},
      {R"({"resourceType":"Patient","text":{"div":"<div>open"}})", "PB-0125"},
      {R"({"resourceType":"Patient","text":{"div":"<div xmlns=\"x\"></div><!DOCTYPE a>"}})",
       "PB-0125"},
      {R"({"resourceType":"Patient","extension":[{"url":"u","_url":{"id":"x"}}]})", "PB-0122"},
  };
  for (const auto& [text, code] : cases) {
    const ReadOutcome read = readJson(text);
    ASSERT_TRUE(read.resource) << text;
    const XmlText written = writeXml(read.resource);
    EXPECT_EQ(codes(written.issues), code) << text << "\n" << written.text;
    EXPECT_NE(codes(readXml(written.text).issues), "PB-0110") << written.text;
  }
}

TEST(Xml, AResourceIsToldFromOtherXmlByTheNamespaceOfItsRoot) {
  const std::string resource = R"(<Patient xmlns="http://hl7.org/fhir"/>)";
  std::string wide;
  for (const char c : resource) wide += {c, '\0'};
  for (const std::string& text : {resource, "\xEF\xBB\xBF" + resource, "\xFF\xFE" + wide,
                                  "<?xml version='1.0'?>\n<!-- <a> -->\n<?x y?> " + resource,
                                  std::string("<f:Patient a='>' xmlns:f = 'http://hl7.org/fhir'>")})
    EXPECT_TRUE(isFhirXml(text)) << text;
  for (const std::string_view text :
       {"", "{}", "<", "<a", "<a>", "<Patient/>", "<Patient xmlns", "<Patient xmlns=\"http://hl7",
        "<p xmlns:f='http://hl7.org/fhir'/>", "<f:p xmlns='http://hl7.org/fhir'/>",
        "<MsgHead xmlns='http://www.kith.no/xmlstds/msghead/2006-05-24'/>",
        "<!DOCTYPE x><Patient xmlns='http://hl7.org/fhir'/>", "<!-- <Patient"})
    EXPECT_FALSE(isFhirXml(text)) << text;
}

TEST(Xml, TheFormatIsToldByTheFirstCharacter) {
  EXPECT_EQ(formatOf(" \n<Patient/>"), Format::kXml);
  EXPECT_EQ(formatOf("\xEF\xBB\xBF<Patient/>"), Format::kXml);
  EXPECT_EQ(formatOf(std::string_view("\xFF\xFE<\0", 4)), Format::kXml);
  EXPECT_EQ(formatOf("{"), Format::kJson);
  EXPECT_EQ(formatOf(""), Format::kJson);
}

}  // namespace
}  // namespace planbro::fhir
