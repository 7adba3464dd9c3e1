// Versions, history, change log, transactions, concurrency.
#include <atomic>
#include <map>
#include <thread>

#include "contract/store_contract.h"

namespace planbro::store {
namespace {

TEST_P(StoreContract, WhatWasPutIsReadBackUnchanged) {
  std::string body = bodyOf("Patient", "a", "Blåbærsyltetøy");
  put("Patient", "a", {}, body);
  auto reader = store().snapshot();
  ASSERT_TRUE(reader);
  const auto version = (*reader)->read("Patient", "a");
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(version->body, body);
  EXPECT_EQ(version->type, "Patient");
  EXPECT_EQ(version->id, "a");
  EXPECT_EQ(version->version, 1U);
  EXPECT_EQ(version->sequence, 1U);
  EXPECT_EQ(version->method, "PUT");
  EXPECT_EQ(version->last_updated.micros, kStart + 1'000'000);
  EXPECT_FALSE(version->deleted);
}

TEST_P(StoreContract, BodiesOfEverySizeComeBack) {
  for (const std::size_t size : {1U, 100U, 8000U, 9000U, 300'000U}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * i % 23);
    put("Binary", std::to_string(size), {}, body);
    auto reader = store().snapshot();
    EXPECT_EQ((*reader)->read("Binary", std::to_string(size))->body, body) << size;
  }
}

// Also in the groups behind it, which a store may run in another way.
TEST_P(StoreContract, WhatARefusedOneOfAGroupHasWrittenIsGoneAndTheOthersAreWhole) {
  const auto writes = [](const std::string& id, bool refused) {
    return [id, refused](Transaction& transaction) -> Status {
      Put put = makePut(refused ? "Heard of here only" : "Patient", id, 1);
      put.index.push_back({IndexRow::Kind::kToken, "of " + id, "urn:" + id, "x", {}, 0, 0});
      PLANBRO_RETURN_IF_ERROR(transaction.put(put));
      PLANBRO_RETURN_IF_ERROR(transaction.setValue("last", id));
      return refused ? fail(ErrorCode::kPreconditionFailed, "no") : Status();
    };
  };
  const auto refuses = [](Transaction&) { return fail(ErrorCode::kPreconditionFailed, "no"); };
  std::uint64_t kept = 0;
  for (const std::string group : {"a", "b", "c"}) {
    const std::vector<std::function<Status(Transaction&)>> works = {
        writes(group + "1", false), refuses, writes(group + "2", true), writes(group + "3", false),
        writes(group + "4", true)};
    const auto results = store().transactAll(works);
    for (const std::size_t i : {0U, 3U}) ASSERT_TRUE(results[i]) << results[i].error().message;
    for (const std::size_t i : {1U, 2U, 4U})
      EXPECT_EQ(results[i].error().code, ErrorCode::kPreconditionFailed);
    kept += 2;
    const auto reader = store().snapshot();
    const auto changes = (*reader)->changesAfter(0, 100);
    ASSERT_EQ(changes->size(), kept);
    EXPECT_EQ(changes->back().sequence, kept);
    EXPECT_EQ((*reader)->value("last").value(), group + "3");
    EXPECT_FALSE((*reader)->read("Heard of here only", group + "2"));
    Query query;
    query.type = "Patient";
    query.where.op = Predicate::Op::kEquals;
    query.where.row = {
        IndexRow::Kind::kToken, "of " + group + "3", "urn:" + group + "3", "x", {}, 0, 0};
    EXPECT_EQ(find(query), std::vector<std::string>{group + "3"});
    // Alone, and refused as well.
    EXPECT_FALSE(store().transact(writes(group + "5", true)));
  }
  EXPECT_TRUE(store().verify());
}

TEST_P(StoreContract, AnUnknownIdIsNotFoundAndADeletedOneIsADeletion) {
  put("Patient", "a");
  remove("Patient", "a");
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->read("Patient", "b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ((*reader)->read("Unheard", "a").error().code, ErrorCode::kNotFound);
  const auto deleted = (*reader)->read("Patient", "a");
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(deleted->deleted);
  EXPECT_EQ(deleted->version, 2U);
  EXPECT_EQ(deleted->body, "");
}

TEST_P(StoreContract, SeveralAreReadAtOnceInTheirCurrentVersions) {
  put("Patient", "a");
  put("Patient", "b");
  put("Patient", "b", {}, bodyOf("Patient", "b", "second"));
  put("Patient", "gone");
  remove("Patient", "gone");
  put("Goal", "a");
  auto reader = store().snapshot();
  put("Patient", "a", {}, bodyOf("Patient", "a", "later"));
  const std::vector<std::string> ids = {"b", "gone", "never", "a"};
  const auto versions = (*reader)->readAll("Patient", ids);
  ASSERT_TRUE(versions) << versions.error().message;
  std::map<std::string, Version> found;
  for (const Version& version : *versions) {
    EXPECT_EQ(version.type, "Patient");
    found.emplace(version.id, version);
  }
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at("a").version, 1U);
  EXPECT_EQ(found.at("b").version, 2U);
  EXPECT_EQ(found.at("b").body, bodyOf("Patient", "b", "second"));
  EXPECT_TRUE((*reader)->readAll("Patient", {})->empty());
  EXPECT_TRUE((*reader)->readAll("Never", ids)->empty());
}

TEST_P(StoreContract, OneLookWithoutASnapshotSeesWhatIsThereNow) {
  EXPECT_EQ(store().read("Patient", "a").error().code, ErrorCode::kNotFound);
  put("Patient", "a");
  for (int i = 0; i < 3; ++i) {
    const auto found = store().read("Patient", "a");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->version, 1U);
    EXPECT_EQ(found->body, bodyOf("Patient", "a", "version 1"));
  }
  put("Patient", "a", {}, bodyOf("Patient", "a", "second"));
  EXPECT_EQ(store().read("Patient", "a")->body, bodyOf("Patient", "a", "second"));
  EXPECT_EQ(store().readVersion("Patient", "a", 1)->body, bodyOf("Patient", "a", "version 1"));
  EXPECT_EQ(store().readVersion("Patient", "a", 3).error().code, ErrorCode::kNotFound);
  remove("Patient", "a");
  EXPECT_TRUE(store().read("Patient", "a")->deleted);
  EXPECT_EQ(store().read("Patient", "a")->body, "");
}

TEST_P(StoreContract, AWriterKnowsWhatHasChangedSinceASnapshot) {
  put("Goal", "a");
  put("Goal", "b");
  const auto ask = [&](Reader& snapshot, std::string address) {
    bool may_have_changed = false;
    EXPECT_TRUE(store().transact([&](Transaction& transaction) -> Status {
      may_have_changed = transaction.mayHaveChanged(*snapshot.moment(),
                                                    std::vector<std::string>{std::move(address)});
      return {};
    }));
    return may_have_changed;
  };
  const auto before = store().snapshot();
  EXPECT_EQ(*(*before)->moment(), (*before)->logRange()->newest);
  EXPECT_FALSE(ask(**before, "Goal/a"));
  put("Goal", "a");
  EXPECT_TRUE(ask(**before, "Goal/a"));
  EXPECT_FALSE(ask(**before, "Goal/b"));
  EXPECT_FALSE(ask(**before, "Task/a"));
  const auto after = store().snapshot();
  EXPECT_FALSE(ask(**after, "Goal/a"));
  // What is undone counts for nothing, and its place in the log is another's then.
  EXPECT_FALSE(store().transact([&](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("Goal", "c", 1)));
    return fail(ErrorCode::kConflict, "no");
  }));
  put("Goal", "b");
  EXPECT_TRUE(ask(**after, "Goal/b"));
}

