#include "fhir/registry.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "fhir/builtin_files.h"
#include "fhir/tarball.h"

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

fs::path scratch() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  fs::path folder = fs::path(testing::TempDir()) / "registry" / test->name();
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

fs::path tarball(const std::vector<TarFile>& files) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return makeTarball(std::string("registry-") + test->name() + ".tgz", files);
}

std::string valueSet(const std::string& url, const std::string& version,
                     const std::string& title = "") {
  return R"({"resourceType":"ValueSet","url":")" + url + R"(","version":")" + version +
         R"(","title":")" + title + R"(","status":"active"})";
}

std::string codes(const std::vector<Issue>& issues) {
  std::string all;
  for (const Issue& issue : issues) all += std::string(issue.code) + " ";
  return all;
}

TEST(Registry, CoreIsThereAndBound) {
  const Registry registry;
  const Resource* plan = registry.find("http://hl7.org/fhir/StructureDefinition/CarePlan");
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->type(), "StructureDefinition");
  EXPECT_EQ(plan->root().textOf("version"), "4.0.1");
  EXPECT_EQ(registry.find("http://hl7.org/fhir/StructureDefinition/CarePlan"), plan);
  EXPECT_EQ(registry.find("http://hl7.org/fhir/StructureDefinition/CarePlan|4.0.1"), plan);
  EXPECT_EQ(registry.find("http://hl7.org/fhir/StructureDefinition/CarePlan|4.0"), plan);
  EXPECT_EQ(registry.find("http://hl7.org/fhir/StructureDefinition/CarePlan|5.0.0"), nullptr);
  EXPECT_EQ(registry.find("http://hl7.org/fhir/StructureDefinition/CarePlan", "ValueSet"), nullptr);
  EXPECT_EQ(registry.find("http://hl7.org/fhir/StructureDefinition/Nothing"), nullptr);
}

TEST(Registry, EveryKindOfCoreResourceIsListedWithoutUnpacking) {
  const Registry registry;
  std::size_t value_sets = 0;
  registry.forEach("ValueSet", [&](const Registry::Entry& entry) {
    EXPECT_EQ(entry.type, "ValueSet");
    ++value_sets;
  });
  EXPECT_GT(value_sets, 1000U);
  std::size_t parameters = 0;
  registry.forEach("SearchParameter", [&](const Registry::Entry& entry) {
    EXPECT_EQ(entry.url.find("medplum"), std::string_view::npos);
    ++parameters;
  });
  EXPECT_GT(parameters, 1300U);
}

TEST(Registry, APackageIsLoadedAndTheNewestVersionFound) {
  Registry registry;
  const fs::path path =
      tarball({{"package/package.json", R"({"name":"test.pack","version":"1.2.3"})"},
               {"package/.index.json", "{\"files\":[]}"},
               {"package/a.json", valueSet("http://x.no/a", "1.9.0", "old")},
               {"package/b.json", valueSet("http://x.no/a", "1.10.0", "new")},
               {"package/c.json", valueSet("http://x.no/a", "1.10.0-draft", "draft")},
               {"package/example/d.json", valueSet("http://x.no/d", "1")},
               {"package/readme.txt", "no resource"}});
  EXPECT_EQ(codes(registry.addPackage(path)), "");
  ASSERT_EQ(registry.packages().size(), 1U);
  EXPECT_EQ(registry.packages()[0].name, "test.pack");
  EXPECT_EQ(registry.packages()[0].version, "1.2.3");
  EXPECT_EQ(registry.packages()[0].resources, 3U);
  EXPECT_EQ(registry.packages()[0].sha256.size(), 64U);
  EXPECT_EQ(registry.find("http://x.no/a")->root().textOf("title"), "new");
  EXPECT_EQ(registry.find("http://x.no/a|1.9.0")->root().textOf("title"), "old");
  EXPECT_EQ(registry.find("http://x.no/a|1.10")->root().textOf("title"), "new");
  EXPECT_EQ(registry.find("http://x.no/a|2"), nullptr);
  EXPECT_EQ(registry.find("http://x.no/d"), nullptr);
}

