#include "contract/store_history.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/linearizability.h"

namespace planbro::store {

StoreHistory::StoreHistory() {
  folder_ =
      std::filesystem::path(testing::TempDir()) / ("planbro-history-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
}

StoreHistory::~StoreHistory() { std::filesystem::remove_all(folder_); }

namespace {

using testing_support::LinearizabilityCheck;
using testing_support::RegisterOperation;
using Kind = RegisterOperation::Kind;

constexpr int kProcesses = 3;
constexpr int kThreads = 3;
constexpr int kKills = 12;
constexpr std::array<const char*, 3> kRegisters{"x", "y", "z"};

// What a process tells of one operation, before and after: small enough to be written in one piece.
struct Record {
  std::int64_t operation = 0;  // the value that a swap writes; of a read as unique
  std::int32_t place = 0;      // of the register
  bool swap = false;
  bool ended = false;
  std::int64_t time = 0;
  std::int64_t seen = 0;
};
static_assert(sizeof(Record) <= 512, "written to a pipe in one piece");

// The same clock for all processes of the machine.
std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

std::int64_t valueOf(const Result<Version>& version) {
  return version ? std::stoll(version->body) : 0;
}

// The register's value; nothing where the store did not answer.
std::optional<std::int64_t> readRegister(Store& store, const char* id) {
  auto reader = store.snapshot();
  if (!reader) return std::nullopt;
  const auto version = (*reader)->read("Basic", id);
  if (!version && version.error().code != ErrorCode::kNotFound) return std::nullopt;
  return valueOf(version);
}

std::optional<std::int64_t> swapRegister(Store& store, const char* id, std::int64_t value) {
  std::int64_t seen = 0;
  const Status status = store.transact([&](Transaction& transaction) -> Status {
    const auto version = transaction.read("Basic", id);
    if (!version && version.error().code != ErrorCode::kNotFound)
      return std::unexpected(version.error());
    seen = valueOf(version);
    Put put = makePut("Basic", id, version ? version->version + 1 : 1);
    put.body = std::to_string(value);
    return transaction.put(put);
  });
  if (!status) return std::nullopt;
  return seen;
}

void operate(Store& store, int out, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::int64_t i = 1;; ++i) {
    Record record;
    record.operation = static_cast<std::int64_t>(seed) * 1'000'000 + i;
    record.place = static_cast<std::int32_t>(random() % kRegisters.size());
    record.swap = random() % 2 == 0;
    record.time = now();
    if (::write(out, &record, sizeof record) != sizeof record) return;
    const char* id = kRegisters[static_cast<std::size_t>(record.place)];
    const auto seen =
        record.swap ? swapRegister(store, id, record.operation) : readRegister(store, id);
    record.time = now();
    if (!seen) continue;  // it stays without an end
    record.seen = *seen;
    record.ended = true;
    if (::write(out, &record, sizeof record) != sizeof record) return;
  }
}

struct Process {
  pid_t id = -1;
  int out = -1;
  int records_left = 0;  // then it is killed
};

class Killing {
 public:
  Killing(const StoreFactory& factory, const std::filesystem::path& folder)
      : factory_(&factory), folder_(&folder) {}

  // Operations by register.
  std::map<int, std::vector<RegisterOperation>> run() {
    for (Process& process : processes_) begin(process);
    int kills = 0;
    while (kills < kKills) {
      std::array<pollfd, kProcesses> waiting{};
      for (std::size_t i = 0; i < processes_.size(); ++i)
        waiting[i] = {processes_[i].out, POLLIN, 0};
      ::poll(waiting.data(), waiting.size(), -1);
      for (std::size_t i = 0; i < processes_.size(); ++i) {
        if (waiting[i].revents == 0) continue;
        Process& process = processes_[i];
        if (take(process) && --process.records_left > 0) continue;
        end(process);
        ++kills;
        if (kills < kKills) begin(process);
      }
    }
    for (Process& process : processes_) {
      if (process.id > 0) end(process);
    }
    std::map<int, std::vector<RegisterOperation>> by_register;
    for (const auto& [number, entry] : operations_)
      by_register[entry.first].push_back(entry.second);
    return by_register;
  }

 private:
  void begin(Process& process) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const std::uint64_t seed = ++seeds_ * kThreads;
    process.records_left = 20 + static_cast<int>(random_() % 60);
    process.id = ::fork();
    ASSERT_GE(process.id, 0);
    if (process.id == 0) {
      auto store = factory_->open(*folder_);
      if (!store) ::_exit(1);
      std::vector<std::thread> threads;
      for (std::uint64_t thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] { operate(**store, ends[1], seed + thread); });
      for (std::thread& thread : threads) thread.join();
      ::_exit(0);
    }
    ::close(ends[1]);
    process.out = ends[0];
  }

