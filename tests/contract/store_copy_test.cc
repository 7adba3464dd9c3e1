// Copies between stores: whole, resumable, refused where they would mix.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

#include "contract/store_contract.h"
#include "store/copy.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/sqlite_store.h"
#include "support/postgres_server.h"

namespace planbro::store {
namespace {

using testing_support::PostgresServer;

Result<std::unique_ptr<Store>> sqliteIn(const std::filesystem::path& path) {
  SqliteOptions options;
  options.path = path;
  return openSqlite(options);
}

Result<std::unique_ptr<Store>> postgresNamed(const std::string& schema) {
  PostgresOptions options;
  options.address = PostgresServer::instance().database("copies");
  options.schema = schema;
  return openPostgres(options);
}

// The index that a test's body asks for: its text as a token.
Result<std::vector<IndexRow>> indexOf(const Version& version) {
  return std::vector<IndexRow>{tokenRow("text", "", version.body),
                               referenceRow("subject", "Patient", version.id.substr(0, 1))};
}

// Versions, updates, deletions and values.
void fill(Store& store, int resources) {
  for (int i = 0; i < resources; ++i) {
    const Status status = store.transact([&](Transaction& transaction) -> Status {
      const std::string id = std::to_string(i);
      for (std::uint64_t number = 1; number <= 3; ++number) {
        Put put = makePut(i % 2 == 0 ? "CarePlan" : "Goal", id, number);
        put.last_updated = {StoreContract::kStart + i * 10 + static_cast<std::int64_t>(number)};
        put.method = number == 1 ? "POST" : "PATCH";
        if (number == 3 && i % 5 != 0) break;
        if (number == 3) {
          put.deleted = true;
          put.method = "DELETE";
          put.body.clear();
        } else {
          put.index = *indexOf({put.type, id, number, {}, 0, false, {}, put.body});
        }
        PLANBRO_RETURN_IF_ERROR(transaction.put(put));
      }
      return transaction.setValue("sync/" + id, std::string("\0\xff", 2) + id);
    });
    ASSERT_TRUE(status) << status.error().message;
  }
}

void expectSame(Store& one, Store& other) {
  auto a = one.snapshot();
  auto b = other.snapshot();
  ASSERT_TRUE(a && b);
  const auto changes = (*a)->changesAfter(0, 100000);
  ASSERT_TRUE(changes);
  EXPECT_EQ((*b)->changesAfter(0, 100000)->size(), changes->size());
  for (const Change& change : *changes) {
    const auto left = (*a)->readVersion(change.type, change.id, change.version);
    const auto right = (*b)->readVersion(change.type, change.id, change.version);
    ASSERT_TRUE(left && right) << change.sequence;
    EXPECT_EQ(left->body, right->body);
    EXPECT_EQ(left->sequence, right->sequence);
    EXPECT_EQ(left->method, right->method);
    EXPECT_EQ(left->deleted, right->deleted);
    EXPECT_EQ(left->last_updated.micros, right->last_updated.micros);
  }
  const auto names = (*a)->valueNames();
  EXPECT_EQ((*b)->valueNames().value(), *names);
  for (const std::string& name : *names)
    EXPECT_EQ((*b)->value(name).value(), (*a)->value(name).value());
  // Found by what they hold.
  Query query;
  query.type = "CarePlan";
  query.where = leaf(Predicate::Op::kEquals, referenceRow("subject", "Patient", "2"));
  query.total = true;
  EXPECT_EQ((*b)->search(query)->total, (*a)->search(query)->total);
  EXPECT_GT((*a)->search(query)->total, 0U);
  EXPECT_TRUE(other.verify());
}

class Copies : public testing::Test {
 protected:
  Copies()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("planbro-copies-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Copies() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};
using PostgresCopies = Copies;

CopyOptions copying() {
  CopyOptions options;
  options.batch = 7;
  options.index = indexOf;
  return options;
}

TEST_F(PostgresCopies, FromAFileIntoADatabaseAndBackAllStaysTheSame) {
  auto source = sqliteIn(folder_ / "source.db");
  ASSERT_TRUE(source);
  fill(**source, 60);
  auto database = postgresNamed("round");
  ASSERT_TRUE(database) << database.error().message;
  const auto there = copyStore(**source, **database, copying());
  ASSERT_TRUE(there) << there.error().message;
  EXPECT_TRUE(there->whole);
  EXPECT_EQ(there->versions, 132U);
  EXPECT_EQ(there->values, 60U);
  expectSame(**source, **database);
  auto back = sqliteIn(folder_ / "back.db");
  ASSERT_TRUE(copyStore(**database, **back, copying()));
  expectSame(**source, **back);
}

// Copies in a process of its own that is killed after three batches.
void copyAndDie(const std::function<Result<std::unique_ptr<Store>>()>& open_source,
                const std::function<Result<std::unique_ptr<Store>>()>& open_target) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto source = open_source();
    auto target = open_target();
    if (!source || !target) ::_exit(1);
    int batches = 0;
    CopyOptions options = copying();
    options.progress = [&](std::uint64_t, std::uint64_t) {
      if (++batches == 3) ::raise(SIGKILL);
      return true;
    };
    (void)copyStore(**source, **target, options);
    ::_exit(2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
}

TEST_F(PostgresCopies, ACopyKilledInTheMiddleGoesOnWhereItStopped) {
  const auto open_source = [&] { return sqliteIn(folder_ / "source.db"); };
  const auto open_target = [] { return postgresNamed("killed"); };
  {
    auto source = open_source();
    fill(**source, 40);
  }
  (void)PostgresServer::instance().database("copies");
  copyAndDie(open_source, open_target);
  auto source = open_source();
  auto target = open_target();
  ASSERT_TRUE(source && target);
  EXPECT_EQ((*target)->check().error().code, ErrorCode::kUnsupported);
  const auto report = copyStore(**source, **target, copying());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->before, 21U);
  EXPECT_EQ(report->versions, 88U - 21U);
  EXPECT_TRUE((*target)->check());
  expectSame(**source, **target);
  // What is written later comes along the next time.
  ASSERT_TRUE((*source)->transact(
      [](Transaction& transaction) { return transaction.put(makePut("Goal", "late", 1)); }));
  EXPECT_EQ(copyStore(**source, **target, copying())->versions, 1U);
}

TEST_F(Copies, BetweenFilesACopyGoesOnAndMixesNothing) {
  const auto open_source = [&] { return sqliteIn(folder_ / "source.db"); };
  const auto open_target = [&] { return sqliteIn(folder_ / "target.db"); };
  {
    auto source = open_source();
    fill(**source, 40);
  }
  copyAndDie(open_source, open_target);
  auto source = open_source();
  auto target = open_target();
  ASSERT_TRUE(source && target);
  EXPECT_EQ(copyStore(**source, **target, copying())->before, 21U);
  expectSame(**source, **target);

  auto other = sqliteIn(folder_ / "other.db");
  ASSERT_TRUE((*other)->transact(
      [](Transaction& transaction) { return transaction.put(makePut("Goal", "other", 1)); }));
  EXPECT_EQ(copyStore(**source, **other, copying()).error().code, ErrorCode::kConflict);
  EXPECT_EQ(copyStore(**other, **source, copying()).error().code, ErrorCode::kConflict);
}

TEST_F(Copies, OneThatWasBrokenOffIsNoStoreUntilItIsRunAgain) {
  auto source = sqliteIn(folder_ / "source.db");
  auto target = sqliteIn(folder_ / "target.db");
  auto third = sqliteIn(folder_ / "third.db");
  fill(**source, 40);
  CopyOptions options = copying();
  options.progress = [](std::uint64_t, std::uint64_t) { return false; };
  EXPECT_FALSE(copyStore(**source, **target, options)->whole);
  EXPECT_EQ((*target)->check().error().code, ErrorCode::kUnsupported);
  EXPECT_EQ((*target)->verify().error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(backupSqlite(folder_ / "target.db", folder_ / "backup.db"));
  EXPECT_EQ(copyStore(**target, **third, copying()).error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE((*third)->check());
  EXPECT_TRUE(copyStore(**source, **target, copying())->whole);
  EXPECT_TRUE((*target)->check());
  expectSame(**source, **target);
}

TEST_F(Copies, NamedValuesThatTheSourceHasNoMoreGoFromItsCopy) {
  auto source = sqliteIn(folder_ / "source.db");
  auto target = sqliteIn(folder_ / "target.db");
  fill(**source, 10);
  ASSERT_TRUE(copyStore(**source, **target, copying()));
  ASSERT_TRUE((*source)->transact(
      [](Transaction& transaction) { return transaction.setValue("sync/3", {}); }));
  EXPECT_EQ(copyStore(**source, **target, copying())->values, 9U);
  EXPECT_EQ((*target)->snapshot().value()->value("sync/3").error().code, ErrorCode::kNotFound);
  expectSame(**source, **target);
}

TEST_F(Copies, WhatTheLogHasForgottenIsCopiedAllTheSameAndStaysForgotten) {
  auto source = sqliteIn(folder_ / "source.db");
  fill(**source, 10);
  const auto forget = [](Transaction& transaction) { return transaction.forgetChanges(15); };
  ASSERT_TRUE((*source)->transact(forget));
  auto target = sqliteIn(folder_ / "target.db");
  EXPECT_EQ(copyStore(**source, **target, copying())->versions, 22U);
  auto reader = (*target)->snapshot();
  EXPECT_EQ((*reader)->history({})->size(), 22U);
  EXPECT_EQ((*reader)->changesAfter(14, 1).error().code, ErrorCode::kGone);
  EXPECT_EQ((*reader)->changesAfter(15, 100)->size(), 7U);
}

TEST_F(Copies, WhoeverElseWritesToTheTargetStopsTheCopy) {
  auto source = sqliteIn(folder_ / "source.db");
  auto target = sqliteIn(folder_ / "target.db");
  fill(**source, 40);
  CopyOptions options = copying();
  options.progress = [&](std::uint64_t, std::uint64_t) {
    EXPECT_TRUE((*target)->transact(
        [](Transaction& transaction) { return transaction.put(makePut("Goal", "x", 1)); }));
    return true;
  };
  EXPECT_EQ(copyStore(**source, **target, options).error().code, ErrorCode::kConflict);
}

TEST_F(Copies, AStoreInUseThatACopyBringsNothingToStaysWhole) {
  auto source = sqliteIn(folder_ / "source.db");
  auto target = sqliteIn(folder_ / "target.db");
  fill(**source, 10);
  ASSERT_TRUE(copyStore(**source, **target, copying()));
  ASSERT_TRUE((*source)->transact(
      [](Transaction& transaction) { return transaction.put(makePut("Goal", "late", 1)); }));
  CopyOptions options = copying();
  options.index = [&](const Version& version) {
    EXPECT_TRUE((*target)->transact(
        [](Transaction& transaction) { return transaction.put(makePut("Goal", "x", 1)); }));
    return indexOf(version);
  };
  EXPECT_EQ(copyStore(**source, **target, options).error().code, ErrorCode::kConflict);
  EXPECT_TRUE((*target)->check());
}

TEST_F(Copies, ABackupIsTheStoreOfItsMomentAndOverwritesNothing) {
  auto store = sqliteIn(folder_ / "store.db");
  fill(**store, 30);
  // One that was broken off before.
  std::filesystem::copy_file(folder_ / "store.db", folder_ / "backup.db.partial");
  ASSERT_TRUE(backupSqlite(folder_ / "store.db", folder_ / "backup.db"));
  {
    auto backup = sqliteIn(folder_ / "backup.db");
    ASSERT_TRUE(backup);
    expectSame(**store, **backup);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "backup.db.partial"));
  EXPECT_EQ(backupSqlite(folder_ / "store.db", folder_ / "backup.db").error().code,
            ErrorCode::kConflict);
  EXPECT_FALSE(backupSqlite(folder_ / "nothing.db", folder_ / "new.db"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.db"));
  // SQLite would take the log of another store for the new one's.
  std::ofstream(folder_ / "new.db-wal") << "of a damaged one";
  EXPECT_EQ(backupSqlite(folder_ / "store.db", folder_ / "new.db").error().code,
            ErrorCode::kConflict);
  std::ofstream(folder_ / "empty.db").close();
  EXPECT_EQ(backupSqlite(folder_ / "empty.db", folder_ / "of_empty.db").error().code,
            ErrorCode::kCorrupt);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "of_empty.db"));
}

TEST_F(Copies, OfSeveralBackupsToOneNameOneMakesItAndTheOthersAreToldSo) {
  auto store = sqliteIn(folder_ / "store.db");
  fill(**store, 50);
  for (int round = 0; round < 5; ++round) {
    const auto copy = folder_ / ("backup" + std::to_string(round) + ".db");
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        const Status made = backupSqlite(folder_ / "store.db", copy);
        ::_exit(made ? 0 : made.error().code == ErrorCode::kConflict ? 1 : 2);
      }
      children.push_back(child);
    }
    int made = 0;
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_LT(WEXITSTATUS(status), 2);
      made += WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    EXPECT_EQ(made, 1);
    auto backup = sqliteIn(copy);
    ASSERT_TRUE(backup);
    expectSame(**store, **backup);
  }
}

TEST_F(Copies, WhatTookTheNameMeanwhileIsNotOverwritten) {
  auto store = sqliteIn(folder_ / "store.db");
  fill(**store, 3);
  {
    const auto made = UnfinishedStore::claim(folder_ / "backup.db");
    ASSERT_TRUE(made);
    std::filesystem::copy_file(folder_ / "store.db", (*made)->path(),
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(folder_ / "backup.db") << "precious";
    EXPECT_EQ((*made)->finish().error().code, ErrorCode::kConflict);
  }
  EXPECT_EQ(std::filesystem::file_size(folder_ / "backup.db"), 8U);
}

}  // namespace
}  // namespace planbro::store
