// Validation, warm, on one core: a CarePlan and a 1 MB Bundle, and the official examples where they
// are at hand (PLANBRO_EXAMPLES names their folder). Cold: a context made, one resource validated.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "documents.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "validation/validator.h"

namespace planbro {
namespace {

const validation::ValidationContext& context() {
  static const validation::ValidationContext shared(std::make_shared<const fhir::Registry>());
  return shared;
}

void count(benchmark::State& state, std::size_t resources) {
  state.counters["resources/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(resources),
                         benchmark::Counter::kIsRate);
}

void ValidateCarePlan(benchmark::State& state) {
  const auto read = fhir::readJson(bench::carePlan());
  for (auto _ : state) benchmark::DoNotOptimize(context().validate(read.resource).size());
  count(state, 1);
}
BENCHMARK(ValidateCarePlan);

void ValidateLargeBundle(benchmark::State& state) {
  const auto read = fhir::readJson(bench::largeBundle());
  for (auto _ : state) benchmark::DoNotOptimize(context().validate(read.resource).size());
  count(state, 165);
}
BENCHMARK(ValidateLargeBundle);

void ValidateExamples(benchmark::State& state) {
  const char* folder = std::getenv("PLANBRO_EXAMPLES");
  std::vector<fhir::Resource> examples;
  if (folder != nullptr) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".json") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      auto read = fhir::readJson({std::istreambuf_iterator<char>(file), {}});
      if (read.resource) examples.push_back(std::move(read.resource));
    }
  }
  if (examples.empty()) {
    state.SkipWithError("PLANBRO_EXAMPLES names no folder with examples");
    return;
  }
  for (const fhir::Resource& example : examples) context().validate(example);
  for (auto _ : state) {
    for (const fhir::Resource& example : examples)
      benchmark::DoNotOptimize(context().validate(example).size());
  }
  std::size_t flagged = 0;
  for (const fhir::Resource& example : examples) {
    const auto issues = context().validate(example);
    flagged += std::ranges::any_of(issues, [](const fhir::Issue& issue) {
      return issue.severity == fhir::Severity::kError || issue.severity == fhir::Severity::kFatal;
    });
  }
  count(state, examples.size());
  state.counters["flagged"] = static_cast<double>(flagged);
}
BENCHMARK(ValidateExamples)->Unit(benchmark::kMillisecond);

void ColdStart(benchmark::State& state) {
  const auto read = fhir::readJson(bench::carePlan());
  for (auto _ : state) {
    const validation::ValidationContext fresh(std::make_shared<const fhir::Registry>());
    benchmark::DoNotOptimize(fresh.validate(read.resource).size());
  }
}
BENCHMARK(ColdStart)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace planbro
