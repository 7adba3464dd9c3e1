#include "fhir/packed_packages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/digest.h"
#include "fhir/registry.h"
#include "fhir/tarball.h"

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

fs::path folderOf(const std::string& name) {
  fs::path folder = fs::path(testing::TempDir()) / ("packed-" + name);
  fs::remove_all(folder);
  return folder;
}

std::string bytesOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A profile, a supplement in XML, a bad file, the same URL twice, a link and a copy of core.
fs::path package(const std::string& name) {
  return makeTarball(
      "packed-" + name + ".tgz",
      {{"package/package.json", R"({"name":"test.pack","version":"1.2.3"})"},
       {"package/a.json",
        R"({"resourceType":"ValueSet","url":"http://x.no/a","version":"1","title":"first"})"},
       {"package/b.json",
        R"({"resourceType":"ValueSet","url":"http://x.no/a","version":"1","title":"second"})"},
       {"package/c.xml",
        R"(<CodeSystem xmlns="http://hl7.org/fhir"><url value="http://x.no/c"/><supplements value="http://x.no/s"/></CodeSystem>)"},
       {"package/bad.json", "{\n oops"},
       {"package/link.json", {}, "/etc/passwd"},
       {"package/core.json",
        R"({"resourceType":"StructureDefinition","version":"4.0.1","url":"http://hl7.org/fhir/StructureDefinition/Patient"})"}});
}

std::string describe(const Registry& registry, const std::vector<Issue>& issues) {
  std::string text;
  for (const Issue& issue : issues)
    text += std::string(issue.code) + " " + issue.place.source + " " +
            std::to_string(issue.place.position.line) + " " + issue.text(Language::kEnglish) + "\n";
  registry.forEach({}, [&](const Registry::Entry& entry) {
    if (entry.package == "hl7.fhir.r4.core") return;
    text += std::string(entry.type).append(" ").append(entry.url).append(" ");
    text += std::string(entry.version).append(" ").append(entry.supplements).append(" ");
    text += std::string(entry.package).append(" ");
    text += std::string(registry.get(entry)->root().textOf("title")) + "\n";
  });
  for (const PackageInfo& info : registry.packages())
    text += info.name + " " + info.version + " " + info.sha256 + " " +
            std::to_string(info.resources) + "\n";
  return text;
}

std::string added(const fs::path& path, const fs::path* folder) {
  Registry registry;
  if (folder != nullptr) registry.keepPackedIn(*folder);
  const auto issues = registry.addPackage(path);
  return describe(registry, issues);
}

TEST(PackedPackages, APackageTakenFromTheFolderIsTheSameInEverything) {
  const fs::path path = package("same");
  const fs::path folder = folderOf("same");
  const std::string plain = added(path, nullptr);
  EXPECT_NE(plain.find("PB-0205"), std::string::npos) << plain;
  EXPECT_NE(plain.find("PB-0202"), std::string::npos) << plain;
  EXPECT_EQ(added(path, &folder), plain);
  ASSERT_TRUE(fs::exists(folder / (sha256Hex(bytesOf(path)) + ".pack")));
  EXPECT_EQ(added(path, &folder), plain);
}

TEST(PackedPackages, AKeptFileThatWasChangedCountsAsNotThereAndIsWrittenAnew) {
  const fs::path path = package("changed");
  const fs::path folder = folderOf("changed");
  const std::string plain = added(path, &folder);
  const fs::path kept = folder / (sha256Hex(bytesOf(path)) + ".pack");
  const std::string good = bytesOf(kept);
  std::string worse = good;
  worse[worse.size() / 2] ^= 1;
  for (const std::string& content :
       {worse, good.substr(0, good.size() - 1), good + "x", std::string("PBPACK01"), std::string(),
        std::string(300, 'x')}) {
    std::ofstream(kept, std::ios::binary) << content;
    EXPECT_FALSE(PackedPackages(folder).find(sha256Hex(bytesOf(path))).has_value());
    EXPECT_EQ(added(path, &folder), plain);
    EXPECT_EQ(bytesOf(kept), good);
  }
}

TEST(PackedPackages, AFileThatOthersMayWriteOrALinkIsNotUsed) {
  const fs::path path = package("others");
  const fs::path folder = folderOf("others");
  added(path, &folder);
  const std::string sha256 = sha256Hex(bytesOf(path));
  const fs::path kept = folder / (sha256 + ".pack");
  ASSERT_TRUE(PackedPackages(folder).find(sha256).has_value());
  fs::permissions(kept, fs::perms::group_write, fs::perm_options::add);
  EXPECT_FALSE(PackedPackages(folder).find(sha256).has_value());
  fs::permissions(kept, fs::perms::group_write, fs::perm_options::remove);
  fs::rename(kept, folder / "elsewhere");
  fs::create_symlink(folder / "elsewhere", kept);
  EXPECT_FALSE(PackedPackages(folder).find(sha256).has_value());
}

TEST(PackedPackages, AFolderThatCannotBeWrittenChangesNothing) {
  const fs::path path = package("unwritable");
  const fs::path file = fs::path(testing::TempDir()) / "packed-no-folder";
  std::ofstream(file) << "a file";
  EXPECT_EQ(added(path, &file), added(path, nullptr));
}

TEST(PackedPackages, ManyMayWriteAndReadAtOnce) {
  const fs::path path = package("many");
  const fs::path folder = folderOf("many");
  const std::string plain = added(path, nullptr);
  std::vector<std::string> seen(16);
  {
    std::vector<std::jthread> threads;
    for (std::string& one : seen) threads.emplace_back([&] { one = added(path, &folder); });
  }
  for (const std::string& one : seen) EXPECT_EQ(one, plain);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST(PackedPackages, TheFolderHoldsSoManyPackagesAndNoMore) {
  const fs::path folder = folderOf("limit");
  const PackedPackages packages(folder);
  for (std::size_t i = 0; i < kMaxKeptPackages + 5; ++i) packages.keep(std::to_string(i), "x");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()),
            static_cast<std::ptrdiff_t>(kMaxKeptPackages));
}

TEST(PackedPackages, TheOneUsedLongestAgoGoes) {
  const fs::path path = package("oldest");
  const fs::path folder = folderOf("oldest");
  added(path, &folder);
  const std::string used = sha256Hex(bytesOf(path));
  const PackedPackages packages(folder);
  for (std::size_t i = 1; i < kMaxKeptPackages; ++i) packages.keep(std::to_string(i), "x");
  const auto now = fs::file_time_type::clock::now();
  for (const auto& entry : fs::directory_iterator(folder))
    fs::last_write_time(entry.path(), now - std::chrono::hours(1));
  fs::last_write_time(folder / (used + ".pack"), now - std::chrono::hours(9));
  fs::last_write_time(folder / "7.pack", now - std::chrono::hours(8));
  ASSERT_TRUE(packages.find(used).has_value());
  packages.keep("one more", "x");
  EXPECT_TRUE(packages.find(used).has_value());
  EXPECT_FALSE(fs::exists(folder / "7.pack"));
}

TEST(PackedPackages, WhatIsCutOffOrOverALimitIsNotKept) {
  const fs::path path = package("cut");
  const fs::path folder = folderOf("cut");
  fs::resize_file(path, fs::file_size(path) - 30);
  added(path, &folder);
  EXPECT_FALSE(fs::exists(folder));
}

}  // namespace
}  // namespace planbro::fhir