TEST_P(StoreContract, AWriterThatCannotKnowWhatHasChangedSaysSo) {
  put("Goal", "a");
  const auto before = store().snapshot();
  const std::uint64_t moment = *(*before)->moment();
  // Another program writes the one that is asked for.
  {
    auto another = openAnother();
    ASSERT_TRUE(another);
    ASSERT_TRUE((*another)->transact(
        [](Transaction& transaction) { return transaction.put(makePut("Goal", "a", 2)); }));
  }
  bool may_have_changed = false;
  EXPECT_TRUE(store().transact([&](Transaction& transaction) -> Status {
    may_have_changed = transaction.mayHaveChanged(moment, std::vector<std::string>{"Goal/a"});
    return {};
  }));
  EXPECT_TRUE(may_have_changed);
}

TEST_P(StoreContract, EveryVersionStaysReadable) {
  put("Patient", "a");
  put("Patient", "a");
  remove("Patient", "a");
  put("Patient", "a");
  auto reader = store().snapshot();
  for (std::uint64_t number = 1; number <= 4; ++number) {
    const auto version = (*reader)->readVersion("Patient", "a", number);
    ASSERT_TRUE(version) << number;
    EXPECT_EQ(version->version, number);
    EXPECT_EQ(version->deleted, number == 3);
  }
  EXPECT_EQ((*reader)->readVersion("Patient", "a", 5).error().code, ErrorCode::kNotFound);
  EXPECT_EQ((*reader)->readVersion("Patient", "a", ~std::uint64_t{0}).error().code,
            ErrorCode::kNotFound);
}

