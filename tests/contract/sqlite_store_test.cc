// The contract on SQLite, and what only a file can suffer: kill -9, a full disk, damage.
#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "contract/store_contract.h"
#include "contract/store_history.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/connection.h"

namespace planbro::store {
namespace {

Result<std::unique_ptr<Store>> openIn(const std::filesystem::path& folder) {
  SqliteOptions options;
  options.path = folder / "store.db";
  return openSqlite(options);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreFactory{"Sqlite", openIn}),
                         testing::PrintToStringParamName{});
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreHistory, testing::Values(StoreFactory{"Sqlite", openIn}),
                         testing::PrintToStringParamName{});

class SqliteFile : public testing::Test {
 protected:
  SqliteFile()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("planbro-sqlite-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    options_.path = folder_ / "store.db";
  }
  ~SqliteFile() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  SqliteOptions options_;
};

// Two resources in one transaction, so that half a transaction would show.
Status putPair(Store& store, const std::string& id) {
  return store.transact([&](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("CarePlan", id, 1)));
    Put team = makePut("CareTeam", id, 1);
    team.index = {referenceRow("subject", "CarePlan", id), tokenRow("status", "", "active")};
    return transaction.put(team);
  });
}

TEST_F(SqliteFile, WhatWasAcknowledgedSurvivesKillNineAndNothingIsHalf) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = openSqlite(options_);
    if (!store) ::_exit(1);
    std::vector<std::thread> threads;
    for (char name = 'a'; name < 'e'; ++name) {
      threads.emplace_back([&, name] {
        for (int i = 0;; ++i) {
          std::string id = name + std::to_string(i);
          if (!putPair(**store, id)) ::_exit(1);
          id += '\n';
          if (::write(ends[1], id.data(), id.size()) < 0) ::_exit(1);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string acknowledged;
  char buffer[4096];
  bool killed = false;
  for (ssize_t size = 0; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    acknowledged.append(buffer, static_cast<std::size_t>(size));
    if (acknowledged.size() > 1000 && !killed) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));

  auto store = openSqlite(options_);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE((*store)->verify());
  auto reader = (*store)->snapshot();
  ASSERT_TRUE(reader);
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = acknowledged.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string id = acknowledged.substr(begin, end - begin);
    EXPECT_TRUE((*reader)->read("CarePlan", id)) << id;
    EXPECT_TRUE((*reader)->read("CareTeam", id)) << id;
  }
  const auto changes = (*reader)->changesAfter(0, 1'000'000);
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size() % 2, 0U);
  for (std::size_t i = 0; i < changes->size(); ++i) {
    EXPECT_EQ((*changes)[i].sequence, i + 1);
    if (i % 2 == 1) {
      EXPECT_EQ((*changes)[i].id, (*changes)[i - 1].id);
    }
  }
}

std::string noise(std::size_t size, unsigned seed) {
  std::string body(size, ' ');
  for (char& byte : body) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<char>('!' + (seed >> 24) % 90);
  }
  return body;
}

// Writes until it fails; the number of versions acknowledged, or -1 when something else is wrong.
int writeUntilFull(Store& store) {
  int written = 0;
  for (; written < 10000; ++written) {
    Put put = makePut("Binary", std::to_string(written), 1);
    put.body = noise(20000, static_cast<unsigned>(written));
    const Status status =
        store.transact([&](Transaction& transaction) { return transaction.put(put); });
    if (!status) return status.error().code == ErrorCode::kIo ? written : -1;
  }
  return -1;
}

bool holdsAll(Store& store, int written) {
  auto reader = store.snapshot();
  if (!reader) return false;
  for (int i = 0; i < written; ++i) {
    const auto version = (*reader)->read("Binary", std::to_string(i));
    if (!version || version->body != noise(20000, static_cast<unsigned>(i))) return false;
  }
  const auto changes = (*reader)->changesAfter(0, 100000);
  return changes && static_cast<int>(changes->size()) == written;
}

TEST_F(SqliteFile, AFullStoreRefusesWritesAndStaysReadable) {
  options_.max_bytes = 2 << 20;
  auto store = openSqlite(options_);
  ASSERT_TRUE(store);
  const int written = writeUntilFull(**store);
  ASSERT_GT(written, 10);
  EXPECT_TRUE(holdsAll(**store, written));
  EXPECT_TRUE((*store)->verify());
  // Smaller writes may still find room, and the store has not lost count.
  store->reset();
  options_.max_bytes = 0;
  store = openSqlite(options_);
  ASSERT_TRUE(store);
  EXPECT_TRUE(putPair(**store, "after"));
  EXPECT_TRUE((*store)->verify());
}

