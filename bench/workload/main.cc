// The same load on any FHIR server: a mix of create, read, update and delete, and a list of
// searches. docs/performance.md tells how to compare servers with it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "load.h"
#include "report.h"

namespace {

using namespace planbro::bench;

struct Options {
  std::string base;
  std::string suite = "bench/workload/plans";
  std::vector<std::string> loads = {"crud", "search"};
  unsigned prepare = 0;
  bool json = false;
  LoadOptions load;
};

int failed(const planbro::Error& error) {
  fmt::print(stderr, "workload: {}\n", error.message);
  return 2;
}

int run(Options& options) {
  const auto base = readAddress(options.base);
  if (!base.has_value())
    return failed({planbro::ErrorCode::kInvalidArgument, "--base wants http://HOST:PORT/PATH."});
  options.load.base = *base;
  const auto suite = readSuite(options.suite);
  if (!suite.has_value()) return failed(suite.error());
  if (options.prepare > 0) {
    const auto done = prepare(options.prepare, options.load, *suite);
    if (!done.has_value()) return failed(done.error());
  }
  Pools pools;
  {
    Connection connection(*base, std::chrono::seconds(60));
    const auto filled = pools.fill(connection, *base, *suite);
    if (!filled.has_value()) return failed(filled.error());
  }
  const auto queries = usableQueries(*suite, pools);
  std::string left_out;
  for (const Query& query : suite->queries) {
    if (std::find(queries.begin(), queries.end(), &query) == queries.end())
      left_out += (left_out.empty() ? "" : ", ") + query.name;
  }
  std::string json;
  if (!options.json) {
    fmt::print("{}, {} workers, seed {}, {} patients\n", options.base, options.load.workers,
               options.load.seed, pools.size("Patient"));
    if (!left_out.empty()) fmt::print("left out, the server has no values: {}\n", left_out);
  }
  for (const Load load : {Load::kCrud, Load::kSearch, Load::kMixed}) {
    if (std::find(options.loads.begin(), options.loads.end(), nameOf(load)) == options.loads.end())
      continue;
    Measured measured = drive(load, options.load, *suite, pools);
    if (options.json) {
      json += (json.empty() ? "" : ",") + jsonOf(load, std::move(measured), queries);
    } else {
      fmt::print("{}", tableOf(load, std::move(measured), queries));
      std::fflush(stdout);
    }
  }
  if (options.json)
    fmt::print(R"({{"base":"{}","workers":{},"seed":{},"patients":{},"loads":[{}]}})"
               "\n",
               options.base, options.load.workers, options.load.seed, pools.size("Patient"), json);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "The same load on any FHIR R4 server: a mix of create, read, update and delete, and a "
      "list of searches",
      "workload"};
  app.add_option("--base", options.base, "Address of the server, http://HOST:PORT/PATH")
      ->required();
  app.add_option("--suite", options.suite,
                 "Folder with the mix, the templates and the searches; ours stands in the "
                 "repository")
      ->capture_default_str();
  app.add_option("--load", options.loads, "crud, search or mixed (four to one); repeatable")
      ->check(CLI::IsMember({"crud", "search", "mixed"}))
      ->capture_default_str();
  app.add_option("--workers", options.load.workers, "Workers, each with its connection")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--seconds", options.load.seconds, "How long each load is measured")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_option("--warm-up", options.load.warm_up, "Seconds driven before and not counted")
      ->check(CLI::Range(0, 3'600))
      ->capture_default_str();
  app.add_option("--seed", options.load.seed, "Of the random choices")->capture_default_str();
  app.add_option("--prepare", options.prepare,
                 "First create so many patients by the template, and others about them")
      ->capture_default_str();
  app.add_flag("--json", options.json, "One JSON object instead of tables");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
