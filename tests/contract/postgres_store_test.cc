// The contract on PostgreSQL, and what only a server can suffer: connections lost, another process
// that writes, a restart in the middle of a commit.
#include "store/postgres/postgres_store.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "contract/store_contract.h"
#include "contract/store_history.h"
#include "store/postgres/connection.h"
#include "support/postgres_server.h"

namespace planbro::store {
namespace {

using testing_support::PostgresServer;

// A schema for each test's folder.
PostgresOptions optionsIn(const std::filesystem::path& folder) {
  PostgresOptions options;
  options.address = PostgresServer::instance().database("contract");
  options.schema = "s";
  for (const char c : folder.filename().string()) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) options.schema += c;
  }
  return options;
}

Result<std::unique_ptr<Store>> openIn(const std::filesystem::path& folder) {
  return openPostgres(optionsIn(folder));
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(StoreFactory{"Postgres", openIn}),
                         testing::PrintToStringParamName{});
INSTANTIATE_TEST_SUITE_P(Postgres, StoreHistory, testing::Values(StoreFactory{"Postgres", openIn}),
                         testing::PrintToStringParamName{});

class PostgresDatabase : public testing::Test {
 protected:
  PostgresDatabase() {
    static int next = 0;
    options_.schema = "d" + std::to_string(next++);
    options_.address = server().database("faults");
    open();
  }

  static PostgresServer& server() { return PostgresServer::instance(); }
  void open() {
    store_.reset();
    auto opened = openPostgres(options_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  // A statement on the store's own tables.
  std::string sql(const std::string& statement) const {
    return server().psql("faults", "SET search_path=" + options_.schema + ";" + statement);
  }
  Status put(const std::string& id, std::uint64_t version) {
    Put one = makePut("CarePlan", id, version);
    one.index = {tokenRow("status", "", "active"), referenceRow("subject", "Patient", id)};
    return store_->transact([&](Transaction& transaction) { return transaction.put(one); });
  }
  ErrorCode openingFails() { return openPostgres(options_).error().code; }

  PostgresOptions options_;
  std::unique_ptr<Store> store_;
};

// Ends every connection of programs to the database but the one that asks.
constexpr const char* kEndConnections =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE application_name='planbro'";

TEST_F(PostgresDatabase, AcknowledgedWritesCountOnceThoughConnectionsAreEnded) {
  constexpr int kThreads = 6;
  constexpr int kWrites = 30;
  ASSERT_TRUE(put("a", 1));
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int write = 0; write < kWrites; ++write) {
        const Status status = store_->transact([](Transaction& transaction) -> Status {
          PLANBRO_ASSIGN_OR_RETURN(const Version current, transaction.read("CarePlan", "a"));
          return transaction.put(makePut("CarePlan", "a", current.version + 1));
        });
        EXPECT_TRUE(status) << status.error().message;
      }
      --running;
    });
  }
  for (int ended = 0; ended < 6 && running > 0; ++ended) sql(kEndConnections);
  for (std::thread& thread : threads) thread.join();
  auto reader = store_->snapshot();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->read("CarePlan", "a")->version, 1U + kThreads * kWrites);
  EXPECT_TRUE(store_->verify());
}

TEST_F(PostgresDatabase, AReaderThatLosesItsConnectionIsToldAndTheNextOneReads) {
  ASSERT_TRUE(put("a", 1));
  auto reader = store_->snapshot();
  ASSERT_TRUE((*reader)->read("CarePlan", "a"));
  sql(kEndConnections);
  EXPECT_EQ((*reader)->read("CarePlan", "a").error().code, ErrorCode::kUnavailable);
  auto next = store_->snapshot();
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE((*next)->read("CarePlan", "a"));
}

TEST_F(PostgresDatabase, AReaderWaitsForAServerThatIsAway) {
  ASSERT_TRUE(put("a", 1));
  const auto let_in = [](bool in) {
    server().psql("postgres", std::string("ALTER DATABASE faults ALLOW_CONNECTIONS ") +
                                  (in ? "true" : "false"));
  };
  let_in(false);
  server().psql("postgres", kEndConnections);
  EXPECT_EQ(store_->check().error().code, ErrorCode::kUnavailable);
  std::thread back([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    let_in(true);
  });
  const auto reader = store_->snapshot();
  back.join();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE((*reader)->read("CarePlan", "a"));
  EXPECT_TRUE(put("a", 2));
}