  bool take(Process& process) {
    Record record;
    if (::read(process.out, &record, sizeof record) != sizeof record) return false;
    auto& [place, operation] = operations_[record.operation];
    if (!record.ended) {
      place = record.place;
      operation.kind = record.swap ? Kind::kSwap : Kind::kRead;
      operation.begin = record.time;
      operation.written = record.operation;
    } else {
      operation.seen = record.seen;
      operation.end = record.time;
    }
    return true;
  }

  void end(Process& process) {
    ::kill(process.id, SIGKILL);
    ::waitpid(process.id, nullptr, 0);
    while (take(process)) {
    }
    ::close(process.out);
    process = {};
  }

  const StoreFactory* factory_;
  const std::filesystem::path* folder_;
  std::array<Process, kProcesses> processes_;
  std::map<std::int64_t, std::pair<int, RegisterOperation>> operations_;
  std::uint64_t seeds_ = 0;
  std::mt19937 random_{20260101};
};

TEST_P(StoreHistory, RegistersAreLinearizableThoughProcessesAreKilledAtRandom) {
  // The schema is there before many make it at once: that has a test of its own.
  ASSERT_TRUE(GetParam().open(folder_));
  auto by_register = Killing(GetParam(), folder_).run();
  auto store = GetParam().open(folder_);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE((*store)->verify());
  EXPECT_EQ(by_register.size(), kRegisters.size());
  for (auto& [place, history] : by_register) {
    // What is there in the end counts as well.
    RegisterOperation last;
    last.begin = now();
    last.seen = readRegister(**store, kRegisters[static_cast<std::size_t>(place)]).value_or(-1);
    last.end = now();
    history.push_back(last);
    std::size_t known = 0;
    for (const RegisterOperation& operation : history) {
      if (operation.end != RegisterOperation::kNever) ++known;
    }
    EXPECT_GT(known, 30U);
    EXPECT_TRUE(LinearizabilityCheck(history).holds())
        << kRegisters[static_cast<std::size_t>(place)];
  }
}

RegisterOperation readOf(std::int64_t begin, std::int64_t end, std::int64_t seen) {
  return {Kind::kRead, begin, end, seen, 0};
}

RegisterOperation swapOf(std::int64_t begin, std::int64_t end, std::int64_t seen,
                         std::int64_t written) {
  return {Kind::kSwap, begin, end, seen, written};
}

bool holds(std::vector<RegisterOperation> history) {
  return LinearizabilityCheck(std::move(history)).holds();
}

TEST(Linearizability, WhatARegisterCouldHaveDoneHolds) {
  EXPECT_TRUE(holds({}));
  EXPECT_TRUE(holds({swapOf(1, 5, 0, 7), readOf(2, 3, 0), readOf(4, 6, 7)}));
  // Two at the same time, in the order that fits.
  EXPECT_TRUE(holds({swapOf(1, 9, 8, 7), swapOf(2, 8, 0, 8), readOf(10, 11, 7)}));
  // One of which nobody knows may have taken place or not.
  const auto unknown = swapOf(1, RegisterOperation::kNever, 0, 7);
  EXPECT_TRUE(holds({unknown, readOf(2, 3, 0), readOf(4, 5, 7)}));
  EXPECT_TRUE(holds({unknown, readOf(2, 3, 0)}));
}

TEST(Linearizability, ManyOperationsWithoutAnEndCostNoTime) {
  std::vector<RegisterOperation> history{swapOf(1, 2, 0, 7), readOf(3, 4, 7), readOf(5, 6, 0)};
  for (std::int64_t i = 0; i < 60; ++i)
    history.push_back(swapOf(1, RegisterOperation::kNever, 0, 100 + i));
  for (std::int64_t i = 0; i < 60; ++i) history.push_back(readOf(3, 4, 7));
  EXPECT_FALSE(holds(history));
}

TEST(Linearizability, StaleReadsLostUpdatesAndValuesFromNowhereDoNot) {
  EXPECT_FALSE(holds({swapOf(1, 2, 0, 7), readOf(3, 4, 0)}));
  EXPECT_FALSE(holds({swapOf(1, 4, 0, 7), swapOf(2, 5, 0, 8)}));
  EXPECT_FALSE(holds({readOf(1, 2, 9)}));
  EXPECT_FALSE(holds({swapOf(1, 9, 0, 7), readOf(2, 3, 7), readOf(4, 5, 0)}));
  EXPECT_FALSE(holds({swapOf(4, RegisterOperation::kNever, 0, 7), readOf(1, 2, 7)}));
}

}  // namespace
}  // namespace planbro::store
