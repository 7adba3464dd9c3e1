// A plan and its other forms against the families of profiles where plans have to go. Published
// packages lie in ../shared; where it is not, their tests say so and skip.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "fhir/canonical_base.h"
#include "fhir/registry.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "validation/validator.h"

namespace planbro::ip_package {
namespace {

namespace fs = std::filesystem;
using validation::ValidationContext;

const fs::path kSource = PLANBRO_SOURCE_DIR;
const fs::path kShared = kSource / "../shared";
const std::string kBase = PLANBRO_CANONICAL_BASE;

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> plans() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kSource / "fixtures/plans"))
    if (entry.is_directory()) found.push_back(entry.path());
  return found;
}

// A plan's transaction, or what `map` makes of it.
fhir::Resource planAs(const fs::path& plan, const std::string& map = "") {
  const fhir::ReadOutcome bundle = fhir::readJson(readFile(plan / "expected/bundle.json"));
  EXPECT_TRUE(bundle.resource) << plan;
  if (map.empty()) return bundle.resource;
  static const auto library = mapping::MapLibrary::load({});
  const auto input =
      fhir::readJson(json::write(*bundle.resource.document()), library->library->definitions());
  const auto made = library->library->transform(kBase + "/StructureMap/" + map,
                                                {input.resource.document(), nullptr, nullptr});
  EXPECT_NE(made.document, nullptr) << plan << " " << map;
  return made.document == nullptr ? fhir::Resource()
                                  : fhir::readJson(json::write(*made.document)).resource;
}

// Our profiles and the packages of ../shared with these names.
std::shared_ptr<const ValidationContext> contextWith(const std::vector<std::string>& packages) {
  auto registry = std::make_shared<fhir::Registry>();
  registry->addOwnProfiles();
  for (const std::string& package : packages)
    registry->addPackage(kShared / "fhir-packages" / (package + ".tgz"));
  return std::make_shared<const ValidationContext>(registry);
}

void expectNoErrors(const ValidationContext& context, const fhir::Resource& resource,
                    const std::vector<std::string>& profiles, const std::string& what) {
  for (const fhir::Issue& issue : context.validate(resource, profiles)) {
    EXPECT_TRUE(issue.severity > fhir::Severity::kError && issue.code != "PB-1361")
        << what << " " << issue.place.expression << " " << issue.code << " "
        << issue.text(fhir::Language::kEnglish);
  }
}

// Each entry's resource by itself, with the profiles for its type.
void expectEntries(const ValidationContext& context, const fhir::Resource& bundle,
                   const std::map<std::string, std::vector<std::string>>& profiles,
                   const std::string& what) {
  std::size_t checked = 0;
  bundle.root().forEachChild("entry", [&](const fhir::Element& entry) {
    const fhir::Element element = entry.child("resource");
    const auto wanted = profiles.find(std::string(element.typeName()));
    if (wanted == profiles.end()) return;
    std::string text;
    json::write(*bundle.document(), *element.value(), text);
    expectNoErrors(context, fhir::readJson(text).resource, wanted->second, what);
    ++checked;
  });
  EXPECT_GT(checked, 0U) << what;
}

#define SKIP_WITHOUT_SHARED()                 \
  if (!fs::exists(kShared / "fhir-packages")) \
  GTEST_SKIP() << "the published packages are not here (" << kShared.string() << ")"

TEST(Views, WhatConformsToOursConformsToNoBasis) {
  SKIP_WITHOUT_SHARED();
  const auto context = contextWith({"hl7.fhir.no.basis-2.2.2"});
  std::map<std::string, std::vector<std::string>> profiles;
  for (const std::string type :
       {"Patient", "Organization", "Practitioner", "PractitionerRole", "RelatedPerson",
        "Appointment", "DocumentReference", "Composition"})
    profiles[type] = {"http://hl7.no/fhir/StructureDefinition/no-basis-" + type};
  for (const fs::path& plan : plans()) expectEntries(*context, planAs(plan), profiles, plan);
  for (const auto& example : fs::directory_iterator(kSource / "profiles/examples")) {
    const fhir::ReadOutcome read = fhir::readJson(readFile(example.path()));
    const auto wanted = profiles.find(std::string(read.resource.type()));
    if (wanted != profiles.end())
      expectNoErrors(*context, read.resource, wanted->second, example.path());
  }
}

