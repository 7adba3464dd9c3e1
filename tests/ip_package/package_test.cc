// The package no.planbro.ip as others get it: built, loaded again by itself, used.
#include "package.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "fhir/canonical_base.h"
#include "fhir/package_reader.h"
#include "fhir/registry.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "pages.h"
#include "validation/packs.h"
#include "validation/validator.h"

namespace planbro::ip_package {
namespace {

namespace fs = std::filesystem;

const fs::path kPackage = PLANBRO_IP_PACKAGE;

std::string readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// An empty folder below the program's own temporary folder.
fs::path folderOf(const std::string& name) {
  const fs::path folder = fs::path(std::getenv("TEST_TMPDIR")) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

// The package and nothing of ours besides.
const validation::ValidationContext& context() {
  static const validation::ValidationContext made([] {
    auto registry = std::make_shared<fhir::Registry>();
    for (const fhir::Issue& issue : registry->addPackage(kPackage))
      ADD_FAILURE() << issue.place.source << ": " << issue.text(fhir::Language::kEnglish);
    return registry;
  }());
  return made;
}

const std::vector<PackedFile>& files() {
  static const std::vector<PackedFile> made = [] {
    auto result = makePackage(PLANBRO_SOURCE_DIR);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? std::move(*result) : std::vector<PackedFile>{};
  }();
  return made;
}

std::string textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? "" : std::string(member->text());
}

TEST(IpPackage, TheSameSourcesMakeTheSameBytes) {
  const fs::path again = folderOf("bytes") / "again.tgz";
  ASSERT_TRUE(writePackage(files(), again).has_value());
  EXPECT_TRUE(readFile(again) == readFile(kPackage));
}

TEST(IpPackage, HoldsEveryKindOfResourceThatAGuideHas) {
  std::map<std::string, int> count;
  for (const PackedFile& file : files()) {
    if (!file.path.starts_with("package/example/"))
      ++count[textOf(file.document->root(), "resourceType")];
  }
  EXPECT_GE(count["StructureDefinition"], 45);
  EXPECT_GE(count["ValueSet"], 20);
  EXPECT_GE(count["CodeSystem"], 20);
  EXPECT_GE(count["ConceptMap"], 20);
  EXPECT_GE(count["StructureMap"], 4);
  EXPECT_GE(count["SearchParameter"], 3);
  EXPECT_EQ(count["CapabilityStatement"], 2);
  EXPECT_EQ(count["ImplementationGuide"], 1);
}

TEST(IpPackage, EveryProfileHasASnapshotAndTheIndexNamesEveryFile) {
  std::set<std::string> named;
  std::set<std::string> there;
  for (const PackedFile& file : files()) {
    const json::Node& root = file.document->root();
    if (textOf(root, "resourceType") == "StructureDefinition") {
      EXPECT_NE(root.member("snapshot"), nullptr) << file.path;
    }
    const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
    if (file.path.ends_with("/.index.json")) {
      for (const json::Node& entry : root.member("files")->children())
        named.insert(folder + textOf(entry, "filename"));
    } else if (!file.path.ends_with("/package.json")) {
      there.insert(file.path);
    }
  }
  EXPECT_EQ(named, there);
}

TEST(IpPackage, LoadedAgainItFindsNoErrorInItsOwnResources) {
  for (const PackedFile& file : files()) {
    if (textOf(file.document->root(), "resourceType").empty()) continue;
    const fhir::ReadOutcome read = fhir::readJson(json::write(*file.document));
    ASSERT_TRUE(read.resource) << file.path;
    for (const fhir::Issue& issue : context().validate(read.resource)) {
      // What a snapshot repeats of the core specification is the core specification's.
      if (issue.place.expression.find(".snapshot.") != std::string::npos) continue;
      EXPECT_GT(issue.severity, fhir::Severity::kError)
          << file.path << " " << issue.place.expression << " "
          << issue.text(fhir::Language::kEnglish);
    }
  }
}

// Adds the profiles that a resource, or what its Bundle holds, says or is meant to conform to.
void profilesOf(const fhir::Element& resource, const validation::Pack& pack,
                std::set<std::string>& urls) {
  resource.child("meta").forEachChild(
      "profile", [&](const fhir::Element& profile) { urls.emplace(profile.text()); });
  for (std::string& url : pack.profilesFor(resource)) urls.insert(std::move(url));
}

TEST(IpPackage, EveryProfileHasAnExample) {
  const auto packs = validation::builtinPacks();
  ASSERT_TRUE(packs.has_value());
  const auto pack = std::find_if(packs->begin(), packs->end(),
                                 [](const validation::Pack& one) { return one.name() == "ip"; });
  ASSERT_NE(pack, packs->end());
  std::set<std::string> shown;
  for (const PackedFile& file : files()) {
    if (!file.path.starts_with("package/example/") || file.path.ends_with(".index.json")) continue;
    const fhir::ReadOutcome read = fhir::readJson(json::write(*file.document));
    ASSERT_TRUE(read.resource) << file.path;
    profilesOf(read.resource.root(), *pack, shown);
    read.resource.root().forEachChild("entry", [&](const fhir::Element& entry) {
      profilesOf(entry.child("resource"), *pack, shown);
    });
  }
  // A document is made by the program (tests/plan/document_test.cc); what the law asks is no form
  // of its own.
  shown.insert(PLANBRO_CANONICAL_BASE "/StructureDefinition/ip-composition");
  for (const PackedFile& file : files()) {
    const json::Node& root = file.document->root();
    const std::string id = textOf(root, "id");
    if (textOf(root, "resourceType") != "StructureDefinition" ||
        textOf(root, "kind") != "resource" || !id.starts_with("ip-") || id.starts_with("ip-law-") ||
        id.starts_with("ip-view-"))
      continue;
    EXPECT_TRUE(shown.contains(textOf(root, "url"))) << id;
  }
}

TEST(IpPackage, ThePagesOfDocsProfilesAreMadeFromIt) {
  const fs::path folder = PLANBRO_SOURCE_DIR "/docs/profiles";
  const auto pages = makePages(files());
  for (const auto& [name, text] : pages)
    EXPECT_TRUE(readFile(folder / name) == text) << name << ": run the target ip_package_pages";
  for (const auto& file : fs::directory_iterator(folder))
    EXPECT_TRUE(pages.contains(file.path().filename())) << file.path();
}

TEST(IpPackage, ItsStructureMapsRunLikeTheTextsTheyWereMadeOf) {
  const fs::path folder = folderOf("maps");
  for (const PackedFile& file : files()) {
    const std::string type = textOf(file.document->root(), "resourceType");
    if (type == "StructureMap" || type == "ConceptMap" ||
        file.path.ends_with("IndividualPlan.json"))
      std::ofstream(folder / fs::path(file.path).filename()) << json::write(*file.document);
  }
  const auto packed = mapping::MapLibrary::load({.builtin = false, .paths = {folder}});
  ASSERT_TRUE(packed.has_value()) << packed.error().message;
  for (const fhir::Issue& issue : packed->issues)
    ADD_FAILURE() << issue.place.source << ": " << issue.text(fhir::Language::kEnglish);
  const auto own = mapping::MapLibrary::load({});
  ASSERT_TRUE(own.has_value());
  const std::string base = PLANBRO_CANONICAL_BASE "/StructureMap/";
  for (const auto& plan : fs::directory_iterator(PLANBRO_SOURCE_DIR "/fixtures/plans")) {
    const auto expectSame = [&](const std::string& map, const fs::path& input) {
      const auto run = [&](const mapping::MapLibrary& library) {
        const auto read = fhir::readJson(readFile(input), library.definitions());
        EXPECT_TRUE(read.resource) << input;
        const auto outcome =
            library.transform(base + map, {read.resource.document(), nullptr, nullptr});
        EXPECT_NE(outcome.document, nullptr) << input << " " << map;
        return outcome.document == nullptr ? std::string() : json::write(*outcome.document);
      };
      EXPECT_GT(run(*own->library).size(), 500U) << input << " " << map;
      EXPECT_TRUE(run(*packed->library) == run(*own->library)) << input << " " << map;
    };
    expectSame("IndividualPlanToBundle", plan.path() / "expected/plan.json");
    for (const std::string map :
         {"BundleToIndividualPlan", "ActivityDetailToRequest", "CareTeamToContained",
          "IndividualPlanBundleToDbep", "IndividualPlanBundleToVkp"})
      expectSame(map, plan.path() / "expected/bundle.json");
  }
}

}  // namespace
}  // namespace planbro::ip_package