TEST_P(StoreContract, HistoryIsNewestFirstForInstanceTypeAndSystem) {
  put("Patient", "a");
  put("Goal", "g");
  put("Patient", "a");
  put("Patient", "b");
  auto reader = store().snapshot();
  const auto ids = [&](const HistoryQuery& query) { return idsAndVersions(**reader, query); };
  HistoryQuery query;
  EXPECT_EQ(ids(query), "b1 a2 g1 a1 ");
  query.type = "Patient";
  EXPECT_EQ(ids(query), "b1 a2 a1 ");
  query.id = "a";
  EXPECT_EQ(ids(query), "a2 a1 ");
  query.before_sequence = 3;
  EXPECT_EQ(ids(query), "a1 ");
  query = {};
  query.count = 2;
  EXPECT_EQ(ids(query), "b1 a2 ");
  query.count = 50;
  query.since = Instant{kStart + 3'000'000};
  EXPECT_EQ(ids(query), "b1 a2 ");
  query.type = "Unheard";
  EXPECT_EQ(ids(query), "");
}

TEST_P(StoreContract, TheChangeLogHasNoGapsAndIsReadByCursor) {
  put("Patient", "a");
  EXPECT_FALSE(store().transact([](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("Patient", "x", 1)));
    return fail(ErrorCode::kInvalidArgument, "no");
  }));
  put("Patient", "b");
  remove("Patient", "a");
  auto reader = store().snapshot();
  const auto all = (*reader)->changesAfter(0, 100);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*all)[i].sequence, i + 1);
  EXPECT_EQ((*all)[2].id, "a");
  EXPECT_TRUE((*all)[2].deleted);
  EXPECT_EQ((*all)[2].version, 2U);
  const auto rest = (*reader)->changesAfter(1, 1);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ((*rest)[0].id, "b");
  EXPECT_TRUE((*reader)->changesAfter(3, 10)->empty());
}

TEST_P(StoreContract, AWrongVersionIsAConflict) {
  put("Patient", "a");
  for (const std::uint64_t wrong : {1U, 3U}) {
    const Status status = store().transact(
        [&](Transaction& transaction) { return transaction.put(makePut("Patient", "a", wrong)); });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  }
}

TEST_P(StoreContract, ATransactionGoesOnAfterAConflict) {
  put("CarePlan", "a");
  ASSERT_TRUE(store().transact([](Transaction& transaction) -> Status {
    const Status again = transaction.put(makePut("CarePlan", "a", 1));
    if (again || again.error().code != ErrorCode::kConflict)
      return fail(ErrorCode::kInternal, "no conflict");
    return transaction.put(makePut("CarePlan", "b", 1));
  }));
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->read("CarePlan", "b")->sequence, 2U);
  EXPECT_EQ((*reader)->read("CarePlan", "a")->version, 1U);
}

TEST_P(StoreContract, AFailedTransactionLeavesNothing) {
  const Status status = store().transact([](Transaction& transaction) -> Status {
    Put put = makePut("NewType", "a", 1);
    put.index = {tokenRow("new", "urn:new", "1")};
    PLANBRO_RETURN_IF_ERROR(transaction.put(put));
    PLANBRO_RETURN_IF_ERROR(transaction.setValue("cursor", "5"));
    EXPECT_TRUE(transaction.read("NewType", "a"));
    return fail(ErrorCode::kPreconditionFailed, "the caller's own reason");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(status.error().message, "the caller's own reason");
  {
    auto reader = store().snapshot();
    EXPECT_FALSE((*reader)->read("NewType", "a"));
    EXPECT_EQ((*reader)->value("cursor").error().code, ErrorCode::kNotFound);
  }
  // The names it had made are gone too, and can be made again.
  put("NewType", "a", {tokenRow("new", "urn:new", "1")});
  Query query;
  query.type = "NewType";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("new", "urn:new", "1"));
  EXPECT_EQ(find(query), std::vector<std::string>{"a"});
}

TEST_P(StoreContract, ATransactionSeesItsOwnWrites) {
  const Status status = store().transact([](Transaction& transaction) -> Status {
    Put put = makePut("Patient", "a", 1);
    put.index = {tokenRow("identifier", "urn:x", "7")};
    PLANBRO_RETURN_IF_ERROR(transaction.put(put));
    Query query;
    query.type = "Patient";
    query.where = leaf(Predicate::Op::kEquals, tokenRow("identifier", "urn:x", "7"));
    PLANBRO_ASSIGN_OR_RETURN(const SearchPage page, transaction.search(query));
    EXPECT_EQ(page.matches.size(), 1U);
    return {};
  });
  EXPECT_TRUE(status);
}

TEST_P(StoreContract, NamedValuesAreKeptAndReplaced) {
  const auto set = [&](std::string value) {
    ASSERT_TRUE(store().transact(
        [&](Transaction& transaction) { return transaction.setValue("sync/x", value); }));
  };
  set("1");
  set(std::string("2\0z", 3));
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->value("sync/x").value(), std::string("2\0z", 3));
  EXPECT_EQ((*reader)->valueNames().value(), std::vector<std::string>{"sync/x"});
}

