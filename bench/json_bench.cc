// Parsing into the bound tree against RapidJSON's own DOM and SAX reader on the same documents;
// writing, walking, bytes a node and allocations a document.
#include <benchmark/benchmark.h>
#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "allocations.h"
#include "documents.h"
#include "fhir/resource.h"
#include "fhir/xml.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro {
namespace {

const std::string& documentOf(std::int64_t which) {
  static const std::string plan = bench::carePlan();
  static const std::string bundle = bench::largeBundle();
  return which == 0 ? plan : bundle;
}

void setBytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(text.size()));
  state.SetLabel(state.range(0) == 0 ? "6 KB CarePlan" : "1 MB Bundle");
}

void RapidJsonDom(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  for (auto _ : state) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    benchmark::DoNotOptimize(document.IsObject());
  }
  setBytes(state, text);
}
BENCHMARK(RapidJsonDom)->Arg(0)->Arg(1);

struct Counter : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Counter> {
  std::size_t count = 0;
  bool Default() {
    ++count;
    return true;
  }
};

void RapidJsonSax(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  for (auto _ : state) {
    Counter counter;
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader().Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, counter);
    benchmark::DoNotOptimize(counter.count);
  }
  setBytes(state, text);
}
BENCHMARK(RapidJsonSax)->Arg(0)->Arg(1);

// As RapidJSON's: the text is given, the tree is made and freed. The copy of the text is inside.
void TreeWithoutBinding(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  json::ParseOptions options;
  options.names = &fhir::Definitions::r4().names();
  for (auto _ : state) {
    auto document = json::parse(text, options);
    benchmark::DoNotOptimize(document.has_value());
  }
  setBytes(state, text);
}
BENCHMARK(TreeWithoutBinding)->Arg(0)->Arg(1);

void TreeBound(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  fhir::readJson(text);
  const std::size_t before = bench::allocationsSoFar();
  for (auto _ : state) {
    auto outcome = fhir::readJson(text);
    benchmark::DoNotOptimize(outcome.resource);
  }
  state.counters["allocations"] = static_cast<double>(bench::allocationsSoFar() - before) /
                                  static_cast<double>(state.iterations());
  setBytes(state, text);
}
BENCHMARK(TreeBound)->Arg(0)->Arg(1);

std::size_t walk(const fhir::Element& element) {
  std::size_t nodes = 1;
  element.forEachChild([&](const fhir::Element& child) { nodes += walk(child); });
  return nodes;
}

void Walk(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  const auto outcome = fhir::readJson(text);
  std::size_t elements = 0;
  for (auto _ : state) elements = walk(outcome.resource.root());
  state.counters["elements"] = static_cast<double>(elements);
  state.counters["bytes_an_element"] =
      static_cast<double>(outcome.resource.document()->memoryBytes() - text.size()) /
      static_cast<double>(elements);
  setBytes(state, text);
}
BENCHMARK(Walk)->Arg(0)->Arg(1);

void Write(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  const auto outcome = fhir::readJson(text);
  for (auto _ : state) {
    const std::string written = json::write(*outcome.resource.document());
    benchmark::DoNotOptimize(written.data());
  }
  setBytes(state, text);
}
BENCHMARK(Write)->Arg(0)->Arg(1);

void WriteXml(benchmark::State& state) {
  const std::string& text = documentOf(state.range(0));
  const auto outcome = fhir::readJson(text);
  for (auto _ : state) {
    const auto written = fhir::writeXml(outcome.resource);
    benchmark::DoNotOptimize(written.text.data());
  }
  setBytes(state, text);
}
BENCHMARK(WriteXml)->Arg(0)->Arg(1);

void ReadXml(benchmark::State& state) {
  const std::string text = fhir::writeXml(fhir::readJson(documentOf(state.range(0))).resource).text;
  for (auto _ : state) {
    const auto outcome = fhir::readXml(text);
    benchmark::DoNotOptimize(outcome.resource);
  }
  setBytes(state, text);
}
BENCHMARK(ReadXml)->Arg(0)->Arg(1);

}  // namespace
}  // namespace planbro
