#include "store/recent_changes.h"

#include <gtest/gtest.h>

namespace planbro::store {
namespace {

bool mayHaveChanged(const RecentChanges& changes, std::uint64_t sequence, std::string address) {
  return changes.mayHaveChanged(sequence, std::vector<std::string>{std::move(address)});
}

TEST(RecentChanges, TellWhatHasChangedSinceAMoment) {
  RecentChanges changes;
  changes.beginAfter(10);
  changes.add("Goal", "a");  // 11
  changes.add("Task", "b");  // 12
  EXPECT_EQ(changes.newest(), 12);
  EXPECT_TRUE(mayHaveChanged(changes, 10, "Goal/a"));
  EXPECT_FALSE(mayHaveChanged(changes, 11, "Goal/a"));
  EXPECT_TRUE(mayHaveChanged(changes, 11, "Task/b"));
  EXPECT_FALSE(mayHaveChanged(changes, 10, "Task/a"));
  EXPECT_FALSE(mayHaveChanged(changes, 12, "Task/b"));
  EXPECT_TRUE(changes.mayHaveChanged(10, std::vector<std::string>{"Task/a", "Task/b"}));
}

TEST(RecentChanges, KnowNothingOfWhatWasBefore) {
  RecentChanges changes;
  EXPECT_FALSE(mayHaveChanged(changes, 0, "Goal/a"));  // an empty store
  changes.beginAfter(10);
  EXPECT_TRUE(mayHaveChanged(changes, 9, "Goal/a"));
  EXPECT_FALSE(changes.mayHaveChanged(9, {}));  // nothing was asked for
}

TEST(RecentChanges, ForgetWhatIsUndone) {
  RecentChanges changes;
  changes.beginAfter(10);
  changes.add("Goal", "a");
  changes.add("Goal", "b");
  changes.backTo(11);
  EXPECT_EQ(changes.newest(), 11);
  changes.add("Goal", "c");
  EXPECT_TRUE(mayHaveChanged(changes, 10, "Goal/a"));
  EXPECT_FALSE(mayHaveChanged(changes, 10, "Goal/b"));
  EXPECT_TRUE(mayHaveChanged(changes, 11, "Goal/c"));
}

TEST(RecentChanges, ForgetTheOldestAndSaySo) {
  RecentChanges changes;
  changes.beginAfter(0);
  for (int i = 0; i < 100'000; ++i) changes.add("Goal", std::to_string(i));
  EXPECT_TRUE(mayHaveChanged(changes, 0, "Task/never"));
  EXPECT_FALSE(mayHaveChanged(changes, 99'990, "Task/never"));
  EXPECT_TRUE(mayHaveChanged(changes, 99'990, "Goal/99995"));
}

}  // namespace
}  // namespace planbro::store
