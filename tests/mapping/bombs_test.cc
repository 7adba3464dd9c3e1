// Files that are small and want to become large: each is refused with its place, in bounded memory
// and time. All are made here when the test runs.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "mapping/csv_table.h"
#include "mapping/source.h"
#include "mapping/source_json.h"
#include "mapping/source_xlsx.h"
#include "mapping/source_xml.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const fhir::Definitions& definitions() { return fhir::Definitions::r4(); }

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// A compressed workbook; a part's text is repeated that many times.
class Workbook {
 public:
  Workbook() {
    archive_write_set_format_zip(zip_);
    archive_write_zip_set_compression_deflate(zip_);
    archive_write_open(zip_, &bytes_, nullptr, &append, nullptr);
    part(
        "xl/workbook.xml",
        R"(<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">)"
        R"(<sheets><sheet name="plans" sheetId="1" r:id="a"/></sheets></workbook>)");
    part("xl/_rels/workbook.xml.rels",
         R"(<Relationships><Relationship Id="a" Target="worksheets/s.xml"/></Relationships>)");
  }
  void part(const std::string& name, const std::string& before, const std::string& repeated = "",
            std::size_t times = 0, const std::string& after = "") {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(
        entry, static_cast<la_int64_t>(before.size() + repeated.size() * times + after.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(zip_, entry);
    archive_write_data(zip_, before.data(), before.size());
    for (std::size_t i = 0; i < times; ++i)
      archive_write_data(zip_, repeated.data(), repeated.size());
    archive_write_data(zip_, after.data(), after.size());
    archive_entry_free(entry);
  }
  std::string finish() {
    archive_write_close(zip_);
    archive_write_free(zip_);
    return std::move(bytes_);
  }

 private:
  archive* zip_ = archive_write_new();
  std::string bytes_;
};

std::string refusalOf(const std::string& workbook) {
  std::vector<fhir::Issue> issues;
  EXPECT_FALSE(readXlsx(workbook, "a.xlsx", issues).has_value());
  EXPECT_EQ(issues.size(), 1U);
  if (issues.empty()) return {};
  EXPECT_EQ(issues[0].code, "PB-2002");
  return issues[0].text(fhir::Language::kEnglish);
}

TEST(Bombs, AWorkbookThatUnpacksToMoreThanItsLimit) {
  Workbook workbook;
  workbook.part("xl/worksheets/s.xml", "<worksheet><sheetData>", std::string(1 << 20, ' '), 200);
  const std::string bytes = workbook.finish();
  ASSERT_LT(bytes.size(), std::size_t{1} << 20);
  EXPECT_NE(refusalOf(bytes).find("unpacks to more than"), std::string::npos);
}

TEST(Bombs, AWorkbookWithMorePartsThanItsLimit) {
  Workbook workbook;
  for (std::size_t i = 0; i <= kMaxXlsxEntries; ++i) workbook.part("x/" + std::to_string(i), "");
  EXPECT_NE(refusalOf(workbook.finish()).find("parts"), std::string::npos);
}

TEST(Bombs, AWorkbookWithMoreCellsThanItsLimit) {
  Workbook workbook;
  std::string row = "<row>";
  for (int i = 0; i < 1000; ++i) row += "<c/>";
  workbook.part("xl/worksheets/s.xml", "<worksheet><sheetData>", row + "</row>", 5001,
                "</sheetData></worksheet>");
  EXPECT_NE(refusalOf(workbook.finish()).find("cells"), std::string::npos);
}

TEST(Bombs, AWorkbookWithEntities) {
  Workbook workbook;
  workbook.part("xl/worksheets/s.xml",
                "<!DOCTYPE w [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>"
                "<worksheet><sheetData><row><c t=\"str\"><v>&b;</v></c></row></sheetData>"
                "</worksheet>");
  EXPECT_NE(refusalOf(workbook.finish()).find("cannot be read"), std::string::npos);
}

TEST(Bombs, AFarRowMakesNoMillionLines) {
  Workbook workbook;
  workbook.part("xl/worksheets/s.xml",
                "<worksheet><sheetData><row r=\"4000000000\"><c/></row></sheetData></worksheet>");
  EXPECT_NE(refusalOf(workbook.finish()).find("row"), std::string::npos);
}

std::string xmlCode(const std::string& text) {
  std::vector<fhir::Issue> issues;
  EXPECT_EQ(readSourceXml(text, "a.xml", definitions(), issues), nullptr);
  return issues.empty() ? "" : std::string(issues.front().code);
}

TEST(Bombs, XmlThatGrowsByEntities) {
  std::string laughs = "<!DOCTYPE l [<!ENTITY l0 \"lol\">";
  for (int i = 1; i < 20; ++i) {
    laughs += "<!ENTITY l" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) laughs += "&l" + std::to_string(i - 1) + ";";
    laughs += "\">";
  }
  EXPECT_EQ(xmlCode(laughs + "]><l>&l19;</l>"), "PB-2002");
  EXPECT_EQ(xmlCode("<!DOCTYPE l [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><l>&e;</l>"),
            "PB-2002");
  EXPECT_EQ(xmlCode("<!DOCTYPE l SYSTEM \"http://127.0.0.1:1/x.dtd\"><l/>"), "PB-2002");
}

TEST(Bombs, XmlThatIsDeepOrWide) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_EQ(xmlCode(deep), "PB-2008");
  std::string attributes = "<a";
  for (int i = 0; i < 100'000; ++i) attributes += " a" + std::to_string(i) + "=''";
  EXPECT_EQ(xmlCode(attributes + "/>"), "PB-2002");
  std::string many = "<a>";
  for (std::size_t i = 0; i <= kMaxSourceXmlElements; ++i) many += "<b/>";
  EXPECT_EQ(xmlCode(many + "</a>"), "PB-2002");
}