TEST_F(PostgresDatabase, AReaderIsToldOfAServerThatStaysAway) {
  options_.reader_wait_ms = 100;
  open();
  server().psql("postgres", "ALTER DATABASE faults ALLOW_CONNECTIONS false");
  server().psql("postgres", kEndConnections);
  EXPECT_EQ(store_->snapshot().error().code, ErrorCode::kUnavailable);
  server().psql("postgres", "ALTER DATABASE faults ALLOW_CONNECTIONS true");
  EXPECT_TRUE(store_->snapshot());
}

TEST_F(PostgresDatabase, WhatWasAcknowledgedOutlivesARestartWithoutFarewell) {
  for (std::uint64_t i = 1; i <= 20; ++i) ASSERT_TRUE(put("a", i));
  server().killAndRestart();
  EXPECT_TRUE(put("a", 21));
  EXPECT_EQ(store_->snapshot().value()->read("CarePlan", "a")->version, 21U);
  EXPECT_TRUE(store_->verify());
}

TEST_F(PostgresDatabase, WhatMayHaveBeenKeptIsToldAsSuchAndNotWrittenAgain) {
  options_.busy_wait_ms = 0;  // the server is not waited for
  open();
  sql("CREATE FUNCTION go_away() RETURNS trigger LANGUAGE plpgsql AS \\$\\$ BEGIN "
      "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END \\$\\$");
  sql("CREATE CONSTRAINT TRIGGER go_away AFTER INSERT ON version DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION go_away()");
  std::atomic<int> runs{0};
  std::vector<std::function<Status(Transaction&)>> works;
  for (const char* id : {"a", "b"}) {
    works.emplace_back([id, &runs](Transaction& transaction) {
      ++runs;
      return transaction.put(makePut("CarePlan", id, 1));
    });
  }
  for (const Status& result : store_->transactAll(works))
    EXPECT_EQ(result.error().code, ErrorCode::kUnknownOutcome);
  EXPECT_EQ(runs, 2);
  sql("DROP TRIGGER go_away ON version");
  EXPECT_TRUE(put("a", 1));
}

TEST_F(PostgresDatabase, AServerThatIsAwayIsUnavailable) {
  options_.address = "postgres://planbro@/x?host=/nonexistent";
  EXPECT_EQ(openingFails(), ErrorCode::kUnavailable);
  options_.address = "postgres://planbro:secret@/x";
  EXPECT_EQ(openingFails(), ErrorCode::kInvalidArgument);
  options_.address = "postgres://planbro@/x?nonsense=1";
  EXPECT_EQ(openingFails(), ErrorCode::kInvalidArgument);
}

// Faults of the disk, told by the server in the statement that met them.
TEST_F(PostgresDatabase, AFullDiskRefusesWritesAndLosesNothing) {
  ASSERT_TRUE(put("a", 1));
  sql("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \\$\\$ BEGIN "
      "RAISE EXCEPTION USING ERRCODE='53100'; END \\$\\$");
  sql("CREATE TRIGGER full_disk BEFORE INSERT ON body FOR EACH ROW EXECUTE FUNCTION full_disk()");
  const Status refused = put("a", 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  auto reader = store_->snapshot();
  EXPECT_EQ((*reader)->read("CarePlan", "a")->version, 1U);
  EXPECT_EQ((*reader)->changesAfter(0, 10)->size(), 1U);
  reader->reset();  // it holds locks on what it has read
  sql("DROP TRIGGER full_disk ON body");
  EXPECT_TRUE(put("a", 2));
  EXPECT_TRUE(store_->verify());
}

TEST_F(PostgresDatabase, OneThatIsRefusedDoesNotCostTheOthersOfItsGroupTheirWork) {
  sql("CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS \\$\\$ BEGIN "
      "IF NEW.id='odd' THEN RAISE EXCEPTION USING ERRCODE='53100'; END IF; RETURN NEW; END \\$\\$");
  sql("CREATE TRIGGER odd BEFORE INSERT ON version FOR EACH ROW EXECUTE FUNCTION odd()");
  std::vector<std::function<Status(Transaction&)>> works;
  for (const char* id : {"a", "odd", "b", "a"}) {
    works.emplace_back(
        [id](Transaction& transaction) { return transaction.put(makePut("CarePlan", id, 1)); });
  }
  const auto results = store_->transactAll(works);
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().code, ErrorCode::kIo);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[3].error().code, ErrorCode::kConflict);
  EXPECT_EQ(store_->snapshot().value()->changesAfter(0, 10)->size(), 2U);
}

