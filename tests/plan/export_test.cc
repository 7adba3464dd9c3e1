// Every plan of fixtures/plans in every form it is given out in.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/digest.h"
#include "fhir/canonical_base.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/embedded_file.h"
#include "mapping/source.h"
#include "mapping/source_json.h"
#include "plan/archive_package.h"
#include "plan/dialogmelding.h"
#include "plan/document.h"
#include "plan/journal_export.h"
#include "plan/narrative.h"
#include "plan/page_writer.h"
#include "plan/pdf.h"
#include "plan/plan_store.h"
#include "plan/text_blocks.h"
#include "plan/transaction.h"

namespace planbro::plan {
namespace {

namespace fs = std::filesystem;

const mapping::MapLibrary& library() {
  static const auto loaded = mapping::MapLibrary::load({});
  return *loaded->library;
}

std::string shellOutput(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
  if (pipe != nullptr) pclose(pipe);
  return out;
}

bool hasProgram(const std::string& name) { return !shellOutput("command -v " + name).empty(); }

std::map<std::string, std::string> unzipped(const std::string& bytes) {
  std::map<std::string, std::string> files;
  archive* zip = archive_read_new();
  archive_read_support_format_zip(zip);
  EXPECT_EQ(archive_read_open_memory(zip, bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(zip, &entry) == ARCHIVE_OK) {
    std::string& file = files[archive_entry_pathname(entry)];
    char buffer[4096];
    la_ssize_t count = 0;
    while ((count = archive_read_data(zip, buffer, sizeof buffer)) > 0)
      file.append(buffer, static_cast<std::size_t>(count));
  }
  archive_read_free(zip);
  return files;
}

void collectErrors(void* to, xmlErrorPtr error) {
  if (error != nullptr && error->message != nullptr)
    *static_cast<std::string*>(to) += error->message;
}

// What the schema has against the text; "" if nothing.
std::string schemaErrors(const std::string& schema_text, const fs::path& base,
                         const std::string& xml) {
  std::string errors;
  const std::string url = (base / "made-for-the-test.xsd").string();
  xmlDocPtr schema_document =
      xmlReadMemory(schema_text.data(), static_cast<int>(schema_text.size()), url.c_str(), nullptr,
                    XML_PARSE_NONET);
  xmlSchemaParserCtxtPtr parser = xmlSchemaNewDocParserCtxt(schema_document);
  xmlSchemaSetParserStructuredErrors(parser, &collectErrors, &errors);
  xmlSchemaPtr schema = xmlSchemaParse(parser);
  xmlSchemaFreeParserCtxt(parser);
  if (schema == nullptr) {
    xmlFreeDoc(schema_document);
    return "the schema does not read: " + errors;
  }
  xmlDocPtr document = xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "made.xml", nullptr,
                                     XML_PARSE_NONET | XML_PARSE_HUGE);
  xmlSchemaValidCtxtPtr validator = xmlSchemaNewValidCtxt(schema);
  xmlSchemaSetValidStructuredErrors(validator, &collectErrors, &errors);
  const int result = document == nullptr ? -1 : xmlSchemaValidateDoc(validator, document);
  xmlSchemaFreeValidCtxt(validator);
  xmlFreeDoc(document);
  xmlSchemaFree(schema);
  xmlFreeDoc(schema_document);
  return result == 0 ? "" : "not valid: " + errors;
}

// Nothing if the samples are not there; that is said.
std::optional<fs::path> samples(const char* folder) {
  const fs::path found = fs::path(PLANBRO_SOURCE_DIR) / "../shared/samples" / folder;
  if (fs::exists(found)) return fs::absolute(found);
  std::printf("passed over: ../shared/samples/%s is not there\n", folder);
  return std::nullopt;
}

// Whether anything but the list of organisations says the key of "organization[N]".
bool isReferredTo(const json::Node& plan, const std::string& path) {
  const std::size_t index = std::stoul(path.substr(std::string("organization[").size()));
  const std::string_view key = plan.member("organization")->children()[index].member("key")->text();
  std::vector<const json::Node*> todo;
  for (const json::Node& member : plan.children()) {
    if (member.name->text != "organization") todo.push_back(&member);
  }
  while (!todo.empty()) {
    const json::Node& node = *todo.back();
    todo.pop_back();
    if (!node.isContainer() && node.text() == key) return true;
    for (const json::Node& child : node.children()) todo.push_back(&child);
  }
  return false;
}

class PlanExport : public testing::TestWithParam<fs::path> {
 protected:
  const StoredPlan plan_ = storedFixture(GetParam());
};

TEST_P(PlanExport, TheTransactionIsThePlanAgain) {
  const auto bundle = makeTransaction(plan_);
  const auto made = individualPlan(plan_, library());
  ASSERT_TRUE(made.has_value()) << made.error().message;
  const auto expected = json::parse(fileText(GetParam() / "expected/plan.json"));
  ASSERT_TRUE(expected.has_value());
  // An organisation that nothing in the plan refers to is no part of it.
  std::vector<std::string> lost = lostPaths((*expected)->root(), (*made)->root());
  std::erase_if(lost, [&](const std::string& path) {
    return path.starts_with("organization[") && !isReferredTo((*expected)->root(), path);
  });
  EXPECT_EQ(lost, std::vector<std::string>());
  EXPECT_EQ(lostPaths((*made)->root(), (*expected)->root()), std::vector<std::string>());
  const std::string text = json::write(*bundle);
  EXPECT_EQ(text.find("versionId"), std::string::npos);
}

TEST_P(PlanExport, JsonIsReadBackAsTheSamePlan) {
  const auto individual = individualPlan(plan_, library());
  ASSERT_TRUE(individual.has_value()) << individual.error().message;
  std::vector<fhir::Issue> issues;
  const auto document = mapping::readSourceJson(journalJson((*individual)->root()), "",
                                                library().definitions(), issues);
  ASSERT_NE(document, nullptr);
  const auto back = library().transform(
      PLANBRO_CANONICAL_BASE "/StructureMap/JsonPlanToIndividualPlan",
      {document, &document->root().member("planer")->children().front(), nullptr});
  ASSERT_NE(back.document, nullptr);
  EXPECT_EQ(lostPaths((*individual)->root(), back.document->root()), std::vector<std::string>());
  EXPECT_EQ(lostPaths(back.document->root(), (*individual)->root()), std::vector<std::string>());
}

TEST_P(PlanExport, CsvIsReadBackAsTheSamePlan) {
  const auto individual = individualPlan(plan_, library());
  ASSERT_TRUE(individual.has_value());
  const fs::path folder = fs::path(testing::TempDir()) / "planbro_csv" / GetParam().filename();
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const ZipFile& table : journalCsv((*individual)->root()))
    std::ofstream(folder / table.name, std::ios::binary) << table.bytes;
  const auto reader =
      mapping::openSource(*library().findSource("csv-plan"), {folder}, library().definitions());
  ASSERT_TRUE(reader.has_value());
  const auto record = (*reader)->next();
  ASSERT_TRUE(record && record->document != nullptr);
  const auto back =
      library().transform(PLANBRO_CANONICAL_BASE "/StructureMap/CsvPlanToIndividualPlan",
                          {record->document, record->root, record->places});
  ASSERT_NE(back.document, nullptr)
      << (back.issues.empty() ? "" : back.issues.front().text(fhir::Language::kEnglish));
  EXPECT_EQ(lostPaths((*individual)->root(), back.document->root()), std::vector<std::string>());
  EXPECT_EQ(lostPaths(back.document->root(), (*individual)->root()), std::vector<std::string>());
  fs::remove_all(folder);
}

TEST_P(PlanExport, ThePdfIsTaggedHasItsFontsAndSaysWhatTheNarrativeSays) {
  const auto pdf = makePdf(plan_, fhir::Language::kNynorsk, PdfContent::kPagesAndPlan);
  ASSERT_TRUE(pdf.has_value()) << pdf.error().message;
  EXPECT_EQ(*makePdf(plan_, fhir::Language::kNynorsk, PdfContent::kPagesAndPlan), *pdf)
      << "not the same bytes twice";
  EXPECT_TRUE(pdf->starts_with("%PDF-1."));
  EXPECT_NE(pdf->find("/Lang (nn-NO)"), std::string::npos);
  EXPECT_NE(pdf->find("/MarkInfo << /Marked true >>"), std::string::npos);
  EXPECT_NE(pdf->find("/StructTreeRoot"), std::string::npos);
  if (!hasProgram("pdftotext")) {
    std::puts("passed over: poppler-utils are not installed");
    return;
  }
  const fs::path file =
      fs::path(testing::TempDir()) / ("planbro_" + GetParam().filename().string() + ".pdf");
  std::ofstream(file, std::ios::binary) << *pdf;
  const std::string text = shellOutput("pdftotext -enc UTF-8 " + file.string() + " - 2>&1");
  for (const NarrativeSection& section :
       planSections(plan_.set(), plan_.plan(), fhir::Language::kNynorsk, plan_.day()))
    EXPECT_NE(text.find(section.title), std::string::npos) << section.title << "\n" << text;
  const std::string fonts = shellOutput("pdffonts " + file.string() + " 2>&1 | tail -n +3");
  EXPECT_NE(fonts.find("DejaVuSans"), std::string::npos) << fonts;
  EXPECT_EQ(fonts.find(" no "), std::string::npos) << "a font is not embedded:\n" << fonts;
  const std::string structure = shellOutput("pdfinfo -struct-text " + file.string() + " 2>&1");
  EXPECT_TRUE(structure.starts_with("Document")) << structure.substr(0, 300);
  EXPECT_NE(structure.find("H1"), std::string::npos);
  fs::remove(file);
}

TEST_P(PlanExport, ThePdfCarriesThePlanAsAnAssociatedFile) {
  const auto pdf = makePdf(plan_, fhir::Language::kBokmal, PdfContent::kPagesAndPlan);
  ASSERT_TRUE(pdf.has_value()) << pdf.error().message;
  const std::string bundle = json::write(*makeTransaction(plan_)) + "\n";
  const auto carried = mapping::embeddedFile(*pdf, "application/fhir+json");
  ASSERT_TRUE(carried.has_value());
  EXPECT_EQ(*carried, bundle);
  EXPECT_FALSE(mapping::embeddedFile(*pdf, "application/json"));
  const auto pages = makePdf(plan_, fhir::Language::kBokmal, PdfContent::kPages);
  ASSERT_TRUE(pages.has_value());
  EXPECT_FALSE(mapping::embeddedFile(*pages, "application/fhir+json"));
  if (!hasProgram("pdfdetach")) {
    std::puts("passed over: poppler-utils are not installed");
    return;
  }
  const fs::path folder =
      fs::path(testing::TempDir()) / ("planbro_carried_" + GetParam().filename().string());
  fs::create_directories(folder);
  std::ofstream(folder / "plan.pdf", std::ios::binary) << *pdf;
  shellOutput("pdfdetach -saveall -o " + folder.string() + " " + (folder / "plan.pdf").string() +
              " 2>&1");
  EXPECT_EQ(fileText(folder / "individuell-plan.json"), bundle);
  EXPECT_EQ(shellOutput("pdftotext " + (folder / "plan.pdf").string() + " - 2>&1 >/dev/null"), "");
  fs::remove_all(folder);
}

TEST_P(PlanExport, TheArchivePackageHoldsBothFormsUnderTheirChecksums) {
  const auto package = makeArchivePackage(plan_, fhir::Language::kBokmal);
  ASSERT_TRUE(package.has_value()) << package.error().message;
  auto files = unzipped(*package);
  ASSERT_EQ(files.size(), 3U);
  const std::string& message = files["arkivmelding.xml"];
  for (const char* name : {"individuell-plan.pdf", "individuell-plan.json"}) {
    ASSERT_FALSE(files[name].empty()) << name;
    EXPECT_NE(message.find("<sjekksum>" + sha256Hex(files[name]) + "</sjekksum>"),
              std::string::npos)
        << name;
    EXPECT_NE(message.find(std::string("<referanseDokumentfil>") + name), std::string::npos);
  }
  EXPECT_TRUE(fhir::readJson(files["individuell-plan.json"]).resource);
  EXPECT_EQ(*makeArchivePackage(plan_, fhir::Language::kBokmal), *package);
  const auto schemas = samples("fiks-arkiv-xsd");
  if (!schemas) return;
  const fs::path folder = *schemas / "Schema/V1";
  const std::string name = "no.ks.fiks.arkiv.v1.arkivering.arkivmelding.opprett.xsd";
  EXPECT_EQ(schemaErrors(fileText(folder / name), folder, message), "");
}

TEST_P(PlanExport, TheDialogmeldingIsValidAndOurImporterReadsIt) {
  DialogmeldingOptions options;
  options.receiver = {"Nordmo sykehus HF", "315500095", "123456"};
  options.sender = {"Bjørkeli kommune", "315500001", ""};
  const auto message = makeDialogmelding(plan_, options, fhir::Language::kBokmal);
  ASSERT_TRUE(message.has_value()) << message.error().message;
  EXPECT_EQ(*makeDialogmelding(plan_, options, fhir::Language::kBokmal), *message);
  EXPECT_NE(message->find(
                base64Encode(*makePdf(plan_, fhir::Language::kBokmal, PdfContent::kPagesAndPlan))),
            std::string::npos);
  const auto schemas = samples("kith-xsd");
  if (!schemas) return;
  const std::string all =
      R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.kith.no/xmlstds/msghead/2006-05-24" schemaLocation="MsgHead-v1_2.xsd"/>
<xs:import namespace="http://www.kith.no/xmlstds/dialog/2006-10-11" schemaLocation="dialogmelding.xsd"/>
<xs:import namespace="http://www.kith.no/xmlstds/base64container" schemaLocation="kith-base64.xsd"/>
</xs:schema>)";
  EXPECT_EQ(schemaErrors(all, *schemas, *message), "");
}

