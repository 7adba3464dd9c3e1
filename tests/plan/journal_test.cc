// Plans that say more than the words and columns of the JSON and CSV forms do.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/canonical_base.h"
#include "json/parser.h"
#include "mapping/engine.h"
#include "mapping/source.h"
#include "mapping/source_json.h"
#include "plan/journal_export.h"
#include "support/scratch_folder.h"

namespace planbro::plan {
namespace {

using testing_support::ScratchFolder;

const mapping::MapLibrary& library() {
  static const auto loaded = mapping::MapLibrary::load({});
  return *loaded->library;
}

json::DocumentPtr readBackJson(const json::Node& plan) {
  std::vector<fhir::Issue> issues;
  const auto document =
      mapping::readSourceJson(journalJson(plan), "", library().definitions(), issues);
  if (document == nullptr) return nullptr;
  return library()
      .transform(PLANBRO_CANONICAL_BASE "/StructureMap/JsonPlanToIndividualPlan",
                 {document, &document->root().member("planer")->children().front(), nullptr})
      .document;
}

json::DocumentPtr readBackCsv(const json::Node& plan) {
  const ScratchFolder scratch("journal");
  for (const ZipFile& table : journalCsv(plan))
    std::ofstream(scratch.path() / table.name, std::ios::binary) << table.bytes;
  const auto reader = mapping::openSource(*library().findSource("csv-plan"), {scratch.path()},
                                          library().definitions());
  if (!reader) return nullptr;
  const auto record = (*reader)->next();
  if (!record || record->document == nullptr) return nullptr;
  for (const fhir::Issue& issue : record->issues)
    ADD_FAILURE() << issue.text(fhir::Language::kEnglish);
  const auto outcome =
      library().transform(PLANBRO_CANONICAL_BASE "/StructureMap/CsvPlanToIndividualPlan",
                          {record->document, record->root, record->places});
  for (const fhir::Issue& issue : outcome.issues)
    ADD_FAILURE() << issue.text(fhir::Language::kEnglish);
  return outcome.document;
}

// What both forms must give back; `parts` stand beside the least that a plan has.
void expectHeld(const std::string& parts) {
  const auto plan = json::parse(
      R"({"resourceType":"IndividualPlan","identifier":[{"system":"urn:oid:1.2.3","value":"P1"}],)"
      R"("source":{"system":"urn:oid:3.2.1"},"status":"draft",)" +
      parts + "}");
  ASSERT_TRUE(plan.has_value()) << parts;
  for (const auto& back : {readBackJson((*plan)->root()), readBackCsv((*plan)->root())}) {
    ASSERT_NE(back, nullptr) << parts;
    EXPECT_EQ(lostPaths((*plan)->root(), back->root()), std::vector<std::string>()) << parts;
    EXPECT_EQ(lostPaths(back->root(), (*plan)->root()), std::vector<std::string>()) << parts;
  }
}

constexpr std::string_view kOwner =
    R"("owner":{"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"14850450030"}],)"
    R"("name":[{"family":"Bakkeli"}]})";

void expectPartsHeld(const std::string& parts) { expectHeld(std::string(kOwner) + "," + parts); }

TEST(Journal, HoldsAnOwnerWithOtherNumbersNamesAddressesAndLanguages) {
  expectHeld(R"("owner":{"identifier":[{"use":"secondary","system":"urn:oid:1.2","value":"X"},
    {"system":"urn:oid:2.16.578.1.12.4.1.4.2","value":"54850450030"}],
    "name":[{"use":"official","text":"Jonas N. A. Bakkeli","family":"Bakkeli",
      "given":["Jonas","N.","A."],"prefix":["Dr."]}],
    "telecom":[{"system":"phone","value":"1","use":"mobile"},{"system":"phone","value":"2"},
      {"system":"url","value":"https://a.example"},{"system":"email","value":"a@b"}],
    "address":[{"use":"home","line":["Vei 1","c/o B"],"city":"Nordmo","state":"Y","country":"NO"}],
    "communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"nb"}]}},
      {"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"se"}],"text":"nordsamisk"},
       "preferred":false}]})");
}