TEST_F(PostgresDatabase, WhatAnEarlierOneOfTheGroupWroteSurvivesALaterOnesRefusal) {
  std::vector<std::function<Status(Transaction&)>> works;
  works.emplace_back([](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.setValue("kept", "1"));
    return transaction.put(makePut("CarePlan", "a", 1));
  });
  works.emplace_back([](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("CarePlan", "a", 2)));
    EXPECT_EQ(transaction.read("CarePlan", "a")->version, 2U);
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("CarePlan", "a", 3)));
    PLANBRO_RETURN_IF_ERROR(transaction.setValue("kept", "2"));
    return fail(ErrorCode::kPreconditionFailed, "no");
  });
  works.emplace_back([](Transaction& transaction) -> Status {
    EXPECT_EQ(transaction.read("CarePlan", "a")->version, 1U);
    EXPECT_EQ(transaction.value("kept").value(), "1");
    return transaction.put(makePut("CarePlan", "b", 1));
  });
  const auto results = store_->transactAll(works);
  EXPECT_TRUE(results[0]) << results[0].error().message;
  EXPECT_EQ(results[1].error().code, ErrorCode::kPreconditionFailed);
  EXPECT_TRUE(results[2]) << results[2].error().message;
  Query query;
  query.type = "CarePlan";
  query.total = true;
  const auto page = store_->snapshot().value()->search(query);
  EXPECT_EQ(page->total, 2U);
  EXPECT_TRUE(put("a", 2));
}

TEST_F(PostgresDatabase, DamageIsReported) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(put(id, 1));
  sql("UPDATE body SET data='not a frame' WHERE sequence=2");
  EXPECT_EQ(store_->verify().error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store_->snapshot().value()->read("CarePlan", "b").error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(store_->snapshot().value()->read("CarePlan", "c"));
  sql("DELETE FROM body WHERE sequence=2; DELETE FROM version WHERE sequence=2");
  EXPECT_EQ(store_->verify().error().code, ErrorCode::kCorrupt);
}

TEST_F(PostgresDatabase, NumbersWithoutANameAreReported) {
  ASSERT_TRUE(put("a", 1));
  EXPECT_TRUE(store_->verify());
  sql("CREATE TABLE kept AS SELECT * FROM parameter; DELETE FROM parameter");
  EXPECT_EQ(store_->verify().error().code, ErrorCode::kCorrupt);
  sql("INSERT INTO parameter OVERRIDING SYSTEM VALUE SELECT * FROM kept");
  EXPECT_TRUE(store_->verify());
  sql("DELETE FROM type WHERE name='CarePlan'");
  EXPECT_EQ(store_->verify().error().code, ErrorCode::kCorrupt);
}

TEST_F(PostgresDatabase, AStoreThatWasReplacedMeanwhileIsTold) {
  ASSERT_TRUE(put("a", 1));
  EXPECT_TRUE(store_->check());
  sql("DROP SCHEMA " + options_.schema + " CASCADE");
  EXPECT_FALSE(store_->check());
  const auto other = openPostgres(options_);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_TRUE((*other)->check());
  EXPECT_EQ(store_->check().error().code, ErrorCode::kUnsupported);
}

TEST_F(PostgresDatabase, OnlyAPlanbroStoreOfThisOrAnOlderProgramIsOpened) {
  EXPECT_TRUE(store_->check());
  sql("UPDATE state SET number=99 WHERE name='schema'");
  EXPECT_EQ(store_->check().error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(openingFails(), ErrorCode::kUnsupported);
  options_.schema = "somebody";
  server().psql("faults", "CREATE SCHEMA somebody; CREATE TABLE somebody.else (x int)");
  EXPECT_EQ(openingFails(), ErrorCode::kUnsupported);
  options_.schema = "x; DROP SCHEMA public";
  EXPECT_EQ(openingFails(), ErrorCode::kInvalidArgument);
}

TEST_F(PostgresDatabase, AnExistingStoreIsNeitherMadeNorMigrated) {
  options_.existing = true;
  EXPECT_TRUE(openPostgres(options_));
  sql("UPDATE state SET number=1 WHERE name='schema'");
  EXPECT_EQ(openingFails(), ErrorCode::kUnsupported);
  EXPECT_EQ(sql("SELECT number FROM state WHERE name='schema'"), "1\n");
  options_.schema = "mistyped";
  EXPECT_EQ(openingFails(), ErrorCode::kNotFound);
  EXPECT_EQ(server().psql("faults", "SELECT count(*) FROM pg_namespace WHERE nspname='mistyped'"),
            "0\n");
}

TEST_F(PostgresDatabase, FailedStatementsLeaveNoPreparedOnesWithTheServer) {
  postgres::Connection::Options connecting;
  connecting.address = options_.address;
  connecting.schema = options_.schema;
  const auto connection = postgres::Connection::open(connecting);
  ASSERT_TRUE(connection);
  const auto inTransaction = [&](const std::string& statement) {
    (*connection)->queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const bool done = (*connection)->ask(statement).has_value();
    (*connection)->queue("ROLLBACK");
    return (*connection)->settle().has_value() && done;
  };
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(inTransaction("SELECT " + std::to_string(i)));
    EXPECT_FALSE(inTransaction("SELECT 1/0, " + std::to_string(i)));
  }
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(inTransaction("SELECT -" + std::to_string(i)));
  const auto kept = (*connection)->ask("SELECT count(*) FROM pg_prepared_statements");
  ASSERT_TRUE(kept);
  EXPECT_LT(kept->integer(0, 0), 300);
  EXPECT_GT(kept->integer(0, 0), 0);
}