TEST(Bombs, JsonThatIsDeep) {
  std::vector<fhir::Issue> issues;
  EXPECT_EQ(readSourceJson(std::string(1'000'000, '['), "a.json", definitions(), issues), nullptr);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-2008");
}

class Tables : public testing::Test {
 protected:
  Tables() : folder_(fs::path(testing::TempDir()) / "planbro_bombs") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Tables() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(Tables, ARowLongerThanItsLimitIsOneFaultAndTheRowsBehindItAreRead) {
  {
    std::ofstream file(folder_ / "plans.csv", std::ios::binary);
    file << "id;name\n1;a\n2;";
    const std::string block(1 << 20, 'x');
    for (std::size_t i = 0; i * block.size() <= kMaxCsvRowBytes; ++i) file << block;
    file << "\n3;c\n";
  }
  CsvTable table;
  table.file = "plans.csv";
  CsvFile csv;
  std::vector<fhir::Issue> issues;
  ASSERT_TRUE(csv.open(*SourceBytes::ofFile(folder_ / "plans.csv"), "plans.csv", table, issues));
  std::vector<std::string> ids;
  while (const auto row = csv.next()) {
    csv.check(*row, table, issues);
    ids.emplace_back(row->too_long ? "long" : row->fields[0].text);
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"1", "long", "3"}));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-2002");
  EXPECT_EQ(issues[0].place.position.line, 3U);
}

// Larger than any window, in Windows-1252, with fields over several lines: as if it were small.
TEST_F(Tables, ALargeFileIsReadThroughAWindowAsASmallOneIs) {
  constexpr int kPlans = 60'000;
  {
    std::ofstream plans(folder_ / "plans.csv", std::ios::binary);
    std::ofstream goals(folder_ / "goals.csv", std::ios::binary);
    plans << "id;name;text\n";
    goals << "plan;goal\n";
    const std::string filling(60, 'f');
    for (int i = 0; i < kPlans; ++i) {
      plans << i << ";Bj\xF8rn;\"line\nline " << filling << i << "\"\n";
      goals << i << ";a" << i << "\n" << i << ";b" << i << "\n";
    }
    goals << "nobody;lost\n";
  }
  ASSERT_GT(fs::file_size(folder_ / "plans.csv"), std::size_t{4} << 20);
  const auto descriptor = parseDescriptor(
      R"({"format":"csv","map":"m","record":{"file":"plans.csv","key":"id","children":[
        {"name":"goals","file":"goals.csv","parent":"plan"}]}})",
      "s");
  ASSERT_TRUE(descriptor.has_value());
  auto reader = openSource(*descriptor, {folder_}, definitions());
  ASSERT_TRUE(reader.has_value());
  int plans = 0;
  int lost = 0;
  while (const auto record = (*reader)->next()) {
    if (record->document == nullptr) {
      ++lost;
      continue;
    }
    const std::string id = std::to_string(plans++);
    const json::Node& root = *record->root;
    ASSERT_EQ(root.member("id")->text(), id);
    ASSERT_EQ(root.member("name")->text(), "Bjørn");
    ASSERT_TRUE(root.member("text")->text().ends_with("f" + id));
    ASSERT_EQ(root.member("goals")->children().size(), 2U);
    ASSERT_EQ(root.member("goals")->children()[1].member("goal")->text(), "b" + id);
    ASSERT_TRUE(record->name.ends_with("row " + std::to_string(plans * 2))) << record->name;
  }
  EXPECT_EQ(plans, kPlans);
  EXPECT_EQ(lost, 1);
}

TEST_F(Tables, AFileThatIsCutWhileItIsReadSaysThatRowsAreMissing) {
  const fs::path file = folder_ / "plans.csv";
  {
    std::ofstream plans(file);
    plans << "id;name\n";
    const std::string name(1000, 'n');
    for (int i = 0; i < 6'000; ++i) plans << i << ";" << name << "\n";
  }
  const auto descriptor = parseDescriptor(
      R"({"format":"csv","map":"m","record":{"file":"plans.csv","key":"id"}})", "s");
  auto reader = openSource(*descriptor, {folder_}, definitions());
  ASSERT_TRUE((*reader)->next().has_value());
  fs::resize_file(file, 2'000'000);
  int rows = 1;
  std::vector<fhir::Issue> issues;
  while (const auto record = (*reader)->next()) {
    ++rows;
    issues.insert(issues.end(), record->issues.begin(), record->issues.end());
  }
  EXPECT_LT(rows, 2'000);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "PB-2002");
}

TEST_F(Tables, APlanWithMoreRowsThanARecordMayHaveIsRefused) {
  {
    std::ofstream(folder_ / "plans.csv") << "id;name\n1;a\n2;b\n";
    std::ofstream goals(folder_ / "goals.csv");
    goals << "plan;goal\n";
    const std::string text(1 << 20, 'g');
    for (int i = 0; i < 66; ++i) goals << "1;" << text << "\n";
    goals << "2;read\n";
  }
  const auto descriptor = parseDescriptor(
      R"({"format":"csv","map":"m","record":{"file":"plans.csv","key":"id","children":[
        {"name":"goals","file":"goals.csv","parent":"plan"}]}})",
      "s");
  auto reader = openSource(*descriptor, {folder_}, definitions());
  const auto first = (*reader)->next();
  ASSERT_TRUE(first.has_value());
  ASSERT_EQ(first->issues.size(), 1U);
  EXPECT_EQ(first->issues[0].code, "PB-2007");
  const auto second = (*reader)->next();
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->issues.empty());
}

}  // namespace
}  // namespace planbro::mapping