TEST(Views, ForDbepMeasuresAreRequestsAndThePersonIsKnownByNumber) {
  const auto context = contextWith({});
  for (const fs::path& plan : plans())
    expectEntries(*context, planAs(plan, "IndividualPlanBundleToDbep"),
                  {{"CarePlan", {kBase + "/StructureDefinition/ip-view-dbep-careplan"}}}, plan);
}

TEST(Views, TheEuropeanPlanHasNoDetails) {
  const auto context = contextWith({});
  const std::vector<std::string> profile{kBase + "/StructureDefinition/ip-view-xshare-careplan"};
  for (const fs::path& plan : plans()) {
    const fhir::Resource moved = planAs(plan, "ActivityDetailToRequest");
    moved.root().forEachChild("entry", [&](const fhir::Element& entry) {
      const fhir::Element element = entry.child("resource");
      // A plan that was declined never had a period.
      if (element.typeName() != "CarePlan" || element.textOf("status") != "active" ||
          element.child("partOf"))
        return;
      std::string text;
      json::write(*moved.document(), *element.value(), text);
      expectNoErrors(*context, fhir::readJson(text).resource, profile, plan);
    });
  }
}

TEST(Views, ForVkpAPlanIsOneCarePlanOfItsProfile) {
  SKIP_WITHOUT_SHARED();
  const auto context = contextWith({"hl7.fhir.no.basis-2.2.2", "hl7.fhir.no.vkp-0.9.0"});
  for (const fs::path& plan : plans())
    expectNoErrors(*context, planAs(plan, "IndividualPlanBundleToVkp"),
                   {"http://ehelse.no/fhir/StructureDefinition/vkp-CarePlan-v090"}, plan);
}

TEST(Views, OslosMunicipalPlanTakesOursAsItIs) {
  SKIP_WITHOUT_SHARED();
  const auto context = contextWith({"hl7.fhir.no.basis-2.2.2", "hl7.fhir.no.municipal-0.2.0"});
  const std::string profile =
      "https://github.com/oslokommune/Pasientjournal-API/StructureDefinition/municipal-";
  for (const fs::path& plan : plans())
    expectEntries(*context, planAs(plan),
                  {{"CarePlan", {profile + "careplan"}}, {"Patient", {profile + "patient"}}}, plan);
}

TEST(Views, ZonePlansConformToTheirGeneration) {
  SKIP_WITHOUT_SHARED();
  const auto context = contextWith({"hl7.fhir.no.basis-2.2.2", "hl7.fhir.no.planer-hacking-0.2.0"});
  for (const char* const generation : {"v1.json", "v2.json"})
    expectNoErrors(
        *context,
        fhir::readJson(readFile(kSource / "fixtures/zone-plans/kols-tre-soner" / generation))
            .resource,
        {}, generation);
}

TEST(Views, TheCareTeamIsWhatIheAsks) {
  SKIP_WITHOUT_SHARED();
  auto registry = std::make_shared<fhir::Registry>();
  registry->addOwnProfiles();
  for (const char* const name : {"DCP", "DCTM"})
    registry->addResource(fhir::readJson(readFile(kShared / "suites/dcp/StructureDefinition" /
                                                  ("structuredefinition-IHE_" + std::string(name) +
                                                   "_CareTeam.json")))
                              .resource);
  const ValidationContext context(registry);
  for (const fs::path& plan : plans()) {
    if (plan.filename() == "nei-takk-til-plan") continue;  // declined: no period
    expectEntries(context, planAs(plan),
                  {{"CareTeam",
                    {"http://ihe.net/fhir/StructureDefinition/IHE_DCP_CareTeam",
                     "http://ihe.net/fhir/StructureDefinition/IHE_DCTM_CareTeam",
                     kBase + "/StructureDefinition/ip-view-dcp-careteam"}}},
                  plan);
  }
}

}  // namespace
}  // namespace planbro::ip_package
