#include "mapping/source_xlsx.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/zip.h"

namespace planbro::mapping {
namespace {

constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

using testing_support::zipped;

std::map<std::string, std::string> workbook(const std::string& rows) {
  return {
      {"xl/workbook.xml",
       "<workbook xmlns=\"" + std::string(kMain) +
           "\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">"
           "<sheets><sheet name=\"goals\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels",
       "<Relationships><Relationship Id=\"a\" Target=\"/xl/worksheets/s.xml\"/></Relationships>"},
      {"xl/styles.xml",
       "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/>"
       "</cellXfs></styleSheet>"},
      {"xl/worksheets/s.xml", "<worksheet xmlns=\"" + std::string(kMain) + "\"><sheetData>" + rows +
                                  "</sheetData></worksheet>"}};
}

std::string csvOf(const std::string& rows) {
  std::vector<fhir::Issue> issues;
  const auto sheets = readXlsx(zipped(workbook(rows)), "a.xlsx", issues);
  if (!sheets || sheets->empty()) return issues.empty() ? "nothing" : std::string(issues[0].code);
  EXPECT_EQ(sheets->front().name, "goals");
  return sheets->front().csv;
}

std::string refusal(const std::string& bytes) {
  std::vector<fhir::Issue> issues;
  EXPECT_FALSE(readXlsx(bytes, "a.xlsx", issues).has_value());
  return issues.empty() ? "" : std::string(issues.front().code);
}

TEST(SourceXlsx, RowsKeepTheirNumbersAndCellsTheirColumns) {
  EXPECT_EQ(
      csvOf(
          "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"C1\" t=\"str\"><v>c</v></c></row>"
          "<row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t>x \"y\"</t></is></c></row>"),
      "\"a\";\"\";\"c\"\n\n\"\";\"x \"\"y\"\"\";\"\"\n");
}

TEST(SourceXlsx, NumbersWithADateFormatAreDates) {
  EXPECT_EQ(
      csvOf(
          "<row r=\"1\"><c r=\"A1\" s=\"1\"><v>46348</v></c><c r=\"B1\" s=\"2\"><v>46348.5</v></c>"
          "<c r=\"C1\"><v>46348</v></c><c r=\"D1\" t=\"b\"><v>1</v></c></row>"),
      "\"2026-11-22\";\"2026-11-22T12:00:00\";\"46348\";\"ja\"\n");
}

TEST(SourceXlsx, WhatIsNoWorkbookIsRefused) {
  EXPECT_EQ(refusal(""), "PB-2002");
  EXPECT_EQ(refusal("plan_id;status"), "PB-2002");
  EXPECT_EQ(refusal(zipped({{"other.txt", "x"}})), "PB-2002");
}

TEST(SourceXlsx, ABombIsRefusedBeforeItIsUnpacked) {
  const std::string bytes = zipped(workbook(std::string(kMaxXlsxBytes, ' ')));
  EXPECT_LT(bytes.size(), kMaxXlsxBytes / 100);
  EXPECT_EQ(refusal(bytes), "PB-2002");
}

TEST(SourceXlsx, EntitiesAndDocumentTypesAreRefused) {
  auto parts = workbook("");
  parts["xl/worksheets/s.xml"] =
      "<!DOCTYPE w [<!ENTITY a \"b\">]><worksheet><sheetData><row r=\"1\"><c r=\"A1\" "
      "t=\"str\"><v>&a;</v></c></row>"
      "</sheetData></worksheet>";
  EXPECT_EQ(refusal(zipped(parts)), "PB-2002");
}

TEST(SourceXlsx, RowsOutOfOrderAndColumnsWithoutEndAreRefused) {
  EXPECT_EQ(csvOf("<row r=\"2\"/><row r=\"1\"/>"), "PB-2002");
  EXPECT_EQ(csvOf("<row r=\"4294967296\"/>"), "PB-2002");
  EXPECT_EQ(csvOf("<row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row>"), "PB-2002");
}

}  // namespace
}  // namespace planbro::mapping
