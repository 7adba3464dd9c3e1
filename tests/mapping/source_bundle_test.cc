#include "mapping/source_bundle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "mapping/embedded_file.h"
#include "support/plan_carriers.h"
#include "support/scratch_folder.h"
#include "support/zip.h"

namespace planbro::mapping {
namespace {

using testing_support::archiveObject;
using testing_support::messageWith;
using testing_support::pdfCarrying;
using testing_support::pdfOf;
using testing_support::zipped;

constexpr std::string_view kType = "application/fhir+json";
const std::string kBundle = R"({"resourceType":"Bundle","type":"collection"})";

TEST(EmbeddedFile, IsFoundAndAlsoBehindWhatOthersAdded) {
  std::string pdf = pdfOf(pdfCarrying(kBundle));
  EXPECT_EQ(embeddedFile(pdf, kType), kBundle);
  EXPECT_FALSE(embeddedFile(pdf, "application/json"));
  const std::size_t before = pdf.rfind("xref\n0 ");
  const std::size_t object = pdf.size();
  pdf += "9 0 obj\n<< /Type /Sig >>\nendobj\n";
  const std::size_t table = pdf.size();
  pdf += fmt::format(
      "xref\n9 1\n{:010} 00000 n \ntrailer\n<< /Size 10 /Root 1 0 R /Prev {} >>\n"
      "startxref\n{}\n%%EOF\n",
      object, before, table);
  EXPECT_EQ(embeddedFile(pdf, kType), kBundle);
}

TEST(EmbeddedFile, HostilePdfsGiveNothing) {
  const std::string good = pdfOf(pdfCarrying(kBundle));
  auto replaced = [&](const std::string& from, const std::string& to) {
    std::string pdf = good;
    pdf.replace(pdf.find(from), from.size(), to);
    return pdf;
  };
  const std::map<std::string, std::string> all{
      {"empty", ""},
      {"no table", "%PDF-1.7\nstartxref\n0\n%%EOF\n"},
      {"place outside", "%PDF-1.7\nstartxref\n99999999999\n%%EOF\n"},
      {"more bytes than there are", replaced("/Length 45", "/Length 99999999")},
      {"another length", replaced("/Length 45", "/Length 44")},
      {"compressed", pdfOf(pdfCarrying(kBundle, "/Filter /FlateDecode "))},
      {"a table of a billion", replaced("xref\n0 4", "xref\n0 1000000000")},
      {"an object that is another", replaced("3 0 obj", "4 0 obj")},
      {"a list that is none", replaced("/AF [2 0 R]", "/AF (2 0 R)")},
  };
  for (const auto& [what, pdf] : all) EXPECT_FALSE(embeddedFile(pdf, kType)) << what;
  // Tables in a circle end.
  const std::string circle =
      pdfOf(pdfCarrying(kBundle), fmt::format("/Prev {}", good.rfind("xref\n0 ")));
  EXPECT_EQ(embeddedFile(circle, kType), kBundle);
  // Cut anywhere it gives nothing, and reads nothing outside.
  for (std::size_t size = 0; size + 7 < good.size(); ++size)
    EXPECT_FALSE(embeddedFile(std::string(good, 0, size), kType)) << size;
}

class SourceBundle : public testing_support::FilesTest {
 protected:
  // What comes out of a file with these bytes: the Bundle, or the codes of what is wrong.
  std::string read(const std::string& bytes) {
    write("in/file", bytes);
    const auto reader = openBundleSource({folder_ / "in/file"}, fhir::Definitions::r4());
    const auto record = reader->next();
    EXPECT_TRUE(record.has_value());
    EXPECT_FALSE(reader->next().has_value());
    EXPECT_EQ(record->original, bytes);
    if (record->document != nullptr) return std::string(record->document->source());
    std::string codes;
    for (const fhir::Issue& issue : record->issues) codes += std::string(issue.code) + " ";
    return codes;
  }
};

TEST_F(SourceBundle, ComesOutOfEveryFileThatCarriesIt) {
  const std::string pdf = pdfOf(pdfCarrying(kBundle));
  EXPECT_EQ(read(kBundle), kBundle);
  EXPECT_EQ(read(pdf), kBundle);
  EXPECT_EQ(read(messageWith({"%PDF-1.4 of something else", pdf})), kBundle);
  const std::string message = "<arkivmelding>" + archiveObject("a.pdf", "application/pdf", "x") +
                              archiveObject("b.json", std::string(kType), kBundle) +
                              "</arkivmelding>";
  EXPECT_EQ(read(zipped({{"arkivmelding.xml", message}, {"a.pdf", "x"}, {"b.json", kBundle}})),
            kBundle);
}

TEST_F(SourceBundle, AFileOfThePackageThatWasAlteredOrIsMissingIsRefused) {
  const std::string message = "<arkivmelding>" + archiveObject("a.pdf", "application/pdf", "x") +
                              archiveObject("b.json", std::string(kType), kBundle) +
                              "</arkivmelding>";
  EXPECT_EQ(read(zipped({{"arkivmelding.xml", message}, {"a.pdf", "y"}, {"b.json", kBundle}})),
            "PB-2019 ");
  EXPECT_EQ(read(zipped({{"arkivmelding.xml", message}, {"b.json", kBundle + " "}})),
            "PB-2019 PB-2019 ");
}

TEST_F(SourceBundle, AFileWithoutAPlanIsRefused) {
  EXPECT_EQ(read("%PDF-1.4\n"), "PB-2020 ");
  EXPECT_EQ(read(messageWith({})), "PB-2020 ");
  EXPECT_EQ(read(messageWith({pdfOf(pdfCarrying(kBundle)), pdfOf(pdfCarrying(kBundle))})),
            "PB-2020 ");
  EXPECT_EQ(read(zipped({{"a.json", kBundle}})), "PB-2020 ");
  EXPECT_EQ(read(zipped({{"arkivmelding.xml", "<arkivmelding/>"}, {"a.json", kBundle}})),
            "PB-2020 ");
  EXPECT_EQ(read(R"({"resourceType":"Patient"})"), "PB-2020 ");
  EXPECT_EQ(read("<!DOCTYPE a><a/>"), "PB-2002 ");
  EXPECT_EQ(read("PK\x03\x04"), "PB-2002 ");
  EXPECT_EQ(read("nothing"), "PB-2009 ");
}

}  // namespace
}  // namespace planbro::mapping
