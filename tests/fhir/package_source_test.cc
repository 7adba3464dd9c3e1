#include "fhir/package_source.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "base/digest.h"
#include "fhir/package_cache.h"
#include "fhir/package_reader.h"
#include "fhir/tarball.h"

namespace planbro::fhir {
namespace {

namespace fs = std::filesystem;

// A registry of fixed answers.
Fetch scripted(std::map<std::string, Fetched> answers) {
  return [answers = std::move(answers)](const std::string& address) -> Result<Fetched> {
    const auto found = answers.find(address);
    if (found == answers.end()) return Fetched{404, {}, {}};
    return found->second;
  };
}

Fetched found(std::string body) { return {200, {}, std::move(body)}; }
Fetched sendsOnTo(std::string location) { return {302, std::move(location), {}}; }

std::string bytesOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string package(const std::string& name, const std::vector<TarFile>& more = {}) {
  std::vector<TarFile> files = {
      {"package/package.json", R"({"name":")" + name + R"(","version":"1.0.0"})"},
      {"package/a.json", R"({"resourceType":"ValueSet","url":"http://x.no/a","status":"active"})"}};
  files.insert(files.end(), more.begin(), more.end());
  return bytesOf(makeTarball("source-" + name + ".tgz", files));
}

PackageCache emptyCache(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / name;
  fs::remove_all(folder);
  return *PackageCache::open(folder);
}

ErrorCode codeOf(const Fetch& fetch) {
  const auto fetched = fetchPackage(fetch, "https://r.no", "x", "1.0.0");
  return fetched ? ErrorCode::kInternal : fetched.error().code;
}

TEST(PackageSource, ThePackageComesFromItsNameAndVersion) {
  const auto fetched = fetchPackage(scripted({{"https://r.no/x/1.0.0", found("\x1f\x8b...")}}),
                                    "https://r.no/", "x", "1.0.0");
  ASSERT_TRUE(fetched);
  EXPECT_EQ(*fetched, "\x1f\x8b...");
}

TEST(PackageSource, RedirectsAreFollowedOnTheSameHostAndToOthers) {
  EXPECT_TRUE(fetchPackage(scripted({{"https://r.no/x/1.0.0", sendsOnTo("/files/x.tgz")},
                                     {"https://r.no/files/x.tgz", sendsOnTo("https://cdn.no/x")},
                                     {"https://cdn.no/x", found("\x1f\x8b")}}),
                           "https://r.no", "x", "1.0.0"));
}

TEST(PackageSource, ARedirectToSomethingWeakerIsNotFollowed) {
  for (const char* location : {"http://r.no/x.tgz", "file:///etc/passwd", "//other.no/x", "x", ""})
    EXPECT_EQ(codeOf(scripted({{"https://r.no/x/1.0.0", sendsOnTo(location)},
                               {"http://r.no/x.tgz", found("\x1f\x8b")}})),
              ErrorCode::kUnavailable)
        << location;
}

TEST(PackageSource, RedirectsInACircleEnd) {
  EXPECT_EQ(codeOf(scripted({{"https://r.no/x/1.0.0", sendsOnTo("/x/1.0.0")}})),
            ErrorCode::kUnavailable);
}

TEST(PackageSource, WhatTheRegistryAnswersIsTold) {
  EXPECT_EQ(codeOf(scripted({})), ErrorCode::kNotFound);
  EXPECT_EQ(codeOf(scripted({{"https://r.no/x/1.0.0", {500, {}, {}}}})), ErrorCode::kUnavailable);
  EXPECT_EQ(codeOf(scripted({{"https://r.no/x/1.0.0", found("<html>log in</html>")}})),
            ErrorCode::kCorrupt);
}

TEST(PackageSource, ANameThatLeadsElsewhereIsNeverAsked) {
  for (const char* name : {"../x", "a/b", "", "x?y", ".x"}) {
    const auto fetched = fetchPackage(scripted({}), "https://r.no", name, "1.0.0");
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, ErrorCode::kInvalidArgument) << name;
  }
}

TEST(PackageSource, AFetchedPackageIsLockedWithItsSource) {
  auto cache = emptyCache("source-locked");
  std::vector<Issue> issues;
  const std::string bytes = package("x");
  ASSERT_TRUE(
      cache.addFetched(bytes, {"x", "1.0.0", sha256Hex(bytes), {}, "https://r.no"}, issues));
  ASSERT_EQ(cache.entries().size(), 1U);
  EXPECT_EQ(cache.entries()[0].source, "https://r.no");
}

TEST(PackageSource, AnotherContentThanTheLockedOneIsRefusedAndNothingStays) {
  auto cache = emptyCache("source-hash");
  std::vector<Issue> issues;
  const auto added = cache.addFetched(
      package("x"), {"x", "1.0.0", std::string(64, '0'), {}, "https://r.no"}, issues);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(cache.entries().empty());
}

TEST(PackageSource, APackageThatIsAnotherOneIsRefused) {
  auto cache = emptyCache("source-other");
  std::vector<Issue> issues;
  const auto added = cache.addFetched(package("y"), {"x", "1.0.0", {}, {}, "https://r.no"}, issues);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(fs::exists(fs::path(testing::TempDir()) / "source-other"));
}

TEST(PackageSource, ADownloadThatBrokeOffIsRefused) {
  auto cache = emptyCache("source-broken");
  std::vector<Issue> issues;
  const std::string bytes = package("x");
  const auto added =
      cache.addFetched(bytes.substr(0, 40), {"x", "1.0.0", {}, {}, "https://r.no"}, issues);
  EXPECT_FALSE(added);
}

TEST(PackageSource, HostileEntriesAreRefusedAndTheRestIsLoaded) {
  auto cache = emptyCache("source-hostile");
  std::vector<Issue> issues;
  const std::string bytes = package("x", {{"../../evil.json", "{}"},
                                          {"/etc/evil.json", "{}"},
                                          {"package/link.json", {}, "/etc/passwd"}});
  ASSERT_TRUE(cache.addFetched(bytes, {"x", "1.0.0", {}, {}, "https://r.no"}, issues));
  EXPECT_EQ(issues.size(), 3U);
  for (const Issue& issue : issues) EXPECT_EQ(issue.code, "PB-0202");
}

TEST(PackageSource, AnArchiveThatUnpacksWithoutEndIsRefused) {
  auto cache = emptyCache("source-bomb");
  std::vector<Issue> issues;
  const std::string bytes =
      package("x", {{"package/bomb.json", std::string(kMaxPackageFileBytes + 1, ' ')}});
  EXPECT_LT(bytes.size(), std::size_t{1} << 20);
  const auto added = cache.addFetched(bytes, {"x", "1.0.0", {}, {}, "https://r.no"}, issues);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(cache.entries().empty());
  ASSERT_FALSE(issues.empty());
  EXPECT_EQ(issues.back().code, "PB-0203");
}

}  // namespace
}  // namespace planbro::fhir
