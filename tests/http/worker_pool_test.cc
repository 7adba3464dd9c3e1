#include "http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace planbro::http {
namespace {

constexpr std::chrono::seconds kLong{20};  // only a failure waits so long

// The pool is made last in every test: it ends its threads before what they refer to goes.

TEST(WorkerPool, LetsOtherWorkGoOnWhileOneWaits) {
  std::promise<void> other;
  std::promise<bool> went_on;
  WorkerPool pool(1, 8);
  EXPECT_TRUE(pool.submit([&] {
    const Blocked blocked;
    went_on.set_value(other.get_future().wait_for(kLong) == std::future_status::ready);
  }));
  EXPECT_TRUE(pool.submit([&] { other.set_value(); }));
  EXPECT_TRUE(went_on.get_future().get());
}

TEST(WorkerPool, MakesThreadsForWhatWaitsUpToItsLimit) {
  std::promise<void> open;
  const std::shared_future<void> door = open.get_future().share();
  std::atomic<std::size_t> waiting = 0;
  std::atomic<bool> began = false;
  std::promise<void> all;
  std::promise<void> last;
  const std::size_t most = 1 + WorkerPool::kMostBlocked;
  WorkerPool pool(1, 1000);
  for (std::size_t i = 0; i < most; ++i) {
    EXPECT_TRUE(pool.submit([&, door] {
      const Blocked blocked;
      if (++waiting == most) all.set_value();
      door.wait();
    }));
  }
  ASSERT_EQ(all.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_TRUE(pool.submit([&] {
    began = true;
    last.set_value();
  }));
  EXPECT_FALSE(began);  // every thread waits, and no more are made
  open.set_value();
  EXPECT_EQ(last.get_future().wait_for(kLong), std::future_status::ready);
}

TEST(WorkerPool, RunsNoMoreThanItsWorkersAtOnce) {
  constexpr unsigned kWorkers = 2;
  std::atomic<unsigned> running = 0;
  std::atomic<unsigned> most = 0;
  std::atomic<unsigned> done = 0;
  std::promise<void> all;
  constexpr unsigned kWorks = 200;
  WorkerPool pool(kWorkers, 1000);
  for (unsigned i = 0; i < kWorks; ++i) {
    EXPECT_TRUE(pool.submit([&] {
      const unsigned now = ++running;
      unsigned before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      std::this_thread::yield();
      --running;
      if (++done == kWorks) all.set_value();
    }));
  }
  ASSERT_EQ(all.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_LE(most, kWorkers);
}

// Many that have waited come back at once: no more of them run than there are workers.
TEST(WorkerPool, WhatHasWaitedGoesOnWhenThereIsRoom) {
  constexpr unsigned kWorkers = 2;
  constexpr unsigned kWorks = 40;
  std::mutex mutex;
  std::vector<Parking*> parked;
  std::promise<void> all_parked;
  std::atomic<unsigned> running = 0;
  std::atomic<unsigned> most = 0;
  std::atomic<unsigned> done = 0;
  std::promise<void> all;
  WorkerPool pool(kWorkers, 1000);
  for (unsigned i = 0; i < kWorks; ++i) {
    EXPECT_TRUE(pool.submit([&] {
      Parking parking;
      {
        const std::lock_guard lock(mutex);
        parked.push_back(&parking);
        if (parked.size() == kWorks) all_parked.set_value();
      }
      parking.park();
      const unsigned now = ++running;
      unsigned before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --running;
      if (++done == kWorks) all.set_value();
    }));
  }
  ASSERT_EQ(all_parked.get_future().wait_for(kLong), std::future_status::ready);
  for (Parking* one : parked) one->unpark();
  ASSERT_EQ(all.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_LE(most, kWorkers);
}

TEST(WorkerPool, NewWorkDoesNotKeepOutWhatHasWaited) {
  std::promise<Parking*> waiting;
  std::promise<void> went_on;
  std::atomic<bool> stop = false;
  std::function<void()> more;
  WorkerPool pool(1, 1000);
  EXPECT_TRUE(pool.submit([&] {
    Parking parking;
    waiting.set_value(&parking);
    parking.park();
    went_on.set_value();
  }));
  Parking* const parking = waiting.get_future().get();
  // There is always more in the queue.
  more = [&] {
    if (!stop) pool.submit(more);
  };
  EXPECT_TRUE(pool.submit(more));
  EXPECT_TRUE(pool.submit(more));
  parking->unpark();
  EXPECT_EQ(went_on.get_future().wait_for(kLong), std::future_status::ready);
  stop = true;
}

TEST(WorkerPool, StopsAlsoWhileWorkWaits) {
  std::promise<Parking*> waiting;
  std::atomic<bool> went_on = false;
  std::thread other;
  {
    WorkerPool pool(1, 8);
    EXPECT_TRUE(pool.submit([&] {
      Parking parking;
      waiting.set_value(&parking);
      parking.park();
      went_on = true;
    }));
    Parking* const parking = waiting.get_future().get();
    other = std::thread([parking] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      parking->unpark();
    });
  }
  EXPECT_TRUE(went_on);
  other.join();
}

TEST(Parking, OfAThreadWithoutAPoolGoesOnAtOnce) {
  Parking parking;
  std::thread other([&] { parking.unpark(); });
  parking.park();
  other.join();
  const Blocked blocked;
}

TEST(WorkerPool, RefusesWhatFindsNeitherWorkerNorPlace) {
  std::promise<void> open;
  std::promise<void> began;
  WorkerPool pool(1, 0);
  EXPECT_TRUE(pool.submit([&] {
    began.set_value();
    open.get_future().wait();
  }));
  began.get_future().wait();
  EXPECT_FALSE(pool.submit([] {}));
  open.set_value();
}

}  // namespace
}  // namespace planbro::http
