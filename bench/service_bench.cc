// The FHIR service as a function, over a SQLite store on this disk (synchronous=FULL), without
// checks on writes; and a whole plan with all of them is bench/whole's business.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "fhir/registry.h"
#include "search/parameters.h"
#include "service/fhir_service.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::service {
namespace {

// A service that holds the plan of the man of 22 and 1000 goals.
class Loaded {
 public:
  static Loaded& instance() {
    static Loaded loaded;
    return loaded;
  }
  ~Loaded() {
    service_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  Response send(std::string method, std::string path, std::string query = {},
                std::string body = {}) const {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.body = std::move(body);
    return service_->handle(request);
  }
  const std::string& planBundle() const { return bundle_; }

 private:
  Loaded()
      : folder_(std::filesystem::temp_directory_path() /
                ("planbro_service_bench_" + std::to_string(::getpid()))) {
    registry_.addOwnProfiles();
    std::vector<fhir::Issue> issues;
    parameters_ = search::Parameters::compile(registry_, issues);
    store::SqliteOptions options;
    options.path = folder_ / "store.sqlite";
    store_ = std::move(*store::openSqlite(options));
    ServiceParts parts;
    parts.store = store_.get();
    parts.definitions = &fhir::Definitions::r4();
    parts.parameters = parameters_.get();
    parts.registry = &registry_;
    parts.clock = &clock_;
    parts.ids = &ids_;
    service_ = std::make_unique<FhirService>(std::move(parts), ServiceSettings{});
    std::ifstream file(PLANBRO_SOURCE_DIR
                       "/fixtures/plans/mann-22-cerebral-parese/expected/bundle.json");
    bundle_ = {std::istreambuf_iterator<char>(file), {}};
    send("POST", "/fhir", {}, bundle_);
    std::string goals = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
    for (int i = 0; i < 1000; ++i) {
      const std::string id = "goal" + std::to_string(i);
      goals +=
          (i == 0 ? "" : ",") + (R"({"resource":{"resourceType":"Goal","id":")" + id) +
          R"(","lifecycleStatus":"active","description":{"text":"Komme seg ut"},"subject":{"reference":"Patient/)" +
          std::to_string(i % 100) + R"("}},"request":{"method":"PUT","url":"Goal/)" + id + "\"}}";
    }
    send("POST", "/fhir", {}, goals + "]}");
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  TimeOrderedIds ids_{clock_};
  fhir::Registry registry_;
  std::shared_ptr<const search::Parameters> parameters_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<FhirService> service_;
  std::string bundle_;
};

void answers(benchmark::State& state, const Response& response, int status) {
  if (response.status != status)
    state.SkipWithError(("status " + std::to_string(response.status)).c_str());
}

void read(benchmark::State& state) {
  const Loaded& loaded = Loaded::instance();
  for (auto _ : state) answers(state, loaded.send("GET", "/fhir/Goal/goal7"), 200);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read)->Threads(1)->Threads(2)->UseRealTime();

void readAsXml(benchmark::State& state) {
  const Loaded& loaded = Loaded::instance();
  for (auto _ : state) answers(state, loaded.send("GET", "/fhir/Goal/goal7", "_format=xml"), 200);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(readAsXml);

void searchByPatient(benchmark::State& state) {
  const Loaded& loaded = Loaded::instance();
  for (auto _ : state)
    answers(state, loaded.send("GET", "/fhir/Goal", "patient=Patient/7&_count=10"), 200);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(searchByPatient);

void update(benchmark::State& state) {
  const Loaded& loaded = Loaded::instance();
  int number = 0;
  for (auto _ : state) {
    const Response response =
        loaded.send("PUT", "/fhir/Goal/changing", {},
                    R"({"resourceType":"Goal","id":"changing","description":{"text":")" +
                        std::to_string(++number) + "\"}}");
    if (response.status >= 300) answers(state, response, 200);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(update)->UseRealTime();

// The same plan once more: nothing is new, nothing is written.
void planUnchanged(benchmark::State& state) {
  const Loaded& loaded = Loaded::instance();
  for (auto _ : state) answers(state, loaded.send("POST", "/fhir", {}, loaded.planBundle()), 200);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(planUnchanged)->UseRealTime();

}  // namespace
}  // namespace planbro::service