TEST_P(StoreContract, AnEmptyNamedValueIsNoneAnyMore) {
  for (const char* value : {"1", "", ""}) {
    ASSERT_TRUE(store().transact(
        [&](Transaction& transaction) { return transaction.setValue("export/x", value); }));
  }
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->value("export/x").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE((*reader)->valueNames()->empty());
}

TEST_P(StoreContract, AReaderKeepsSeeingTheMomentItWasOpened) {
  put("Patient", "a");
  auto reader = store().snapshot();
  put("Patient", "a");
  put("Patient", "b");
  EXPECT_EQ((*reader)->read("Patient", "a")->version, 1U);
  EXPECT_FALSE((*reader)->read("Patient", "b"));
  EXPECT_EQ((*reader)->changesAfter(0, 10)->size(), 1U);
  Query query;
  query.type = "Patient";
  EXPECT_EQ((*reader)->search(query)->matches.size(), 1U);
  auto later = store().snapshot();
  EXPECT_EQ((*later)->read("Patient", "a")->version, 2U);
}

TEST_P(StoreContract, AClockThatWasAheadKeepsNoIndexRowsForEver) {
  const auto write = [&](const std::string& id, std::uint64_t version, std::int64_t hours) {
    Put one = makePut("CarePlan", id, version);
    one.last_updated = {kStart + hours * 3'600'000'000};
    one.index = {tokenRow("status", "", "active")};
    ASSERT_TRUE(store().transact([&](Transaction& transaction) { return transaction.put(one); }));
  };
  write("a", 1, 0);
  write("b", 1, 0);
  Query query;
  query.type = "CarePlan";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("status", "", "active"));
  query.count = 1;
  query.cursor = store().snapshot().value()->search(query)->next;
  ASSERT_TRUE(query.cursor);
  write("a", 2, 24 * 365 * 70);
  write("b", 2, 1);
  write("c", 1, 30);
  write("c", 2, 30);
  EXPECT_EQ(store().snapshot().value()->search(query).error().code, ErrorCode::kGone);
  EXPECT_TRUE(store().verify());
}

TEST_P(StoreContract, EverythingIsThereAfterReopening) {
  put("Patient", "a", {tokenRow("identifier", "urn:x", "7")});
  put("Patient", "a", {tokenRow("identifier", "urn:x", "8")});
  reopen();
  {
    auto reader = store().snapshot();
    EXPECT_EQ((*reader)->read("Patient", "a")->version, 2U);
  }
  Query query;
  query.type = "Patient";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("identifier", "urn:x", "8"));
  EXPECT_EQ(find(query), std::vector<std::string>{"a"});
  put("Patient", "b");
  EXPECT_TRUE(store().check());
  EXPECT_TRUE(store().verify());
}

TEST_P(StoreContract, ConditionalCreateByManyThreadsGivesExactlyOneEach) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 10;
  std::atomic<int> created{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        bool made = false;
        const Status status = store().transact([&](Transaction& transaction) -> Status {
          made = false;
          Query query;
          query.type = "Patient";
          query.where =
              leaf(Predicate::Op::kEquals, tokenRow("identifier", "urn:x", std::to_string(round)));
          PLANBRO_ASSIGN_OR_RETURN(const SearchPage page, transaction.search(query));
          if (!page.matches.empty()) return {};
          Put put = makePut("Patient", std::to_string(round) + "-" + std::to_string(t), 1);
          put.index = {tokenRow("identifier", "urn:x", std::to_string(round))};
          made = true;
          return transaction.put(put);
        });
        EXPECT_TRUE(status);
        if (made) ++created;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, kRounds);
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->changesAfter(0, 1000)->size(), static_cast<std::size_t>(kRounds));
}

TEST_P(StoreContract, ConcurrentUpdatesLoseNothing) {
  put("Patient", "a");
  constexpr int kThreads = 8;
  constexpr int kRounds = 20;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) put("Patient", "a");
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->read("Patient", "a")->version, 1U + kThreads * kRounds);
}

TEST_P(StoreContract, ATransactionInsideATransactionIsRefused) {
  const Status status = store().transact(
      [&](Transaction&) { return store().transact([](Transaction&) -> Status { return {}; }); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

TEST_P(StoreContract, SenselessVersionsAreRefused) {
  for (int fault = 0; fault < 4; ++fault) {
    Put put = makePut("Patient", "a", 1);
    if (fault == 0) put.type.clear();
    if (fault == 1) put.id.clear();
    if (fault == 2) put.version = 0;
    if (fault == 3) put.body.clear();
    const Status status =
        store().transact([&](Transaction& transaction) { return transaction.put(put); });
    ASSERT_FALSE(status) << fault;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument) << fault;
  }
}

}  // namespace
}  // namespace planbro::store