// A node's tables stand beside the others as foreign ones; here the node is the same server.
TEST_F(PostgresDatabase, APartitionCanBeKeptOnAnotherNode) {
  const std::string out = sql(
      "CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public;"
      "CREATE SERVER node FOREIGN DATA WRAPPER postgres_fdw OPTIONS "
      "(host '" +
      server().socketFolder() +
      "', dbname 'faults');"
      "CREATE USER MAPPING FOR CURRENT_USER SERVER node OPTIONS (user 'planbro');"
      "ALTER TABLE body DETACH PARTITION body_3;"
      "CREATE FOREIGN TABLE body_there (sequence bigint NOT NULL, compartment integer NOT NULL, "
      "data bytea NOT NULL) SERVER node OPTIONS (schema_name '" +
      options_.schema +
      "', table_name 'body_3');"
      "ALTER TABLE body ATTACH PARTITION body_there FOR VALUES WITH (MODULUS 8, REMAINDER 3)");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(put("p" + std::to_string(i), 1));
  EXPECT_NE(sql("SELECT count(*) FROM body_3"), "0\n") << out;
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(store_->snapshot().value()->read("CarePlan", "p" + std::to_string(i)));
  EXPECT_TRUE(store_->verify());
}

TEST_F(PostgresDatabase, AnotherWritersLongTurnIsToldAndNotWaitedForForEver) {
  options_.busy_wait_ms = 50;
  open();
  auto other = openPostgres(options_);
  const Status outer = store_->transact([&](Transaction& transaction) -> Status {
    const Status inner =
        (*other)->transact([](Transaction& late) { return late.put(makePut("Goal", "late", 1)); });
    EXPECT_EQ(inner.error().code, ErrorCode::kUnavailable);
    return transaction.put(makePut("Goal", "first", 1));
  });
  EXPECT_TRUE(outer) << outer.error().message;
  EXPECT_TRUE(
      (*other)->transact([](Transaction& late) { return late.put(makePut("Goal", "late", 1)); }));
}

TEST_F(PostgresDatabase, TextsThatPostgresCannotKeepAreFoundAllTheSame) {
  const std::string odd("a\0b\xff\xed\xa0\x80", 7);
  Put one = makePut("CarePlan", "a", 1);
  one.index = {tokenRow("category", odd, odd)};
  ASSERT_TRUE(store_->transact([&](Transaction& transaction) { return transaction.put(one); }));
  Query query;
  query.type = "CarePlan";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("category", odd, odd));
  query.total = true;
  EXPECT_EQ(store_->snapshot().value()->search(query)->total, 1U);
}

