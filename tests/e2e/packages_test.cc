// planbro packages as its users meet it, against a registry that is well, broken or hostile.
#include <gtest/gtest.h>

#include <fstream>

#include "base/digest.h"
#include "fhir/tarball.h"
#include "http/scripted_server.h"
#include "support/command.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

namespace fs = std::filesystem;
using fhir::TarFile;
using http::ScriptedServer;
using testing_support::CommandResult;
using testing_support::contentOf;
using testing_support::runCommand;
using testing_support::ScratchFolder;

std::string answer(const std::string& body, std::size_t said) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nContent-Length: " +
         std::to_string(said) + "\r\nConnection: close\r\n\r\n" + body;
}
std::string answer(const std::string& body) { return answer(body, body.size()); }
std::string sendsOnTo(const std::string& location) {
  return "HTTP/1.1 302 Found\r\nLocation: " + location +
         "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

const std::string kValueSet =
    R"({"resourceType":"ValueSet","url":"http://x.no/a","status":"draft"})";

class PackagesCommand : public testing::Test {
 protected:
  std::string pack(const std::vector<TarFile>& more = {}) {
    std::vector<TarFile> files = {
        {"package/package.json", R"({"name":"test.pack","version":"1.0.0"})"},
        {"package/a.json", kValueSet}};
    files.insert(files.end(), more.begin(), more.end());
    const fs::path made = fhir::makeTarball("packages-e2e-" + std::to_string(::getpid()), files);
    const std::string bytes = contentOf(made);
    fs::remove(made);
    return bytes;
  }
  // What the installation ought to have.
  void lock(const std::string& sha256, const std::string& source = {}) {
    fs::create_directories(data_ / "packages");
    std::ofstream(data_ / "packages" / "packages.lock.json")
        << R"({"packages":[{"name":"test.pack","version":"1.0.0","sha256":")" << sha256
        << R"(","file":"test.pack-1.0.0.tgz","source":")" << source << R"("}]})";
  }
  CommandResult packages(const std::string& arguments) {
    return runCommand(
        std::string(PLANBRO_PROGRAM) + " packages --data '" + data_.string() + "' " + arguments,
        scratch_.path());
  }
  CommandResult restoreFrom(const ScriptedServer& registry) {
    return packages("restore --registry " + registry.base());
  }
  // Nothing but the lock file may stay of a package that was refused.
  std::string leftBehind() const {
    std::string names;
    for (const auto& entry : fs::recursive_directory_iterator(scratch_.path())) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && name != "packages.lock.json" && name != "out" && name != "err")
        names += name + " ";
    }
    return names;
  }

  const ScratchFolder scratch_{"packages_e2e"};
  const fs::path data_ = scratch_.path() / "data";
};

TEST_F(PackagesCommand, TheInstallationMayBeNamedBehindTheSubcommand) {
  lock("0", "https://packages.example.no/test.pack");
  const auto listed =
      runCommand(std::string(PLANBRO_PROGRAM) + " packages list --data '" + data_.string() + "'",
                 scratch_.path());
  EXPECT_EQ(listed.status, 1) << listed.err;
  EXPECT_TRUE(listed.out.contains("test.pack 1.0.0")) << listed.out;
}

TEST_F(PackagesCommand, RestoreFetchesWhatIsLockedAndTheListIsThenWhole) {
  const std::string bytes = pack();
  lock(sha256Hex(bytes));
  EXPECT_EQ(packages("list").status, 1);
  const ScriptedServer registry({answer(bytes)});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_EQ(restored.out, "test.pack 1.0.0 sha256:" + sha256Hex(bytes) + "\n");
  const auto list = packages("list");
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_NE(list.out.find("test.pack 1.0.0"), std::string::npos) << list.out;
  EXPECT_EQ(contentOf(data_ / "packages" / "test.pack-1.0.0.tgz"), bytes);
}

TEST_F(PackagesCommand, WhatIsThereAlreadyIsNotFetchedAgain) {
  const std::string bytes = pack();
  lock(sha256Hex(bytes));
  std::ofstream(data_ / "packages" / "test.pack-1.0.0.tgz", std::ios::binary) << bytes;
  ScriptedServer registry({answer(bytes)});
  EXPECT_EQ(restoreFrom(registry).status, 0);
  registry.finish();
  EXPECT_EQ(registry.requests(), 0);
}

TEST_F(PackagesCommand, ADownloadThatBreaksOffIsRefused) {
  const std::string bytes = pack();
  lock(sha256Hex(bytes));
  const ScriptedServer registry({answer(bytes.substr(0, 60), bytes.size())});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  EXPECT_NE(restored.err, "");
  EXPECT_EQ(leftBehind(), "");
}

TEST_F(PackagesCommand, AnAnswerThatHangsUpIsRefused) {
  lock(std::string(64, '0'));
  const ScriptedServer registry({""});
  EXPECT_EQ(restoreFrom(registry).status, 2);
  EXPECT_EQ(leftBehind(), "");
}