TEST(Journal, HoldsAnOwnerWhoHasATextAsNameOnly) {
  expectHeld(R"("owner":{"identifier":[{"system":"urn:oid:1.2","value":"X"}],
    "name":[{"text":"Ukjent navn"}]})");
}

TEST(Journal, HoldsOrganisationsWithTheOrderOfTheirNumbers) {
  expectPartsHeld(R"("organization":[{"key":"8","name":"A","identifier":[
    {"system":"urn:oid:2.16.578.1.12.4.1.2","value":"8"},
    {"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"315500001"}]}])");
}

TEST(Journal, HoldsParticipantsWithRolesOfOtherListsAndSeveralOfEverything) {
  expectPartsHeld(R"("participant":[{"key":"a","kind":"practitioner",
    "role":[{"text":"Sykepleier"},{"coding":[{"system":"urn:oid:1.9","code":"7","display":"x"}]},
      {"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"6","display":"Fastlege"}]},
      {"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"8","display":"annet navn"}]}],
    "name":{"text":"Kari L","given":["Kari","Anne"],"family":"Lien"},
    "profession":{"coding":[{"system":"urn:oid:1.9","code":"S"}],"text":"vernepleier"},
    "status":"active","contribution":["en","to","tre; med \"tegn\""]}])");
}

TEST(Journal, HoldsConsentsWithSeveralReceiversPurposesAndContents) {
  expectPartsHeld(R"("consent":[{"key":"c","kind":"blocking","status":"draft",
    "givenBy":["owner","a"],"provision":[{"participant":["a","b"],"type":"deny",
      "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"},
        {"system":"urn:oid:1.9","code":"x"}],
      "content":[{"text":"alt om skole"}]},{"participant":["b"],"type":"deny"}]}])");
}

TEST(Journal, HoldsNeedsGoalsAndStrengthsWithOtherCodes) {
  expectPartsHeld(R"("strength":[{"key":"s","text":"synger","lifeArea":{"text":"fritid"}}],
    "need":[{"key":"n","code":{"coding":[{"system":"urn:oid:1.9","code":"1","display":"a"},
      {"system":"urn:oid:1.8","code":"2"}]}}],
    "goal":[{"key":"g","kind":"sub","description":"d","status":"rejected","need":["n","m"],
      "achievement":{"text":"nesten"},"note":["en","to"]}])");
}

TEST(Journal, HoldsMeasuresWithAnyStatusCodeAndSchedule) {
  expectPartsHeld(R"("measure":[
    {"key":"a","code":{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9132","code":"K",
      "display":"k"}],"text":"t"},"status":"not-started","responsible":["x","y"],
      "schedule":{"event":["2026-01-01"],"repeat":{"count":3,"duration":1.5,"durationUnit":"h",
        "frequency":2,"period":3,"periodUnit":"wk","dayOfWeek":["mon","fri"],
        "timeOfDay":["08:00:00"]},"code":{"coding":[{"system":"urn:oid:1.9","code":"BID"}]}},
      "progress":[{"authorString":"A","time":"2026-01-02","text":"en"},{"text":"to"}]},
    {"key":"b","code":{"text":"t"},"status":"in-progress","schedule":{"repeat":{
      "frequency":1,"period":1,"periodUnit":"h"}}},
    {"key":"c","code":{"text":"t"},"status":"cancelled","nationalStatus":{
      "system":"urn:oid:2.16.578.1.12.4.1.1.9238","code":"04","display":"et annet navn"}}])");
}

TEST(Journal, HoldsDocumentsSubPlansAndEvaluationsOfOtherKinds) {
  expectPartsHeld(R"("evaluation":[{"key":"e","date":"2026-01-01","by":["a","owner"]}],
    "subPlan":[{"key":"s","type":{"text":"hjemmelaget"},"status":"unknown","title":"t"}],
    "document":[{"key":"d","type":{"coding":[{"system":"urn:oid:1.9","code":"1"}],"text":"x"}}])");
}

}  // namespace
}  // namespace planbro::plan
