// Invariants a second: the 20 of bench/fhirpath/invariants.tsv on a Patient and a CarePlan, each
// compiled once. PLANBRO_BENCH_PATIENT and PLANBRO_BENCH_CAREPLAN name other files to measure on.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>

#include "allocations.h"
#include "documents.h"
#include "fhir/resource.h"
#include "fhirpath/program.h"

namespace planbro {
namespace {

std::string fileText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const fhir::Resource& resourceOf(std::int64_t which) {
  static const auto read = [](const char* variable, std::string own) {
    const char* path = std::getenv(variable);
    return fhir::readJson(path == nullptr ? std::move(own) : fileText(path)).resource;
  };
  static const fhir::Resource patient = read(
      "PLANBRO_BENCH_PATIENT", fileText(PLANBRO_SOURCE_DIR "/tests/fhirpath/data/patient.json"));
  static const fhir::Resource plan = read("PLANBRO_BENCH_CAREPLAN", bench::carePlan());
  return which == 0 ? patient : plan;
}

const std::vector<fhirpath::ProgramPtr>& invariants() {
  static const auto programs = [] {
    std::vector<fhirpath::ProgramPtr> compiled;
    std::ifstream in(PLANBRO_SOURCE_DIR "/bench/fhirpath/invariants.tsv");
    for (std::string line; std::getline(in, line);) {
      const std::size_t tab = line.find('\t');
      if (line.starts_with('#') || tab == std::string::npos) continue;
      auto program = fhirpath::compile(line.substr(tab + 1));
      if (program) compiled.push_back(*program);
    }
    return compiled;
  }();
  return programs;
}

void Invariants(benchmark::State& state) {
  const fhir::Resource& resource = resourceOf(state.range(0));
  const auto& programs = invariants();
  if (!resource || programs.size() != 20) {
    state.SkipWithError("an input or an invariant is missing");
    return;
  }
  const std::size_t before = bench::allocationsSoFar();
  for (auto _ : state) {
    fhirpath::Scratch scratch;
    const fhirpath::Environment environment(scratch, resource.root());
    for (const auto& program : programs) {
      const auto holds = fhirpath::test(*program, resource.root(), environment);
      benchmark::DoNotOptimize(holds.has_value() && *holds);
    }
  }
  const double evaluations = static_cast<double>(state.iterations()) * 20;
  state.SetItemsProcessed(static_cast<std::int64_t>(evaluations));
  state.counters["allocations"] =
      static_cast<double>(bench::allocationsSoFar() - before) / evaluations;
  state.SetLabel(state.range(0) == 0 ? "Patient" : "CarePlan");
}
BENCHMARK(Invariants)->Arg(0)->Arg(1);

void Compile(benchmark::State& state) {
  for (auto _ : state) {
    auto program = fhirpath::compile("name.where(use = 'official').given.first().startsWith('K')");
    benchmark::DoNotOptimize(program.has_value());
  }
}
BENCHMARK(Compile);

}  // namespace
}  // namespace planbro