TEST_P(PlanExport, TheDocumentTellsTheSameInThreeLanguages) {
  for (const auto language :
       {fhir::Language::kBokmal, fhir::Language::kNynorsk, fhir::Language::kEnglish}) {
    const fhir::Resource document(makeDocument(plan_, language), fhir::Definitions::r4());
    EXPECT_EQ(document.root().child("entry").child("resource").typeName(), "Composition");
  }
}

INSTANTIATE_TEST_SUITE_P(Plans, PlanExport, testing::ValuesIn(planFixtures()), fixtureName);

TEST(Dialogmelding, NeedsToKnowWhoSendsAndWhoReceives) {
  const StoredPlan plan = storedFixture(planFixtures().front());
  const auto no_receiver = makeDialogmelding(plan, {}, fhir::Language::kBokmal);
  ASSERT_FALSE(no_receiver.has_value());
  EXPECT_EQ(no_receiver.error().code, ErrorCode::kInvalidArgument);
}

// A private-use character stands for any that no installed font has.
TEST(MissingLetters, AreNamedOnceWithTheirScriptAndPlace) {
  const std::string text = "Wang \xF4\x8F\xBF\xB0";
  const std::vector<TextBlock> blocks{{TextBlock::Kind::kTitle, "Plan"},
                                      {TextBlock::Kind::kHeading, "Om meg"},
                                      {TextBlock::Kind::kParagraph, text},
                                      {TextBlock::Kind::kParagraph, text}};
  const auto found = missingLetters(blocks, {});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->first, "\xF4\x8F\xBF\xB0");
  EXPECT_EQ((*found)->script, "Zzzz");
  EXPECT_EQ((*found)->block, 2U);
  EXPECT_FALSE(missingLetters({blocks.data(), 2}, {}).value().has_value());
}