TEST_F(PostgresDatabase, WhatBelongsToOnePatientStandsInOnePartition) {
  const auto write = [&](const std::string& type, const std::string& id,
                         std::vector<IndexRow> index) {
    Put one = makePut(type, id, 1);
    one.index = std::move(index);
    ASSERT_TRUE(store_->transact([&](Transaction& transaction) { return transaction.put(one); }));
  };
  write("Patient", "p", {tokenRow("gender", "", "female")});
  write("CarePlan", "a", {referenceRow("subject", "Patient", "p")});
  write("Goal", "b",
        {referenceRow("patient", "Patient", "p"), referenceRow("subject", "Patient", "p")});
  write("Appointment", "two",
        {referenceRow("patient", "Patient", "p"), referenceRow("patient", "Patient", "q")});
  write("Organization", "none", {tokenRow("name", "", "x")});
  EXPECT_EQ(sql("SELECT count(DISTINCT compartment) FROM version WHERE sequence<=3"), "1\n");
  EXPECT_EQ(sql("SELECT count(*) FROM version WHERE compartment=0"), "2\n");
  EXPECT_EQ(sql("SELECT count(DISTINCT tableoid) FROM body WHERE sequence<=3"), "1\n");
  // Found also where it belongs to two.
  Query query;
  query.type = "Appointment";
  query.total = true;
  for (const char* patient : {"p", "q"}) {
    query.where = leaf(Predicate::Op::kEquals, referenceRow("patient", "Patient", patient));
    EXPECT_EQ(store_->snapshot().value()->search(query)->total, 1U) << patient;
  }
  // What a chain leads to may be another patient's.
  write("CarePlan", "of-q",
        {referenceRow("subject", "Patient", "q"), tokenRow("status", "", "draft")});
  write("Task", "t",
        {referenceRow("patient", "Patient", "p"), referenceRow("focus", "CarePlan", "of-q"),
         tokenRow("status", "", "ready")});
  Predicate chain = leaf(Predicate::Op::kReferenceTo, referenceRow("focus", "CarePlan", ""));
  chain.children = {leaf(Predicate::Op::kEquals, tokenRow("status", "", "draft"))};
  query.type = "Task";
  query.where = both({leaf(Predicate::Op::kEquals, referenceRow("patient", "Patient", "p")), chain,
                      leaf(Predicate::Op::kEquals, tokenRow("status", "", "ready"))});
  const auto page = store_->snapshot().value()->search(query);
  EXPECT_EQ(page->total, 1U);
  EXPECT_EQ(page->matches.size(), 1U);
}

TEST_F(PostgresDatabase, IndexRowsOfOldVersionsGoAndTheirPagesWithThem) {
  options_.index_retention = 60;
  open();
  std::int64_t now = StoreContract::kStart;
  const auto write = [&](const std::string& id, std::uint64_t version) {
    Put one = makePut("CarePlan", id, version);
    one.last_updated = {now};
    one.index = {tokenRow("status", "", "active")};
    ASSERT_TRUE(store_->transact([&](Transaction& transaction) { return transaction.put(one); }));
  };
  write("a", 1);
  write("b", 1);
  Query query;
  query.type = "CarePlan";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("status", "", "active"));
  query.count = 1;
  const auto search = [&] { return store_->snapshot().value()->search(query); };
  query.cursor = search()->next;
  ASSERT_TRUE(query.cursor);
  write("b", 2);
  now += 50'000'000;
  write("c", 1);
  EXPECT_EQ(search()->matches.at(0).version, 1U);
  now += 50'000'000;
  write("c", 2);
  EXPECT_EQ(search().error().code, ErrorCode::kGone);
  EXPECT_EQ(sql("SELECT count(*) FROM token WHERE sequence=2"), "0\n");
  EXPECT_TRUE(store_->verify());
  query.cursor.reset();
  query.count = 10;
  EXPECT_EQ(search()->matches.size(), 3U);
  EXPECT_EQ(store_->snapshot().value()->readVersion("CarePlan", "b", 1)->version, 1U);
}

TEST_F(PostgresDatabase, TooManyReadersAreToldToWait) {
  options_.readers = 2;
  options_.reader_wait_ms = 1;
  open();
  auto one = store_->snapshot();
  auto two = store_->snapshot();
  EXPECT_EQ(store_->snapshot().error().code, ErrorCode::kUnavailable);
  one->reset();
  EXPECT_TRUE(store_->snapshot());
}

TEST_F(PostgresDatabase, ASearchPastItsTimeEndsWithALimitAndCostsTheOthersNothing) {
  options_.search_ms = 50;
  open();
  ASSERT_TRUE(put("a", 1));
  sql("ALTER TABLE string RENAME TO strings; CREATE VIEW string AS "
      "SELECT s.* FROM strings s WHERE (SELECT true FROM pg_sleep(60))");
  Query query;
  query.type = "CarePlan";
  query.sort = {Sort{"name", IndexRow::Kind::kString, false}};
  EXPECT_EQ(store_->snapshot().value()->search(query).error().code, ErrorCode::kLimitExceeded);
  std::vector<std::function<Status(Transaction&)>> works;
  works.emplace_back(
      [](Transaction& transaction) { return transaction.put(makePut("Goal", "b", 1)); });
  works.emplace_back([&](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("Goal", "c", 1)));
    PLANBRO_ASSIGN_OR_RETURN([[maybe_unused]] const SearchPage page, transaction.search(query));
    return {};
  });
  works.emplace_back(
      [](Transaction& transaction) { return transaction.put(makePut("Goal", "d", 1)); });
  const auto results = store_->transactAll(works);
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().code, ErrorCode::kLimitExceeded);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(store_->snapshot().value()->changesAfter(0, 10)->size(), 3U);
}

}  // namespace
}  // namespace planbro::store
