// Memory of a process that maps one record after the other: it has to stay where it is.
//
//   mapping_memory RECORDS PLAN_FOLDER
//
// Reads the plan's CSV export once, runs it through the compiled maps to IndividualPlan and to the
// Bundle RECORDS times, and prints resident memory and processor time at every tenth.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "fhir/canonical_base.h"
#include "mapping/engine.h"

namespace {

using namespace planbro;

std::uint64_t residentBytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

double processorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int run(std::uint64_t records, const char* folder) {
  const auto loaded = mapping::MapLibrary::load({});
  if (!loaded) return 1;
  const mapping::MapLibrary& library = *loaded->library;
  const mapping::SourceDescriptor& source = *library.findSource("csv-plan");
  auto reader = mapping::openSource(source, {folder}, library.definitions());
  if (!reader) return 1;
  const auto one = (*reader)->next();
  if (!one) return 1;
  const std::uint64_t step = records < 10 ? 1 : records / 10;
  for (std::uint64_t i = 1; i <= records; ++i) {
    const auto plan = library.transform(source.map, {one->document, one->root, one->places});
    if (plan.document == nullptr) return 1;
    const auto bundle =
        library.transform(PLANBRO_CANONICAL_BASE "/StructureMap/IndividualPlanToBundle",
                          {plan.document, nullptr, nullptr});
    if (bundle.document == nullptr) return 1;
    if (i % step == 0 || i == 1)
      fmt::print("{:>9} records  {:>7.1f} MiB  {:>8.1f} s\n", i,
                 static_cast<double>(residentBytes()) / (1024 * 1024), processorSeconds());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t records = 0;
  const std::string_view text = argc == 3 ? argv[1] : "";
  if (std::from_chars(text.data(), text.data() + text.size(), records).ec != std::errc()) {
    fmt::print(stderr, "usage: mapping_memory RECORDS PLAN_FOLDER\n");
    return 2;
  }
  return run(records, argv[2]);
}
