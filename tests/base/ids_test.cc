#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

namespace planbro {
namespace {

TEST(Ids, ANameAlwaysHasTheSameUuid) {
  EXPECT_EQ(nameUuid("urn:example"), "e7be7e85-ce8b-5edb-b6d4-340e58c30ba7");
  EXPECT_EQ(nameUuid("urn:example"), nameUuid("urn:example"));
  EXPECT_NE(nameUuid("a"), nameUuid("b"));
}

TEST(Ids, TimeOrderedIdsAreVersion7UuidsOfTheirMillisecond) {
  const FakeClock clock({0x0001'9ABC'DEF0 * std::int64_t{1000}});
  TimeOrderedIds ids(clock);
  const std::string id = ids.next();
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id.substr(0, 15), "00019abc-def0-7");
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(Ids, TimeOrderedIdsRiseWithinAMillisecondAndWhenTheClockGoesBack) {
  FakeClock clock({5'000'000});
  TimeOrderedIds ids(clock);
  std::string last = ids.next();
  for (int i = 0; i < 5000; ++i) {
    if (i == 2500) clock.set({1'000'000});
    const std::string next = ids.next();
    ASSERT_LT(last, next);
    last = next;
  }
}

TEST(Ids, TimeOrderedIdsAreRandomBehindTheirTime) {
  const FakeClock clock({5'000'000});
  TimeOrderedIds ids(clock);
  std::set<std::string> ends;
  const auto draw = [&] {
    for (int i = 0; i < 1000; ++i) ends.insert(ids.next().substr(20));
  };
  draw();
  std::thread(draw).join();  // random bytes are kept by each thread
  EXPECT_EQ(ends.size(), 2000U);
}

}  // namespace
}  // namespace planbro