TEST(MissingLetters, AreToldOfAPlanUnderTheHeadingWhereTheyStand) {
  const auto told = [](const std::string& name) {
    std::string text = fileText(planFixtures().front() / "expected" / "bundle.json");
    const std::string key = "\"family\": \"";
    for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1))
      text.insert(at + key.size(), name);
    return checkLetters(storedPlan(text), fhir::Language::kBokmal);
  };
  EXPECT_TRUE(told("").empty());
  const auto issues = told("\xF4\x8F\xBF\xB0");
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues.front().code, "PB-3028");
  EXPECT_NE(issues.front().text(fhir::Language::kBokmal).find("«Hvem planen gjelder»"),
            std::string::npos)
      << issues.front().text(fhir::Language::kBokmal);
}

TEST(TextBlocks, ListsKeepTheirParagraphsTogether) {
  const auto blocks = textBlocks(
      "<div><h1>A &amp; B</h1><p><b>Mål:</b> bo<br/>alene</p><ul><li><b>x</b><p>mer</p></li>"
      "<li><p>y</p></li></ul><blockquote><p>z</p></blockquote><p><q>w</q></p></div>");
  ASSERT_EQ(blocks.size(), 7U);
  using Kind = TextBlock::Kind;
  const Kind kinds[] = {Kind::kTitle, Kind::kParagraph, Kind::kItem,     Kind::kItemMore,
                        Kind::kItem,  Kind::kQuote,     Kind::kParagraph};
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(blocks[i].kind, kinds[i]) << i;
  EXPECT_EQ(blocks[0].markup, "A &amp; B");
  EXPECT_EQ(blocks[1].markup, "<b>Mål:</b> bo\nalene");
  EXPECT_EQ(blocks[6].markup, "«w»");
}

}  // namespace
}  // namespace planbro::plan
