// How far the change log reaches: what it has forgotten is told, never passed over.
#include <chrono>
#include <thread>

#include "contract/store_contract.h"
#include "store/log_keeping.h"

namespace planbro::store {
namespace {

std::string sequencesAfter(Store& store, std::uint64_t cursor) {
  auto reader = store.snapshot();
  const auto changes = (*reader)->changesAfter(cursor, 100);
  if (!changes) return changes.error().code == ErrorCode::kGone ? "gone" : changes.error().message;
  std::string out;
  for (const Change& change : *changes) out += std::to_string(change.sequence) + " ";
  return out;
}

TEST_P(StoreContract, ForgottenChangesAreGoneAndTheVersionsStay) {
  put("Patient", "a");
  put("Patient", "a");
  remove("Patient", "a");
  put("Patient", "b");
  put("Patient", "b");
  const Instant third{kStart + 3'000'000};
  const auto range = forgetChangesBefore(store(), third);
  ASSERT_TRUE(range) << range.error().message;
  EXPECT_EQ(range->forgotten, 2U);
  EXPECT_EQ(range->newest, 5U);
  EXPECT_EQ(sequencesAfter(store(), 0), "gone");
  EXPECT_EQ(sequencesAfter(store(), 1), "gone");
  EXPECT_EQ(sequencesAfter(store(), 2), "3 4 5 ");
  EXPECT_EQ(sequencesAfter(store(), 5), "");
  // One that a store knew which has lost its last writes: what is written next would be missed.
  EXPECT_EQ(sequencesAfter(store(), 6), "gone");
  reopen();
  EXPECT_EQ(sequencesAfter(store(), 1), "gone");
  EXPECT_EQ(forgetChangesBefore(store(), {kStart})->forgotten, 2U) << "it never comes back";
  auto reader = store().snapshot();
  EXPECT_TRUE((*reader)->readVersion("Patient", "a", 1));
  EXPECT_EQ((*reader)->history({})->size(), 5U);
  reader->reset();
  EXPECT_TRUE(store().verify());

  EXPECT_EQ(forgetChangesBefore(store(), {kStart + 60'000'000})->forgotten, 5U);
  EXPECT_EQ(sequencesAfter(store(), 5), "");
  put("Patient", "b");
  EXPECT_EQ(sequencesAfter(store(), 5), "6 ");
  EXPECT_TRUE(find({.type = "Patient", .where = {}, .visible = {}, .sort = {}}) ==
              std::vector<std::string>{"b"});
}

TEST_P(StoreContract, TheLogForgetsNoEntryThatIsTooYoungOrNotThere) {
  put("Patient", "a");
  const Status wrong = store().transact([](Transaction& transaction) -> Status {
    EXPECT_EQ(transaction.forgetChanges(2).error().code, ErrorCode::kInvalidArgument);
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("Patient", "old", 1)));
    PLANBRO_RETURN_IF_ERROR(transaction.forgetChanges(2));
    EXPECT_EQ(transaction.logRange()->forgotten, 2U);
    EXPECT_EQ(transaction.changesAfter(1, 10).error().code, ErrorCode::kGone);
    return fail(ErrorCode::kConflict, "no");
  });
  EXPECT_EQ(wrong.error().code, ErrorCode::kConflict);
  EXPECT_EQ(sequencesAfter(store(), 0), "1 ") << "what is taken back is not forgotten";
  // Its clock went backwards: it is older than the one before it.
  ASSERT_TRUE(store().transact(
      [](Transaction& transaction) { return transaction.put(makePut("Patient", "old", 1)); }));
  EXPECT_EQ(forgetChangesBefore(store(), {kStart + 500'000})->forgotten, 0U);
  EXPECT_EQ(sequencesAfter(store(), 0), "1 2 ");
}

TEST_P(StoreContract, HistoryIsReadForwardAsWell) {
  for (const char* id : {"a", "b", "a", "c", "a"}) put(id[0] == 'b' ? "Goal" : "Patient", id);
  auto reader = store().snapshot();
  const auto ids = [&](const HistoryQuery& query) { return idsAndVersions(**reader, query); };
  HistoryQuery query;
  query.after_sequence = 0;
  EXPECT_EQ(ids(query), "a1 b1 a2 c1 a3 ");
  query.count = 2;
  query.after_sequence = 1;
  EXPECT_EQ(ids(query), "b1 a2 ");
  query.type = "Patient";
  EXPECT_EQ(ids(query), "a2 c1 ");
  query.since = Instant{kStart + 4'000'000};
  EXPECT_EQ(ids(query), "c1 a3 ");
  query.id = "a";
  EXPECT_EQ(ids(query), "a3 ");
  query.after_sequence = ~std::uint64_t{0};
  EXPECT_EQ(ids(query), "");
}

TEST_P(StoreContract, AKeeperForgetsWhatHasGrownOldAgainAndAgain) {
  const auto soon = [&](std::uint64_t forgotten) {
    while (store().snapshot().value()->logRange()->forgotten < forgotten) std::this_thread::yield();
    return store().snapshot().value()->logRange()->forgotten;
  };
  put("Patient", "a");
  put("Patient", "b");
  FakeClock clock({kStart + 11'000'000});
  const LogKeeper keeper(store(), clock, std::chrono::seconds(10), std::chrono::milliseconds(1));
  put("Patient", "c");
  EXPECT_EQ(sequencesAfter(store(), 2), "3 ");
  clock.advanceMicros(1'000'000);
  EXPECT_EQ(soon(1), 1U);
  clock.advanceMicros(1'000'000);
  EXPECT_EQ(soon(2), 2U);
  EXPECT_EQ(sequencesAfter(store(), 2), "3 ");
}

}  // namespace
}  // namespace planbro::store