TEST_F(PackagesCommand, AnotherContentThanTheLockedOneIsRefused) {
  lock(sha256Hex("something else"));
  const ScriptedServer registry({answer(pack())});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  EXPECT_NE(restored.err.find("is not the locked one"), std::string::npos) << restored.err;
  EXPECT_EQ(leftBehind(), "");
}

TEST_F(PackagesCommand, ATruncatedArchiveIsRefusedEvenIfNothingIsLocked) {
  const std::string bytes = pack();
  lock("");
  const ScriptedServer registry({answer(bytes.substr(0, 40))});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  EXPECT_NE(restored.err.find("PB-0201"), std::string::npos) << restored.err;
  EXPECT_EQ(leftBehind(), "");
}

TEST_F(PackagesCommand, RedirectsInACircleEnd) {
  lock(std::string(64, '0'));
  const ScriptedServer registry(std::vector<std::string>(20, sendsOnTo("/test.pack/1.0.0")));
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  EXPECT_NE(restored.err.find("sends on and on"), std::string::npos) << restored.err;
  EXPECT_LE(registry.requests(), 6);
}

TEST_F(PackagesCommand, ARedirectToTheFileIsFollowed) {
  const std::string bytes = pack();
  lock(sha256Hex(bytes));
  const ScriptedServer registry({sendsOnTo("/files/test.pack.tgz"), answer(bytes)});
  EXPECT_EQ(restoreFrom(registry).status, 0);
}

TEST_F(PackagesCommand, HostileEntriesAreNamedAndNothingOfThemIsWritten) {
  const std::string bytes = pack({{"../../evil.json", kValueSet},
                                  {"/tmp/planbro-evil.json", kValueSet},
                                  {"package/link.json", {}, "/etc/passwd"},
                                  {"package/hard.json", {}, "package/a.json", true},
                                  {"package/device.json", {}, {}, false, true}});
  lock("");
  const ScriptedServer registry({answer(bytes)});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 0)
      << restored.err;  // the package itself is the one that was asked for
  std::size_t refused = 0;
  for (std::size_t at = 0; (at = restored.err.find("PB-0202", at)) != std::string::npos; ++at)
    ++refused;
  EXPECT_EQ(refused, 5U) << restored.err;
  EXPECT_EQ(leftBehind(), "test.pack-1.0.0.tgz ");
  EXPECT_FALSE(fs::exists("/tmp/planbro-evil.json"));
}

TEST_F(PackagesCommand, ABombOfBytesIsRefused) {
  const std::string bytes =
      pack({{"package/bomb.json", std::string((std::size_t{64} << 20) + 1, ' ')}});
  lock("");
  const ScriptedServer registry({answer(bytes)});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  EXPECT_NE(restored.err.find("PB-0203"), std::string::npos) << restored.err;
  EXPECT_EQ(leftBehind(), "");
}

TEST_F(PackagesCommand, ABombOfEntriesIsRefused) {
  const std::string bytes =
      pack(std::vector<TarFile>(50'001, TarFile{.name = "package/x.txt", .content = {}}));
  lock("");
  const ScriptedServer registry({answer(bytes)});
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  EXPECT_NE(restored.err.find("PB-0203"), std::string::npos) << restored.err;
  EXPECT_EQ(leftBehind(), "");
}

TEST_F(PackagesCommand, AddRefusesABombAndTellsOfBadFiles) {
  const fs::path bomb = scratch_.path() / "bomb.tgz";
  std::ofstream(bomb, std::ios::binary)
      << pack({{"package/bomb.json", std::string((std::size_t{64} << 20) + 1, ' ')}});
  EXPECT_EQ(packages("add '" + bomb.string() + "'").status, 2);
  const fs::path bad = scratch_.path() / "bad.tgz";
  std::ofstream(bad, std::ios::binary) << pack({{"package/bad.json", "{\"resourceType\":"}});
  const auto added = packages("add '" + bad.string() + "'");
  EXPECT_EQ(added.status, 1) << added.err;
  EXPECT_NE(added.err.find("package/bad.json"), std::string::npos) << added.err;
}

// Whether every pinned national package is the one whose sha256 stands in profiles/packages.json.
TEST_F(PackagesCommand, APinnedPackageWithOtherContentIsRefused) {
  const ScriptedServer registry(std::vector<std::string>(20, answer(pack())));
  const auto restored = restoreFrom(registry);
  EXPECT_EQ(restored.status, 2);
  std::size_t refused = 0;
  for (std::size_t at = 0;
       (at = restored.err.find("is not the locked one", at)) != std::string::npos; ++at)
    ++refused;
  EXPECT_EQ(refused, 7U) << restored.err;
  EXPECT_EQ(leftBehind(), "");
}

}  // namespace
}  // namespace planbro
