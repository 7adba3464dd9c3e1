#include "fhir/package_cache.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fhir/tarball.h"

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

fs::path pack(const std::string& title) {
  return makeTarball(
      "cache-" + title + ".tgz",
      {{"package/package.json", R"({"name":"test.pack","version":"1.0.0"})"},
       {"package/a.json", R"({"resourceType":"ValueSet","url":"http://x.no/a","title":")" + title +
                              R"(","status":"active"})"}});
}

fs::path emptyFolder(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / name;
  fs::remove_all(folder);
  return folder;
}

TEST(PackageCache, WhatWasAddedIsThereNextTime) {
  const fs::path folder = emptyFolder("cache-next");
  std::vector<Issue> issues;
  {
    auto cache = PackageCache::open(folder);
    ASSERT_TRUE(cache);
    EXPECT_TRUE(cache->entries().empty());
    ASSERT_TRUE(cache->add(pack("one"), issues));
    ASSERT_TRUE(cache->add(pack("one"), issues));  // once more changes nothing
  }
  const auto cache = PackageCache::open(folder);
  ASSERT_TRUE(cache);
  ASSERT_EQ(cache->entries().size(), 1U);
  EXPECT_EQ(cache->entries()[0].file, "test.pack-1.0.0.tgz");
  Registry registry;
  EXPECT_TRUE(cache->loadInto(registry).empty());
  EXPECT_NE(registry.find("http://x.no/a"), nullptr);
}

TEST(PackageCache, TheSameVersionWithOtherContentIsRefused) {
  auto cache = PackageCache::open(emptyFolder("cache-conflict"));
  std::vector<Issue> issues;
  ASSERT_TRUE(cache->add(pack("one"), issues));
  const auto second = cache->add(pack("two"), issues);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST(PackageCache, AChangedOrMissingFileIsToldAndNotLoaded) {
  const fs::path folder = emptyFolder("cache-changed");
  auto cache = PackageCache::open(folder);
  std::vector<Issue> issues;
  ASSERT_TRUE(cache->add(pack("one"), issues));
  fs::copy_file(pack("two"), folder / "test.pack-1.0.0.tgz", fs::copy_options::overwrite_existing);
  Registry registry;
  auto found = cache->loadInto(registry);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "PB-0207");
  EXPECT_EQ(registry.find("http://x.no/a"), nullptr);
  fs::remove(folder / "test.pack-1.0.0.tgz");
  found = cache->loadInto(registry);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "PB-0206");
}

TEST(PackageCache, AFolderAndWhatIsNoPackageAreRefused) {
  auto cache = PackageCache::open(emptyFolder("cache-refused"));
  std::vector<Issue> issues;
  EXPECT_EQ(cache->add(testing::TempDir(), issues).error().code, ErrorCode::kInvalidArgument);
  const fs::path text = fs::path(testing::TempDir()) / "cache-text.tgz";
  std::ofstream(text) << "no archive";
  EXPECT_EQ(cache->add(text, issues).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(cache->add("/nowhere.tgz", issues).error().code, ErrorCode::kIo);
  // A package cannot choose where it is written.
  EXPECT_EQ(cache
                ->add(makeTarball("cache-evil.tgz",
                                  {{"package/package.json", R"({"name":"../evil","version":"1"})"},
                                   {"package/a.json", R"({"resourceType":"Basic"})"}}),
                      issues)
                .error()
                .code,
            ErrorCode::kInvalidArgument);
}

TEST(PackageCache, ADamagedLockFileIsAnError) {
  const fs::path folder = emptyFolder("cache-damaged");
  fs::create_directories(folder);
  std::ofstream(folder / "packages.lock.json") << "{";
  EXPECT_FALSE(PackageCache::open(folder));
  std::ofstream(folder / "packages.lock.json")
      << R"({"packages":[{"name":"a","version":"1","sha256":"","file":"../../etc/passwd"}]})";
  EXPECT_FALSE(PackageCache::open(folder));
}

}  // namespace
}  // namespace planbro::fhir
