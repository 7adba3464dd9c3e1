// Several programs on one store: what each promises holds for all of them together.
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "contract/store_contract.h"

namespace planbro::store {
namespace {

constexpr std::size_t kReplicas = 3;
using Replicas = std::array<std::unique_ptr<Store>, kReplicas>;

Replicas openReplicas(StoreContract& contract) {
  Replicas replicas;
  for (auto& replica : replicas) {
    auto opened = contract.openAnother();
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) replica = std::move(*opened);
  }
  return replicas;
}

// Runs `work` on `count` threads, each with a replica.
void onThreads(const Replicas& replicas, std::size_t count,
               const std::function<void(Store&, std::size_t)>& work) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i)
    threads.emplace_back([&, i] { work(*replicas[i % kReplicas], i); });
  for (std::thread& thread : threads) thread.join();
}

// True if it made one.
Result<bool> createIfNone(Store& store, const std::string& identifier, const std::string& id) {
  bool made = false;
  const Status status = store.transact([&](Transaction& transaction) -> Status {
    made = false;
    Query query;
    query.type = "Patient";
    query.where = leaf(Predicate::Op::kEquals, tokenRow("identifier", "urn:x", identifier));
    PLANBRO_ASSIGN_OR_RETURN(const SearchPage page, transaction.search(query));
    if (!page.matches.empty()) return {};
    Put put = makePut("Patient", id, 1);
    put.index = {tokenRow("identifier", "urn:x", identifier)};
    made = true;
    return transaction.put(put);
  });
  if (!status) return std::unexpected(status.error());
  return made;
}

TEST_P(StoreContract, ConditionalCreateBy64ClientsOfSeveralProgramsGivesExactlyOneEach) {
  const Replicas replicas = openReplicas(*this);
  constexpr int kRounds = 1000;
  std::atomic<int> created{0};
  onThreads(replicas, 64, [&](Store& store, std::size_t thread) {
    for (int round = 0; round < kRounds; ++round) {
      const auto made = createIfNone(store, std::to_string(round),
                                     std::to_string(round) + "-" + std::to_string(thread));
      EXPECT_TRUE(made) << made.error().message;
      if (made && *made) ++created;
    }
  });
  EXPECT_EQ(created, kRounds);
  EXPECT_EQ(store().snapshot().value()->changesAfter(0, 100000)->size(),
            static_cast<std::size_t>(kRounds));
}

TEST_P(StoreContract, AVersionThatAnotherProgramMadeCountsAndNoUpdateIsLost) {
  const Replicas replicas = openReplicas(*this);
  put("Patient", "a");
  constexpr int kUpdates = 15;
  std::atomic<int> conflicts{0};
  onThreads(replicas, 9, [&](Store& store, std::size_t) {
    for (int done = 0; done < kUpdates;) {
      // As a client with If-Match: the version is read first and written later.
      const std::uint64_t seen = store.snapshot().value()->read("Patient", "a")->version;
      const Status status = store.transact([&](Transaction& transaction) {
        return transaction.put(makePut("Patient", "a", seen + 1));
      });
      if (status) {
        ++done;
      } else {
        EXPECT_EQ(status.error().code, ErrorCode::kConflict) << status.error().message;
        ++conflicts;
      }
    }
  });
  EXPECT_EQ(store().snapshot().value()->read("Patient", "a")->version, 1U + 9 * kUpdates);
  HistoryQuery query;
  query.type = "Patient";
  query.id = "a";
  query.count = 1000;
  EXPECT_EQ(store().snapshot().value()->history(query)->size(), 1U + 9 * kUpdates);
}

