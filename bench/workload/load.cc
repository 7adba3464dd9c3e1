#include "load.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "worker.h"

namespace planbro::bench {
namespace {

using Steady = std::chrono::steady_clock;

void add(Measured& all, Measured&& one) {
  for (std::size_t verb = 0; verb < kVerbs; ++verb)
    all.times[verb].insert(all.times[verb].end(), one.times[verb].begin(), one.times[verb].end());
  for (std::size_t query = 0; query < one.queries.size(); ++query)
    all.queries[query].insert(all.queries[query].end(), one.queries[query].begin(),
                              one.queries[query].end());
  for (auto& [what, failure] : one.failures) {
    Failure& sum = all.failures[what];
    if (sum.count == 0) sum.example = std::move(failure.example);
    sum.count += failure.count;
  }
}

}  // namespace

std::string_view nameOf(Load load) {
  constexpr std::array<std::string_view, 3> kNames = {"crud", "search", "mixed"};
  return kNames[static_cast<std::size_t>(load)];
}

std::vector<const Query*> usableQueries(const Suite& suite, const Pools& pools) {
  std::vector<const Query*> usable;
  for (const Query& query : suite.queries) {
    bool filled = true;
    for (const auto& [variable, pool] : query.pools) filled &= pools.size(pool) > 0;
    if (filled) usable.push_back(&query);
  }
  return usable;
}

Measured drive(Load load, const LoadOptions& options, const Suite& suite, Pools& pools) {
  const std::vector<const Query*> queries = usableQueries(suite, pools);
  Measured all;
  all.queries.resize(queries.size());
  std::mutex mutex;
  const auto begin = Steady::now() + std::chrono::seconds(options.warm_up);
  const auto end = begin + std::chrono::seconds(options.seconds);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.workers; ++i) {
    threads.emplace_back([&, i] {
      Worker worker(options, suite, pools, queries, options.seed * 1'000'003 + i);
      for (auto now = Steady::now(); now < end; now = Steady::now())
        worker.step(load, now >= begin);
      const std::lock_guard lock(mutex);
      add(all, std::move(worker).take());
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  return all;
}

Status prepare(unsigned patients, const LoadOptions& options, const Suite& suite) {
  constexpr unsigned kOthersEach = 2;
  Pools pools;
  const std::vector<const Query*> queries;
  std::atomic<unsigned> next = 0;
  std::mutex mutex;
  std::string refused;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.workers; ++i) {
    threads.emplace_back([&, i] {
      Worker worker(options, suite, pools, queries, options.seed * 1'000'033 + i);
      const auto create = [&](const std::string& type, const std::string& patient) {
        auto id = worker.create(type, patient);
        if (id.has_value()) return *id;
        const std::lock_guard lock(mutex);
        refused = fmt::format("Create of {} answered {}: {}", type, worker.status(), worker.said());
        return std::string();
      };
      while (next++ < patients) {
        const std::string patient = create("Patient", "");
        for (unsigned other = 0; other < kOthersEach; ++other) {
          const std::string& type = worker.anyType();
          if (type != "Patient") create(type, patient);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (!refused.empty()) return fail(ErrorCode::kUnavailable, refused);
  return {};
}

}  // namespace planbro::bench
