// Every profile of the packages as published: where they lie beside the repository.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "fhir/registry.h"
#include "validation/element_merge.h"
#include "validation/packs.h"
#include "validation/profiles.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(PLANBRO_SOURCE_DIR) / "../shared/fhir-packages";

class PublishedPackagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (fs::is_directory(kFolder)) return;
    std::puts("passed over: ../shared/fhir-packages is not there");
    GTEST_SKIP();
  }

  static std::shared_ptr<fhir::Registry> load(std::initializer_list<const char*> names) {
    auto registry = std::make_shared<fhir::Registry>();
    for (const char* name : names) {
      for (const fhir::Issue& issue : registry->addPackage(kFolder / (std::string(name) + ".tgz")))
        EXPECT_LT(fhir::Severity::kError, issue.severity) << issue.text(fhir::Language::kEnglish);
    }
    return registry;
  }

  // Every profile: a snapshot, compiled; what is wrong with them, by code.
  static std::map<std::string, int> compileAll(const std::shared_ptr<fhir::Registry>& registry) {
    const Profiles profiles(std::make_shared<const terminology::Terminology>(registry), {});
    registry->forEach("StructureDefinition", [&](const fhir::Registry::Entry& entry) {
      if (entry.package == "hl7.fhir.r4.core") return;
      const fhir::Resource* definition = registry->get(entry);
      ASSERT_NE(definition, nullptr) << entry.url;
      if (definition->root().textOf("derivation") != "constraint") return;
      const std::string canonical =
          std::string(entry.url) + (entry.version.empty() ? "" : "|" + std::string(entry.version));
      const Snapshot* snapshot = profiles.snapshots().find(canonical);
      ASSERT_NE(snapshot, nullptr) << canonical;
      EXPECT_NE(elementsOf(snapshot->definition), nullptr) << canonical;
      EXPECT_NE(profiles.get(canonical), nullptr) << canonical;
    });
    std::map<std::string, int> codes;
    for (const fhir::Issue& issue : profiles.takeProblems()) {
      ++codes[std::string(issue.code)];
      std::printf("  %s\n", issue.text(fhir::Language::kEnglish).c_str());
    }
    return codes;
  }
};

TEST_F(PublishedPackagesTest, EveryNationalProfileGetsASnapshotAndCompiles) {
  const auto codes = compileAll(
      load({"hl7.fhir.no.basis-2.2.2", "hl7.fhir.no.basis-2.2.4-test", "hl7.fhir.no.vkp-0.9.0",
            "hl7.fhir.no.municipal-0.2.0", "hl7.fhir.no.domain.auditevent-0.9.8",
            "hl7.fhir.no.planer-hacking-0.2.0", "hl7.fhir.no.kodeverk-0.6.0"}));
  EXPECT_EQ(codes.contains("PB-1303"), false);  // no expression is misread
}

TEST_F(PublishedPackagesTest, EveryProfileOfOtherPackagesGetsASnapshotAndCompiles) {
  compileAll(load({"hl7.fhir.us.core-3.1.0", "hl7.terminology.r4-7.0.1"}));
}

TEST_F(PublishedPackagesTest, EveryPackWorksAloneAndAllTogether) {
  const auto registry =
      load({"hl7.fhir.no.basis-2.2.2", "hl7.fhir.no.basis-2.2.4-test", "hl7.fhir.no.vkp-0.9.0",
            "hl7.fhir.no.municipal-0.2.0", "hl7.fhir.no.domain.auditevent-0.9.8",
            "hl7.fhir.no.planer-hacking-0.2.0"});
  registry->addOwnProfiles();
  const auto all = builtinPacks();
  ASSERT_TRUE(all.has_value());
  std::vector<std::string> names;
  for (const Pack& pack : *all) names.push_back(pack.name());
  const auto chosen = choosePacks(*all, names, *registry);
  ASSERT_TRUE(chosen.has_value()) << chosen.error().message;
  for (const Pack& pack : *chosen) {
    Options options;
    options.packs = {pack};
    const ValidationContext context(registry, options);
    for (const fhir::Issue& issue : context.prepare(pack.profiles()))
      EXPECT_NE(issue.code, "PB-1361")
          << pack.name() << ": " << issue.text(fhir::Language::kEnglish);
  }
  Options options;
  options.packs = *chosen;
  const ValidationContext together(registry, options);
  const auto patient = fhir::readJson(R"({"resourceType":"Patient"})");
  EXPECT_FALSE(together.validate(patient.resource).empty());
}

}  // namespace
}  // namespace planbro::validation