TEST_P(StoreContract, ReadersSeeWholeTransactionsAndFollowTheChangeLogWithoutGaps) {
  const Replicas replicas = openReplicas(*this);
  put("CarePlan", "a");
  put("Goal", "b");
  constexpr std::uint64_t kChanges = 2 + 2 * 4 * 20;
  onThreads(replicas, 7, [&](Store& store, std::size_t thread) {
    if (thread < 4) {
      for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(store.transact([](Transaction& transaction) -> Status {
          PLANBRO_ASSIGN_OR_RETURN(const Version plan, transaction.read("CarePlan", "a"));
          PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("CarePlan", "a", plan.version + 1)));
          return transaction.put(makePut("Goal", "b", plan.version + 1));
        }));
      }
      return;
    }
    // A reader of the log trusts its cursor: whatever it has not seen comes behind it.
    std::uint64_t cursor = 0;
    while (cursor < kChanges) {
      auto reader = store.snapshot();
      ASSERT_TRUE(reader) << reader.error().message;
      EXPECT_EQ((*reader)->read("CarePlan", "a")->version, (*reader)->read("Goal", "b")->version);
      const auto changes = (*reader)->changesAfter(cursor, 1000);
      ASSERT_TRUE(changes);
      for (const Change& change : *changes) ASSERT_EQ(change.sequence, ++cursor);
    }
  });
}

TEST_P(StoreContract, AClockThatGoesBackwardsChangesNoOrder) {
  const std::array<std::int64_t, 4> clock{kStart + 9'000'000, kStart, kStart + 5'000'000,
                                          kStart - 3'600'000'000};
  for (std::size_t i = 0; i < clock.size(); ++i) {
    Put one = makePut("CarePlan", "a", i + 1);
    one.last_updated = {clock[i]};
    one.index = {tokenRow("status", "", std::to_string(i))};
    ASSERT_TRUE(store().transact([&](Transaction& transaction) { return transaction.put(one); }));
  }
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->read("CarePlan", "a")->version, 4U);
  HistoryQuery query;
  query.type = "CarePlan";
  query.id = "a";
  const auto history = (*reader)->history(query);
  ASSERT_EQ(history->size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*history)[i].version, 4 - i);
    EXPECT_EQ((*history)[i].last_updated.micros, clock[3 - i]);
  }
  Query search;
  search.type = "CarePlan";
  search.where = leaf(Predicate::Op::kEquals, tokenRow("status", "", "3"));
  EXPECT_EQ(find(search), std::vector<std::string>{"a"});
  search.where = leaf(Predicate::Op::kEquals, tokenRow("status", "", "0"));
  EXPECT_TRUE(find(search).empty());
}

// A page of "a" whose next one has "b", which is replaced by a clock that is ahead of the one that
// writes afterwards; then that next page.
Result<SearchPage> pageAfterAClockAhead(Store& store, std::int64_t ahead) {
  const auto write = [&](const std::string& id, std::uint64_t version, std::int64_t time) {
    Put one = makePut("CarePlan", id, version);
    one.last_updated = {time};
    one.index = {tokenRow("status", "", "active")};
    EXPECT_TRUE(store.transact([&](Transaction& transaction) { return transaction.put(one); }));
  };
  write("a", 1, StoreContract::kStart);
  write("b", 1, StoreContract::kStart);
  Query query;
  query.type = "CarePlan";
  query.where = leaf(Predicate::Op::kEquals, tokenRow("status", "", "active"));
  query.count = 1;
  query.cursor = store.snapshot().value()->search(query)->next;
  EXPECT_TRUE(query.cursor);
  write("b", 2, StoreContract::kStart + ahead);
  write("c", 1, StoreContract::kStart);
  return store.snapshot().value()->search(query);
}

TEST_P(StoreContract, AClockThatIsSecondsAheadEndsNoPage) {
  const auto page = pageAfterAClockAhead(store(), 2'000'000);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->matches.at(0).version, 1U);
}

TEST_P(StoreContract, AClockThatIsFarAheadKeepsNoOldIndexRows) {
  const auto page = pageAfterAClockAhead(store(), 7'200'000'000);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kGone);
}

TEST_P(StoreContract, ManyProgramsMayOpenANewStoreAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("planbro-new-" + GetParam().name + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      auto store = GetParam().open(folder);
      ASSERT_TRUE(store) << store.error().message;
      EXPECT_TRUE((*store)->transact([&](Transaction& transaction) {
        return transaction.put(makePut("Patient", std::to_string(i), 1));
      }));
      ++opened;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 6);
  {
    auto store = GetParam().open(folder);
    EXPECT_EQ((*store)->snapshot().value()->changesAfter(0, 100)->size(), 6U);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace planbro::store
