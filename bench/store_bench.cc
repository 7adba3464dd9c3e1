// The store as an import and as clients use it: durable writes, reads, searches.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "documents.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "search/search_request.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::bench {
namespace {

const search::Parameters& parameters() {
  static const auto compiled = [] {
    static const fhir::Registry registry;
    std::vector<fhir::Issue> issues;
    return search::Parameters::compile(registry, issues);
  }();
  return *compiled;
}

// A SQLite file, or a schema of its own in the PostgreSQL database that PLANBRO_BENCH_POSTGRES
// names.
struct ScratchStore {
  ScratchStore() {
    if (const char* address = std::getenv("PLANBRO_BENCH_POSTGRES")) {
      static int next = 0;
      store::PostgresOptions options;
      options.address = address;
      options.schema = "bench_" + std::to_string(::getpid()) + "_" + std::to_string(next++);
      store = std::move(*store::openPostgres(options));
      return;
    }
    std::string name = (std::filesystem::temp_directory_path() / "planbro-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder = name;
    store::SqliteOptions options;
    options.path = folder / "store.db";
    store = std::move(*store::openSqlite(options));
  }
  ~ScratchStore() {
    store.reset();
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }
  std::filesystem::path folder;
  std::unique_ptr<store::Store> store;
};

store::Put planPut(int number) {
  const auto read = fhir::readJson(carePlan(number));
  store::Put put;
  put.type = "CarePlan";
  put.id = "plan-" + std::to_string(number);
  put.version = 1;
  put.last_updated = {1'767'225'600'000'000 + number};
  put.body = read.resource.document()->source();
  put.index = parameters().extract(read.resource.root());
  return put;
}

void BM_CompileParameters(benchmark::State& state) {
  for (auto _ : state) {
    const fhir::Registry registry;
    std::vector<fhir::Issue> issues;
    benchmark::DoNotOptimize(search::Parameters::compile(registry, issues));
  }
}
BENCHMARK(BM_CompileParameters)->Unit(benchmark::kMillisecond);

void BM_ExtractIndexRows(benchmark::State& state) {
  const auto read = fhir::readJson(carePlan());
  for (auto _ : state) benchmark::DoNotOptimize(parameters().extract(read.resource.root()));
}
BENCHMARK(BM_ExtractIndexRows)->Unit(benchmark::kMicrosecond);

// Plans a transaction, each with its index rows; every transaction is on disk when it returns.
void BM_WritePlans(benchmark::State& state) {
  ScratchStore scratch;
  int number = 0;
  std::vector<store::Put> puts;
  for (auto _ : state) {
    state.PauseTiming();
    puts.clear();
    for (int i = 0; i < state.range(0); ++i) puts.push_back(planPut(++number));
    state.ResumeTiming();
    const Status status = scratch.store->transact([&](store::Transaction& transaction) -> Status {
      for (const store::Put& put : puts) PLANBRO_RETURN_IF_ERROR(transaction.put(put));
      return {};
    });
    if (!status) state.SkipWithError(status.error().message.c_str());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_WritePlans)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

std::unique_ptr<ScratchStore> shared;
std::atomic<int> shared_number{0};

// Many clients, each with one plan a transaction: what group commit is for.
void BM_WritePlansByClients(benchmark::State& state) {
  if (state.thread_index() == 0) shared = std::make_unique<ScratchStore>();
  const store::Put model = planPut(0);
  for (auto _ : state) {
    store::Put put = model;
    put.id = "c" + std::to_string(++shared_number);
    const Status status = shared->store->transact(
        [&](store::Transaction& transaction) { return transaction.put(put); });
    if (!status) state.SkipWithError(status.error().message.c_str());
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shared.reset();
}
BENCHMARK(BM_WritePlansByClients)->Threads(8)->Threads(32)->Threads(128)->UseRealTime();

// 20,000 plans of 2,000 persons.
store::Store& filled() {
  static const ScratchStore scratch;
  static const bool once = [] {
    constexpr int kPlans = 20000;
    store::Put put = planPut(0);
    for (int begin = 0; begin < kPlans; begin += 1000) {
      (void)scratch.store->transact([&](store::Transaction& transaction) -> Status {
        for (int i = begin; i < begin + 1000; ++i) {
          store::Put one = put;
          one.id = "plan-" + std::to_string(i);
          for (store::IndexRow& row : one.index) {
            if (row.parameter == "subject" || row.parameter == "patient")
              row.value = std::to_string(i % 2000);
          }
          PLANBRO_RETURN_IF_ERROR(transaction.put(one));
        }
        return {};
      });
    }
    return true;
  }();
  benchmark::DoNotOptimize(once);
  return *scratch.store;
}

void BM_ReadById(benchmark::State& state) {
  store::Store& store = filled();
  int number = 0;
  for (auto _ : state) {
    auto reader = store.snapshot();
    number = (number + 7919) % 20000;
    benchmark::DoNotOptimize((*reader)->read("CarePlan", "plan-" + std::to_string(number)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ReadById);

void searchFor(benchmark::State& state,
               const std::vector<std::pair<std::string, std::string>>& asked) {
  store::Store& store = filled();
  search::SearchContext context;
  context.type = "CarePlan";
  for (auto _ : state) {
    const auto request = search::parseQuery(parameters(), context, asked);
    auto reader = store.snapshot();
    auto page = (*reader)->search(request->query);
    if (!page) state.SkipWithError(page.error().message.c_str());
    if (page && page->matches.empty()) state.SkipWithError("nothing found");
    benchmark::DoNotOptimize(page);
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_SearchBySubject(benchmark::State& state) {
  searchFor(state, {{"subject", "Patient/77"}, {"status", "active"}});
}
BENCHMARK(BM_SearchBySubject)->Unit(benchmark::kMicrosecond);

void BM_SearchByStatusFirstPage(benchmark::State& state) {
  searchFor(state, {{"status", "active"}, {"_total", "none"}});
}
BENCHMARK(BM_SearchByStatusFirstPage)->Unit(benchmark::kMicrosecond);

void BM_SearchByStatusWithTotal(benchmark::State& state) {
  searchFor(state, {{"status", "active"}});
}
BENCHMARK(BM_SearchByStatusWithTotal)->Unit(benchmark::kMicrosecond);

void BM_SearchSortedByDate(benchmark::State& state) {
  searchFor(state, {{"status", "active"}, {"_sort", "-date"}, {"_total", "none"}});
}
BENCHMARK(BM_SearchSortedByDate)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace planbro::bench