TEST(Registry, XmlInAPackageIsReadToo) {
  Registry registry;
  const auto issues = registry.addPackage(tarball(
      {{"package/a.xml",
        R"(<ValueSet xmlns="http://hl7.org/fhir"><url value="http://x.no/a"/><status value="draft"/></ValueSet>)"}}));
  EXPECT_EQ(codes(issues), "");
  ASSERT_NE(registry.find("http://x.no/a"), nullptr);
  EXPECT_EQ(registry.find("http://x.no/a")->root().textOf("status"), "draft");
}

TEST(Registry, ABadFileIsReportedAndTheRestLoads) {
  Registry registry;
  const auto issues =
      registry.addPackage(tarball({{"package/bad.json", "{\"resourceType\":\"ValueSet\",\n  oops"},
                                   {"package/other.json", R"({"some":"thing"})"},
                                   {"package/good.json", valueSet("http://x.no/good", "1")}}));
  EXPECT_EQ(codes(issues), "PB-0101 PB-0109 ");
  EXPECT_EQ(issues[0].place.source,
            "registry-ABadFileIsReportedAndTheRestLoads.tgz: package/bad.json");
  EXPECT_EQ(issues[0].place.position.line, 2U);
  EXPECT_NE(registry.find("http://x.no/good"), nullptr);
}

TEST(Registry, LinksAndPathsThatLeadOutAreRefused) {
  Registry registry;
  const auto issues = registry.addPackage(tarball({
      {"../evil.json", valueSet("http://x.no/1", "1")},
      {"/package/evil.json", valueSet("http://x.no/2", "1")},
      {"package/../../evil.json", valueSet("http://x.no/3", "1")},
      {"package/link.json", "", "/etc/passwd"},
      {"package/good.json", valueSet("http://x.no/good", "1")},
  }));
  EXPECT_EQ(codes(issues), "PB-0202 PB-0202 PB-0202 PB-0202 ");
  EXPECT_NE(registry.find("http://x.no/good"), nullptr);
  EXPECT_EQ(registry.find("http://x.no/1"), nullptr);
  EXPECT_EQ(registry.find("http://x.no/2"), nullptr);
}

TEST(Registry, AFileThatUnpacksToTooMuchIsRefused) {
  Registry registry;
  const auto issues =
      registry.addPackage(tarball({{"package/bomb.json", std::string(65U << 20, ' ')}}));
  EXPECT_EQ(codes(issues), "PB-0203 ");
}

TEST(Registry, AnArchiveThatIsItselfTooLargeIsRefusedUnread) {
  const fs::path path = scratch() / "large.tgz";
  std::ofstream(path) << "x";
  fs::resize_file(path, (std::uintmax_t{512} << 20) + 1);  // a hole: takes no room
  Registry registry;
  EXPECT_EQ(codes(registry.addPackage(path)), "PB-0203 ");
}

TEST(Registry, ATruncatedArchiveAndAMissingOneAreReported) {
  Registry registry;
  std::string noise;
  for (unsigned i = 0, x = 1; i < 40000; ++i)
    noise += static_cast<char>('a' + (x = x * 1103515245U + 12345U) / 65536U % 26);
  const fs::path path = tarball({{"package/a.json", valueSet("http://x.no/a", "1", noise)}});
  fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_EQ(codes(registry.addPackage(path)), "PB-0201 ");
  EXPECT_EQ(codes(registry.addPackage(path.parent_path() / "none.tgz")), "PB-0201 ");
  EXPECT_TRUE(registry.packages().empty());
}

TEST(Registry, AFolderOfResourcesIsAPackageToo) {
  Registry registry;
  const fs::path folder = scratch();
  fs::create_directories(folder / "sub");
  std::ofstream(folder / "sub" / "a.json") << valueSet("http://x.no/a", "1");
  EXPECT_EQ(codes(registry.addPackage(folder)), "");
  EXPECT_NE(registry.find("http://x.no/a"), nullptr);
  EXPECT_EQ(codes(registry.addPackage(scratch())), "PB-0204 ");
}

TEST(Registry, NoBasisIsFoundUnderEitherOfItsCanonicalFamilies) {
  const auto profile = [](const std::string& url) {
    return readJson(R"({"resourceType":"StructureDefinition","url":")" + url + "\"}").resource;
  };
  const std::string plain = "http://hl7.no/fhir/StructureDefinition/no-basis-Patient";
  const std::string guide = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-Patient";
  Registry registry;
  registry.addResource(profile(plain));
  ASSERT_NE(registry.find(guide), nullptr);
  EXPECT_EQ(registry.find(guide)->root().textOf("url"), plain);
  registry.addResource(profile(guide));
  EXPECT_EQ(registry.find(guide)->root().textOf("url"), guide);
  EXPECT_EQ(registry.find(plain)->root().textOf("url"), plain);
}

TEST(Registry, CoreWinsOverACopyOfItselfAndPackagesWinElsewhere) {
  Registry registry;
  registry.addResource(
      readJson(valueSet("http://hl7.org/fhir/ValueSet/goal-status", "9.9.9")).resource);
  registry.addResource(
      readJson(
          R"({"resourceType":"CodeSystem","url":"http://terminology.hl7.org/CodeSystem/v3-ActCode","version":"1.0.0"})")
          .resource);
  EXPECT_EQ(registry.find("http://hl7.org/fhir/ValueSet/goal-status")->root().textOf("version"),
            "4.0.1");
  EXPECT_EQ(
      registry.find("http://hl7.org/fhir/ValueSet/goal-status|9.9.9")->root().textOf("version"),
      "9.9.9");
  EXPECT_EQ(
      registry.find("http://terminology.hl7.org/CodeSystem/v3-ActCode")->root().textOf("version"),
      "1.0.0");
}

TEST(Registry, TheSameResourceTwiceIsToldAndTheLaterUsed) {
  Registry registry;
  registry.addResource(readJson(valueSet("http://x.no/a", "1", "first")).resource);
  const auto issues =
      registry.addResource(readJson(valueSet("http://x.no/a", "1", "second")).resource);
  EXPECT_EQ(codes(issues), "PB-0205 ");
  EXPECT_EQ(registry.find("http://x.no/a")->root().textOf("title"), "second");
}

TEST(Registry, ManyThreadsAskAtOnceAndGetTheSameResource) {
  const Registry registry;
  std::vector<const Resource*> found(8);
  {
    std::vector<std::jthread> threads;
    for (auto& place : found)
      threads.emplace_back(
          [&] { place = registry.find("http://hl7.org/fhir/StructureDefinition/Goal"); });
  }
  ASSERT_NE(found[0], nullptr);
  for (const Resource* one : found) EXPECT_EQ(one, found[0]);
}

TEST(Registry, OwnProfilesLoadWithoutAnIssue) {
  Registry registry;
  for (const Issue& issue : registry.addOwnProfiles())
    ADD_FAILURE() << issue.place.source << ": " << issue.text(Language::kEnglish);
}

TEST(Versions, AreComparedAsPeopleMeanThem) {
  EXPECT_TRUE(isOlderVersion("1.9.0", "1.10.0"));
  EXPECT_TRUE(isOlderVersion("1.10.0-draft", "1.10.0"));
  EXPECT_TRUE(isOlderVersion("2.0", "2.0.1"));
  EXPECT_TRUE(isOlderVersion("", "1"));
  EXPECT_FALSE(isOlderVersion("1.10.0", "1.10.0-draft"));
  EXPECT_FALSE(isOlderVersion("1.0", "1.0"));
}

TEST(BuiltinFiles, AreListedByPrefixAndRead) {
  for (const std::string& path : builtinFiles("")) {
    EXPECT_TRUE(path.starts_with("profiles/") || path.starts_with("mappings/")) << path;
    std::ifstream file(std::string(PLANBRO_SOURCE_DIR "/") + path, std::ios::binary);
    EXPECT_EQ(builtinFile(path), (std::string{std::istreambuf_iterator<char>(file), {}}));
  }
  EXPECT_FALSE(builtinFile("profiles/none.json").has_value());
}

}  // namespace
}  // namespace planbro::fhir
