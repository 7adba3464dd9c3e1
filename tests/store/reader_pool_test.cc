#include "store/sqlite/reader_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "support/scratch_folder.h"

namespace planbro::store::sqlite {
namespace {

using std::chrono::milliseconds;

class Readers : public testing::Test {
 protected:
  Readers() {
    options_.path = scratch_.path() / "store.sqlite";
    EXPECT_TRUE(openSqlite(options_));
    pool_ = std::make_unique<ReaderPool>(options_, std::make_shared<Dictionaries>());
  }

  const testing_support::ScratchFolder scratch_{"readers"};
  SqliteOptions options_;
  std::unique_ptr<ReaderPool> pool_;
};

TEST_F(Readers, AreKeptOutUntilTheyAreLetInAgain) {
  pool_->giveBack(*pool_->take());
  ASSERT_TRUE(pool_->keepOut(milliseconds(0)));
  std::atomic<bool> taken = false;
  std::thread reader([&] {
    auto session = pool_->take();
    taken = session.has_value();
    if (session) pool_->giveBack(std::move(*session));
  });
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_FALSE(taken);
  pool_->letIn();
  reader.join();
  EXPECT_TRUE(taken);
}

TEST_F(Readers, ThoseThatLeaveInTimeAreWaitedFor) {
  auto session = pool_->take();
  ASSERT_TRUE(session);
  std::thread leaving([&] {
    std::this_thread::sleep_for(milliseconds(20));
    pool_->giveBack(std::move(*session));
  });
  EXPECT_TRUE(pool_->keepOut(std::chrono::seconds(30)));
  leaving.join();
  pool_->letIn();
}

TEST_F(Readers, OneThatStaysKeepsNobodyOutForLong) {
  auto staying = pool_->take();
  ASSERT_TRUE(staying);
  EXPECT_FALSE(pool_->keepOut(milliseconds(5)));
  auto next = pool_->take();
  EXPECT_TRUE(next);
  pool_->giveBack(std::move(*next));
  pool_->giveBack(std::move(*staying));
}

}  // namespace
}  // namespace planbro::store::sqlite
