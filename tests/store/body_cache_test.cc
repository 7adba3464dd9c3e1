#include "store/sqlite/body_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "store/sqlite/sqlite_store.h"
#include "support/scratch_folder.h"

namespace planbro::store::sqlite {
namespace {

void keep(BodyCache& cache, std::int64_t sequence, const std::string& body) {
  cache.offer(sequence, body);
  cache.offer(sequence, body);
}

TEST(BodyCache, KeepsWhatIsAskedForAgain) {
  BodyCache cache(1000);
  EXPECT_EQ(cache.find(1), nullptr);
  cache.offer(1, "one");
  EXPECT_EQ(cache.find(1), nullptr);  // it may never be asked for again
  cache.offer(1, "one");
  ASSERT_NE(cache.find(1), nullptr);
  EXPECT_EQ(*cache.find(1), "one");
}

TEST(BodyCache, LetsGoWhatWasNotAskedForTheLongestTime) {
  BodyCache cache(1000);
  const std::string body(100, 'x');
  for (int i = 0; i < 10; ++i) keep(cache, i, body);
  EXPECT_NE(cache.find(0), nullptr);
  keep(cache, 10, body);
  EXPECT_NE(cache.find(0), nullptr);
  EXPECT_EQ(cache.find(1), nullptr);
  EXPECT_NE(cache.find(10), nullptr);
}

TEST(BodyCache, DoesNotKeepWhatWouldTakeMuchOfItsPlace) {
  BodyCache cache(1000);
  keep(cache, 1, "one");
  keep(cache, 2, std::string(500, 'x'));
  EXPECT_EQ(cache.find(2), nullptr);
  EXPECT_NE(cache.find(1), nullptr);
  BodyCache none(0);
  keep(none, 1, "one");
  EXPECT_EQ(none.find(1), nullptr);
}

TEST(BodyCache, IsForManyThreads) {
  BodyCache cache(2000);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        const std::int64_t sequence = i % 50;
        const std::string body(100, static_cast<char>('0' + sequence));
        if (const auto found = cache.find(sequence); found != nullptr && *found != body) ++wrong;
        cache.offer(sequence, body);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// Sequences of a transaction that is undone are given again.
TEST(BodyCache, HoldsNothingOfWhatWasUndone) {
  const testing_support::ScratchFolder scratch{"bodies"};
  SqliteOptions options;
  options.path = scratch.path() / "store.sqlite";
  const auto store = openSqlite(options);
  ASSERT_TRUE(store);
  const auto putOf = [](std::string body) {
    Put put;
    put.type = "Goal";
    put.id = "g";
    put.version = 1;
    put.body = std::move(body);
    return put;
  };
  const Status undone = (*store)->transact([&](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(putOf("undone")));
    EXPECT_EQ(transaction.read("Goal", "g")->body, "undone");
    return fail(ErrorCode::kConflict, "no");
  });
  EXPECT_FALSE(undone);
  EXPECT_FALSE((*store)->read("Goal", "g"));
  ASSERT_TRUE(
      (*store)->transact([&](Transaction& transaction) { return transaction.put(putOf("kept")); }));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*store)->read("Goal", "g")->body, "kept");
    EXPECT_EQ((*store)->readVersion("Goal", "g", 1)->body, "kept");
  }
}

}  // namespace
}  // namespace planbro::store::sqlite
