// A whole plan through compiled maps: export to IndividualPlan, and on to the transaction Bundle.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "fhir/canonical_base.h"
#include "mapping/engine.h"

namespace {

namespace fs = std::filesystem;
using namespace planbro;

const fs::path kPlan = fs::path(PLANBRO_SOURCE_DIR) / "fixtures/plans/mann-22-cerebral-parese";

const mapping::MapLibrary& library() {
  static const auto loaded = mapping::MapLibrary::load({});
  return *loaded->library;
}

mapping::SourceRecord record(const char* source, const fs::path& path) {
  auto reader = mapping::openSource(*library().findSource(source), {path}, library().definitions());
  return std::move(*(*reader)->next());
}

void readAndMap(benchmark::State& state, const char* source, const fs::path& path) {
  const std::string map = library().findSource(source)->map;
  for (auto _ : state) {
    const mapping::SourceRecord one = record(source, path);
    auto outcome = library().transform(map, {one.document, one.root, one.places});
    if (outcome.document == nullptr) state.SkipWithError("the plan was not mapped");
    benchmark::DoNotOptimize(outcome);
  }
}

void BM_CsvToPlanWithReading(benchmark::State& state) {
  readAndMap(state, "csv-plan", kPlan / "csv");
}
BENCHMARK(BM_CsvToPlanWithReading)->Unit(benchmark::kMicrosecond);

void BM_CsvToPlan(benchmark::State& state) {
  const mapping::SourceRecord one = record("csv-plan", kPlan / "csv");
  const std::string map = library().findSource("csv-plan")->map;
  for (auto _ : state)
    benchmark::DoNotOptimize(library().transform(map, {one.document, one.root, one.places}));
}
BENCHMARK(BM_CsvToPlan)->Unit(benchmark::kMicrosecond);

void BM_PlanToBundle(benchmark::State& state) {
  const mapping::SourceRecord one = record("json-plan", kPlan / "export.json");
  const auto plan = library().transform(library().findSource("json-plan")->map,
                                        {one.document, one.root, one.places});
  for (auto _ : state)
    benchmark::DoNotOptimize(library().transform(PLANBRO_CANONICAL_BASE
                                                 "/StructureMap/IndividualPlanToBundle",
                                                 {plan.document, nullptr, nullptr}));
}
BENCHMARK(BM_PlanToBundle)->Unit(benchmark::kMicrosecond);

void BM_LoadBuiltInLibrary(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(mapping::MapLibrary::load({}));
}
BENCHMARK(BM_LoadBuiltInLibrary)->Unit(benchmark::kMillisecond);

}  // namespace
