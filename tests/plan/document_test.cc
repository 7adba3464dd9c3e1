#include "plan/document.h"

#include <gtest/gtest.h>

#include <map>

#include "fhir/xml.h"
#include "json/writer.h"
#include "plan/plan_bundle.h"

namespace planbro::plan {
namespace {

// A store that holds what the bundle of the test holds, and finds nothing else.
class BundleReader final : public store::Reader {
 public:
  explicit BundleReader(const fhir::Resource& bundle) {
    const auto set = PlanSet::ofBundle(bundle);
    for (const PlanResource& one : set.resources()) {
      store::Version version;
      version.type = one.element.typeName();
      version.id = one.element.textOf("id");
      version.version = 1;
      version.last_updated = {1'795'000'000'000'000};
      json::write(*one.document, *one.element.value(), version.body);
      versions_[one.address] = version;
    }
  }
  Result<store::Version> read(std::string_view type, std::string_view id) override {
    const auto found = versions_.find(std::string(type) + "/" + std::string(id));
    if (found == versions_.end()) return fail(ErrorCode::kNotFound, "there is no such resource");
    return found->second;
  }
  Result<store::Version> readVersion(std::string_view type, std::string_view id,
                                     std::uint64_t) override {
    return read(type, id);
  }
  Result<std::vector<store::Version>> history(const store::HistoryQuery&) override {
    return std::vector<store::Version>();
  }
  Result<store::SearchPage> search(const store::Query&) override { return store::SearchPage(); }
  Result<std::vector<store::Change>> changesAfter(std::uint64_t, std::uint32_t) override {
    return std::vector<store::Change>();
  }
  Result<store::LogRange> logRange() override { return store::LogRange(); }
  Result<std::string> value(std::string_view) override {
    return fail(ErrorCode::kNotFound, "there is no such value");
  }
  Result<std::vector<std::string>> valueNames() override { return std::vector<std::string>{}; }

 private:
  std::map<std::string, store::Version> versions_;
};

fhir::Resource document(fhir::Language language = fhir::Language::kBokmal) {
  BundleReader reader(planBundle());
  const auto plan = reader.read("CarePlan", "p");
  auto made = makeDocument(reader, *plan, language, "https://x.no/fhir");
  EXPECT_TRUE(made.has_value());
  return {*made, fhir::Definitions::r4()};
}

TEST(Document, BeginsWithACompositionOfTheNationalTypeAndHoldsThePlansResources) {
  const fhir::Resource made = document();
  EXPECT_EQ(made.root().textOf("type"), "document");
  EXPECT_EQ(made.root().child("identifier").textOf("system"), "urn:ietf:rfc:3986");
  std::vector<std::string> types;
  made.root().forEachChild("entry", [&](const fhir::Element& entry) {
    types.emplace_back(entry.child("resource").typeName());
  });
  ASSERT_GT(types.size(), 5U);
  EXPECT_EQ(types[0], "Composition");
  EXPECT_EQ(types[1], "CarePlan");
  const fhir::Element composition = made.root().child("entry").child("resource");
  EXPECT_TRUE(hasCoding(composition.child("type"), kDocumentTypes, kIndividualPlan));
  EXPECT_EQ(composition.textOf("date"), made.root().textOf("timestamp"));
  EXPECT_EQ(composition.child("author").textOf("reference"),
            "https://x.no/fhir/PractitionerRole/k");
  EXPECT_EQ(composition.child("subject").textOf("reference"), "https://x.no/fhir/Patient/1");
  EXPECT_NE(composition.child("text").textOf("div").find("Målene mine"), std::string::npos);
}

TEST(Document, EveryReferenceOfTheCompositionIsAnEntry) {
  const fhir::Resource made = document();
  std::set<std::string> addresses;
  made.root().forEachChild("entry", [&](const fhir::Element& entry) {
    EXPECT_TRUE(addresses.insert(std::string(entry.textOf("fullUrl"))).second);
  });
  std::size_t count = 0;
  made.root()
      .child("entry")
      .child("resource")
      .forEachChild("section", [&](const fhir::Element& section) {
        section.forEachChild("entry", [&](const fhir::Element& entry) {
          ++count;
          EXPECT_TRUE(addresses.contains(std::string(entry.textOf("reference"))))
              << entry.textOf("reference");
        });
      });
  EXPECT_GT(count, 3U);
}

TEST(Document, TheSameVersionsGiveTheSameBytesAndAnotherLanguageAnotherIdentity) {
  EXPECT_EQ(json::write(*document().document()), json::write(*document().document()));
  EXPECT_NE(document().root().child("identifier").textOf("value"),
            document(fhir::Language::kNynorsk).root().child("identifier").textOf("value"));
}

TEST(Document, ASectionWithNothingToTellHasEntriesButNoText) {
  const std::string system(kCodeSystemBase);
  std::string text = json::write(
      *planBundle(
           {.more_entries =
                R"(,{"resource":{"resourceType":"Observation","id":"e","status":"final","code":{"coding":[{"system":")" +
                system + R"(plan-observation","code":"evaluation"}]}}})"})
           .document());
  const std::string team = R"("careTeam":[{"reference":"CareTeam/t"}])";
  text.insert(text.find(team), R"("supportingInfo":[{"reference":"Observation/e"}],)");
  BundleReader reader(fhir::readJson(text).resource);
  const auto made = makeDocument(reader, *reader.read("CarePlan", "p"), fhir::Language::kEnglish,
                                 "https://x.no/fhir");
  ASSERT_TRUE(made.has_value());
  const fhir::Resource document(*made, fhir::Definitions::r4());
  bool found = false;
  document.root()
      .child("entry")
      .child("resource")
      .forEachChild("section", [&](const fhir::Element& section) {
        if (section.child("entry").textOf("reference") != "https://x.no/fhir/Observation/e") return;
        found = true;
        EXPECT_FALSE(section.child("text"));
      });
  EXPECT_TRUE(found);
}

TEST(Document, ItCanBeWrittenAsXmlToo) {
  const fhir::XmlText xml = fhir::writeXml(document());
  EXPECT_TRUE(xml.issues.empty());
  EXPECT_TRUE(fhir::readXml(xml.text).resource);
}

}  // namespace
}  // namespace planbro::plan