TEST_F(SqliteFile, AFullDiskRefusesWritesAndLosesNothing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2U << 20, 2U << 20};
    auto store = openSqlite(options_);
    if (!store || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(1);
    const int written = writeUntilFull(**store);
    if (written < 10) ::_exit(2);
    if (!holdsAll(**store, written)) ::_exit(3);
    std::ofstream(folder_ / "written") << written;
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  int written = 0;
  std::ifstream(folder_ / "written") >> written;
  auto store = openSqlite(options_);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE(holdsAll(**store, written));
  EXPECT_TRUE((*store)->verify());
  EXPECT_TRUE(putPair(**store, "after"));
}

TEST_F(SqliteFile, ADamagedPageIsReported) {
  {
    auto store = openSqlite(options_);
    ASSERT_TRUE(store);
    for (int i = 0; i < 40; ++i) {
      Put put = makePut("Binary", std::to_string(i), 1);
      put.body = noise(20000, static_cast<unsigned>(i));
      ASSERT_TRUE(
          (*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
    }
    EXPECT_TRUE((*store)->verify());
  }
  const auto size = std::filesystem::file_size(options_.path);
  {
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file << noise(30000, 7);
  }
  auto store = openSqlite(options_);
  ASSERT_TRUE(store) << store.error().message;
  const Status whole = (*store)->verify();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, ErrorCode::kCorrupt);
  auto reader = (*store)->snapshot();
  int damaged = 0;
  int good = 0;
  for (int i = 0; i < 40; ++i) {
    const auto version = (*reader)->read("Binary", std::to_string(i));
    if (version) {
      ++good;
      EXPECT_EQ(version->body, noise(20000, static_cast<unsigned>(i)));
    } else {
      ++damaged;
      EXPECT_EQ(version.error().code, ErrorCode::kCorrupt);
    }
  }
  EXPECT_GT(damaged, 0);
  EXPECT_GT(good, 20);
}

TEST_F(SqliteFile, NumbersWithoutANameAreReported) {
  auto store = openSqlite(options_);
  ASSERT_TRUE(putPair(**store, "a"));
  EXPECT_TRUE((*store)->verify());
  const auto other = sqlite::Connection::open(options_.path, {});
  ASSERT_TRUE((*other)->execute("UPDATE parameter SET id=id+100"));
  EXPECT_EQ((*store)->verify().error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE((*other)->execute("UPDATE parameter SET id=id-100"));
  EXPECT_TRUE((*store)->verify());
  ASSERT_TRUE((*other)->execute("DELETE FROM type WHERE name='CareTeam'"));
  EXPECT_EQ((*store)->verify().error().code, ErrorCode::kCorrupt);
}

TEST_F(SqliteFile, AFileThatWasReplacedOrRemovedMeanwhileIsTold) {
  const auto store = openSqlite(options_);
  EXPECT_TRUE((*store)->check());
  SqliteOptions other = options_;
  other.path = folder_ / "other.db";
  ASSERT_TRUE(putPair(**openSqlite(other), "a"));
  std::filesystem::rename(other.path, options_.path);
  EXPECT_EQ((*store)->check().error().code, ErrorCode::kUnsupported);
  std::filesystem::remove(options_.path);
  EXPECT_EQ((*store)->check().error().code, ErrorCode::kUnsupported);
}

TEST_F(SqliteFile, OnlyAPlanbroStoreIsOpened) {
  std::ofstream(options_.path) << noise(20000, 1);
  auto store = openSqlite(options_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kCorrupt);
  std::filesystem::remove(options_.path);

  ASSERT_TRUE(openSqlite(options_));
  // Bytes 60 to 63 of the file hold user_version, 68 to 71 application_id.
  const auto patch = [&](std::streamoff offset, char byte) {
    std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file.put(byte);
  };
  patch(63, 99);
  store = openSqlite(options_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
  patch(63, static_cast<char>(sqliteSchemaVersion()));
  patch(70, 0);
  store = openSqlite(options_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
}

TEST_F(SqliteFile, AnExistingStoreIsNeitherMadeNorMigratedAndMayBeReadOnly) {
  options_.existing = true;
  EXPECT_FALSE(openSqlite(options_));
  EXPECT_FALSE(std::filesystem::exists(options_.path));
  std::ofstream(options_.path).close();
  EXPECT_EQ(openSqlite(options_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(std::filesystem::file_size(options_.path), 0U);
  std::filesystem::remove(options_.path);
  options_.existing = false;
  EXPECT_TRUE(putPair(**openSqlite(options_), "a"));
  const auto copy = folder_ / "copy.sqlite";
  ASSERT_TRUE(backupSqlite(options_.path, copy));
  std::filesystem::permissions(copy, std::filesystem::perms::owner_read);
  std::filesystem::permissions(
      folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  options_.path = copy;
  options_.existing = true;
  {
    const auto store = openSqlite(options_);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->verify());
    EXPECT_FALSE(std::filesystem::exists(copy.string() + "-wal"));
  }
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

TEST_F(SqliteFile, AnotherProcessThatWritesIsToldToAllAtOnce) {
  options_.busy_wait_ms = 200;
  auto store = openSqlite(options_);
  ASSERT_TRUE(store);
  auto other = sqlite::Connection::open(options_.path, {});
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE"));
  std::vector<std::function<Status(Transaction&)>> works;
  for (int i = 0; i < 20; ++i) {
    works.emplace_back([i](Transaction& transaction) {
      return transaction.put(makePut("Goal", std::to_string(i), 1));
    });
  }
  const auto begun = std::chrono::steady_clock::now();
  for (const Status& status : (*store)->transactAll(works))
    EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
  ASSERT_TRUE((*other)->execute("ROLLBACK"));
  for (const Status& status : (*store)->transactAll(works)) EXPECT_TRUE(status);
}

TEST_F(SqliteFile, IndexRowsOfOldVersionsGoAndTheirPagesWithThem) {
  options_.index_retention = 60;
  auto store = openSqlite(options_);
  ASSERT_TRUE(store);
  std::int64_t now = StoreContract::kStart;
  const auto put = [&](const std::string& id, std::uint64_t version) {
    Put one = makePut("CarePlan", id, version);
    one.last_updated = {now};
    one.index = {tokenRow("status", "", "active")};
    ASSERT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(one); }));
  };
  put("a", 1);
  put("b", 1);
  Query query;
  query.type = "CarePlan";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("status", "", "active"));
  query.count = 1;
  const auto search = [&] { return (*store)->snapshot().value()->search(query); };
  query.cursor = search()->next;
  put("b", 2);
  now += 50'000'000;
  put("c", 1);
  EXPECT_EQ(search()->matches.at(0).version, 1U);
  now += 50'000'000;
  put("c", 2);
  EXPECT_EQ(search().error().code, ErrorCode::kGone);
  EXPECT_TRUE((*store)->verify());
  query.cursor.reset();
  query.count = 10;
  EXPECT_EQ(search()->matches.size(), 3U);
  EXPECT_EQ((*store)->snapshot().value()->readVersion("CarePlan", "b", 1)->version, 1U);
}

TEST_F(SqliteFile, TheLogIsFoldedBackWhenItIsLongAndGrowsOnlyWhileAReaderLooksAtIt) {
  options_.log_bytes = 1 << 20;
  auto store = openSqlite(options_);
  ASSERT_TRUE(store);
  int number = 0;
  const auto write = [&](int count) {
    for (int i = 0; i < count; ++i) {
      Put put = makePut("Binary", std::to_string(number), 1);
      put.body = noise(20000, static_cast<unsigned>(number++));
      ASSERT_TRUE(
          (*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
    }
  };
  const auto log = [&] { return std::filesystem::file_size(options_.path.string() + "-wal"); };
  write(200);  // 4 MB of bodies
  EXPECT_LT(log(), 2U << 20);
  {
    auto reader = (*store)->snapshot();
    write(200);
    EXPECT_GT(log(), 3U << 20);
    EXPECT_EQ((*reader)->changesAfter(0, 1000)->size(), 200U);
  }
  EXPECT_TRUE(holdsAll(**store, number));
  EXPECT_TRUE((*store)->verify());
}

TEST_F(SqliteFile, TheLogBeginsAnewThoughReadersComeAndGoWithoutAPause) {
  options_.log_bytes = 1 << 20;
  auto store = openSqlite(options_);
  ASSERT_TRUE(store);
  // There is always a reader, and none of them stays: each goes when the next one has come.
  std::atomic<bool> ending = false;
  std::thread readers([&] {
    auto reader = (*store)->snapshot();
    while (!ending) {
      auto next = (*store)->snapshot();
      EXPECT_TRUE(next && (*next)->changesAfter(0, 1));
      reader = std::move(next);
    }
  });
  for (int i = 0; i < 600; ++i) {  // 12 MB of bodies
    Put put = makePut("Binary", std::to_string(i), 1);
    put.body = noise(20000, static_cast<unsigned>(i));
    EXPECT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
  }
  ending = true;
  readers.join();
  EXPECT_LT(std::filesystem::file_size(options_.path.string() + "-wal"), 4U << 20);
}

// The length of a log of 1 MiB after so many writes of 20 KB beside twelve readers, each of which
// keeps its view that long or a little longer, and then takes the next.
std::uintmax_t logBesideReaders(SqliteOptions options, int writes, std::chrono::milliseconds kept) {
  options.log_bytes = 1 << 20;
  auto store = openSqlite(options);
  EXPECT_TRUE(store);
  std::atomic<bool> ending = false;
  std::atomic<bool> refused = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 12; ++reader) {
    readers.emplace_back([&, longer = kept + kept * reader / 12] {
      while (!ending) {
        const auto view = (*store)->snapshot();
        if (!view || !(*view)->changesAfter(0, 1)) refused = true;
        std::this_thread::sleep_for(longer);
      }
    });
  }
  for (int i = 0; i < writes; ++i) {
    Put put = makePut("Binary", std::to_string(i), 1);
    put.body = noise(20000, static_cast<unsigned>(i));
    EXPECT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
  }
  ending = true;
  for (std::thread& one : readers) one.join();
  EXPECT_FALSE(refused);
  return std::filesystem::file_size(options.path.string() + "-wal");
}

TEST_F(SqliteFile, TheLogBeginsAnewThoughManyReadersAlwaysLook) {
  EXPECT_LT(logBesideReaders(options_, 600, std::chrono::milliseconds(20)), 3U << 20);
}

TEST_F(SqliteFile, TheLogBeginsAnewThoughReadersAreSlow) {
  EXPECT_LT(logBesideReaders(options_, 120, std::chrono::milliseconds(150)), 3U << 20);
}

TEST_F(SqliteFile, AFirstPagePassesOverNoReplacedVersions) {
  auto store = openSqlite(options_);
  for (std::uint64_t version = 1; version <= 3; ++version) {
    ASSERT_TRUE((*store)->transact([&](Transaction& transaction) {
      return transaction.put(makePut("CarePlan", "a", version));
    }));
  }
  Query query;
  query.type = "CarePlan";
  auto reader = (*store)->snapshot();
  const auto first = (*reader)->explain(query);
  ASSERT_TRUE(first);
  EXPECT_NE(first->find("version_current"), std::string::npos) << *first;
  query.as_of = 2;  // then the second version was there
  const auto earlier = (*reader)->search(query);
  ASSERT_TRUE(earlier);
  ASSERT_EQ(earlier->matches.size(), 1U);
  EXPECT_EQ(earlier->matches[0].version, 2U);
  query.as_of = 0;
  const auto now = (*reader)->search(query);
  ASSERT_EQ(now->matches.size(), 1U);
  EXPECT_EQ(now->matches[0].version, 3U);
}

TEST_F(SqliteFile, TooManyReadersAreToldToWait) {
  options_.readers = 2;
  options_.reader_wait_ms = 1;
  auto store = openSqlite(options_);
  auto one = (*store)->snapshot();
  auto two = (*store)->snapshot();
  EXPECT_EQ((*store)->snapshot().error().code, ErrorCode::kUnavailable);
  one->reset();
  EXPECT_TRUE((*store)->snapshot());
}

TEST_F(SqliteFile, ASearchPastItsTimeEndsWithALimit) {
  options_.search_ms = 0;
  auto store = openSqlite(options_);
  ASSERT_TRUE((*store)->transact([](Transaction& transaction) -> Status {
    for (int i = 0; i < 2000; ++i)
      PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("CarePlan", std::to_string(i), 1)));
    return {};
  }));
  Query query;
  query.type = "CarePlan";
  query.sort = {Sort{"name", IndexRow::Kind::kString, false}};
  auto reader = (*store)->snapshot();
  EXPECT_EQ((*reader)->search(query).error().code, ErrorCode::kLimitExceeded);
  EXPECT_TRUE((*reader)->read("CarePlan", "1"));
}

TEST_F(SqliteFile, BodiesTakeLessRoomThanTheyAreLong) {
  auto store = openSqlite(options_);
  std::string body;
  for (int i = 0; i < 200; ++i) body += R"({"system":"urn:oid:2.16.578.1.12.4.1.1.9602"},)";
  for (int i = 0; i < 100; ++i) {
    Put put = makePut("Binary", std::to_string(i), 1);
    put.body = body;
    ASSERT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
  }
  store->reset();
  EXPECT_LT(std::filesystem::file_size(options_.path), body.size() * 100 / 4);
}

}  // namespace
}  // namespace planbro::store
