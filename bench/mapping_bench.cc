// Plans through compiled maps: a journal export to IndividualPlan, and on to the transaction
// Bundle.
//
// The typical plan has 31 resources (44 KB as a Bundle), the large one 55 (84 KB).
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>

#include "fhir/canonical_base.h"
#include "mapping/engine.h"

namespace {

namespace fs = std::filesystem;
using namespace planbro;

constexpr const char* kPlans[] = {"verge-og-tolk", "mann-22-cerebral-parese"};
constexpr const char* kNames[] = {"typical", "large"};

fs::path planFolder(const benchmark::State& state) {
  return fs::path(PLANBRO_SOURCE_DIR) / "fixtures/plans" / kPlans[state.range(0)];
}

const mapping::MapLibrary& library() {
  static const auto loaded = mapping::MapLibrary::load({});
  return *loaded->library;
}

mapping::SourceRecord record(const char* source, const fs::path& path) {
  auto reader = mapping::openSource(*library().findSource(source), {path}, library().definitions());
  return std::move(*(*reader)->next());
}

void BM_CsvToPlanWithReading(benchmark::State& state) {
  const std::string map = library().findSource("csv-plan")->map;
  for (auto _ : state) {
    const mapping::SourceRecord one = record("csv-plan", planFolder(state) / "csv");
    auto outcome = library().transform(map, {one.document, one.root, one.places});
    if (outcome.document == nullptr) state.SkipWithError("the plan was not mapped");
    benchmark::DoNotOptimize(outcome);
  }
  state.SetLabel(kNames[state.range(0)]);
}
BENCHMARK(BM_CsvToPlanWithReading)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void BM_CsvToPlan(benchmark::State& state) {
  const mapping::SourceRecord one = record("csv-plan", planFolder(state) / "csv");
  const std::string map = library().findSource("csv-plan")->map;
  for (auto _ : state)
    benchmark::DoNotOptimize(library().transform(map, {one.document, one.root, one.places}));
  state.SetLabel(kNames[state.range(0)]);
}
BENCHMARK(BM_CsvToPlan)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void BM_PlanToBundle(benchmark::State& state) {
  const mapping::SourceRecord one = record("json-plan", planFolder(state) / "export.json");
  const auto plan = library().transform(library().findSource("json-plan")->map,
                                        {one.document, one.root, one.places});
  for (auto _ : state)
    benchmark::DoNotOptimize(library().transform(PLANBRO_CANONICAL_BASE
                                                 "/StructureMap/IndividualPlanToBundle",
                                                 {plan.document, nullptr, nullptr}));
  state.SetLabel(kNames[state.range(0)]);
}
BENCHMARK(BM_PlanToBundle)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void BM_LoadBuiltInLibrary(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(mapping::MapLibrary::load({}));
}
BENCHMARK(BM_LoadBuiltInLibrary)->Unit(benchmark::kMillisecond);

}  // namespace
