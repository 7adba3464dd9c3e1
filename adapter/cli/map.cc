// planbro map --map URL|FILE [--load PATH]… [--trace] SOURCE: runs a mapping, prints the result.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "json/writer.h"
#include "mapping/engine.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string map, source;
  std::vector<std::string> load;
  bool trace = false;
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro map: {}\n", message);
  return kFailed;
}

// The source as the map's own source folder describes it, else by its name or first character.
mapping::SourceDescriptor descriptorFor(const mapping::MapLibrary& library, const std::string& map,
                                        const std::string& source) {
  if (const mapping::SourceDescriptor* known = library.sourceOfMap(map)) return *known;
  mapping::SourceDescriptor plain;
  plain.format = source.ends_with(".json") || source.ends_with(".ndjson")
                     ? mapping::SourceFormat::kJson
                     : mapping::SourceFormat::kXml;
  return plain;
}

void printTrace(const mapping::Outcome& outcome) {
  for (const mapping::TraceEntry& entry : outcome.trace) {
    std::string line = fmt::format("{}  <-  {}", entry.target, entry.rule);
    if (entry.source.position.line != 0)
      line += fmt::format("  <-  {}:{}:{} {}", entry.source.source, entry.source.position.line,
                          entry.source.position.column, entry.source.expression);
    fmt::print(stderr, "{}\n", line);
  }
}

int map(const Options& options) {
  mapping::MapLibrary::Options wanted;
  for (const std::string& path : options.load) wanted.paths.emplace_back(path);
  const bool is_url =
      options.map.find("://") != std::string::npos || options.map.starts_with("urn:");
  if (!is_url) wanted.paths.emplace_back(options.map);
  const auto loaded = mapping::MapLibrary::load(wanted);
  if (!loaded) return failed(loaded.error().message);
  printIssues("", loaded->issues);
  const mapping::MapLibrary& library = *loaded->library;
  // The file was given last.
  std::string url = options.map;
  if (!is_url) url = loaded->urls.empty() ? "" : loaded->urls.back();
  if (!library.hasMap(url)) return failed(fmt::format("there is no map {}", options.map));

  const mapping::SourceDescriptor descriptor = descriptorFor(library, url, options.source);
  auto reader = mapping::openSource(descriptor, {options.source}, library.definitions());
  if (!reader) return failed(reader.error().message);
  bool errors = false;
  std::size_t records = 0;
  while (auto record = (*reader)->next()) {
    ++records;
    printIssues(record->name, record->issues);
    errors = errors || fhir::hasErrors(record->issues);
    if (record->document == nullptr || fhir::hasErrors(record->issues)) continue;
    mapping::TransformOptions run;
    run.trace = options.trace;
    const mapping::Outcome outcome =
        library.transform(url, {record->document, record->root, record->places}, run);
    printIssues("", outcome.issues);
    errors = errors || fhir::hasErrors(outcome.issues);
    if (outcome.document == nullptr) continue;
    printTrace(outcome);
    const std::string text = json::write(*outcome.document, {.pretty = true});
    fmt::print("{}\n", text);
  }
  if (records == 0) return failed("the source has no record");
  return errors ? kFound : kDone;
}

}  // namespace

void addMap(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("map", "Run a mapping and print its result");
  command->add_option("--map", options->map, "Canonical URL of a map, or a file with one")
      ->required();
  command->add_option("--load", options->load,
                      "Maps, concept maps and logical models: files or folders");
  command->add_flag("--trace", options->trace,
                    "Tell for every element which rule and which source position made it");
  command->add_option("SOURCE", options->source, "XML, JSON or a folder of CSV files")->required();
  command->callback([options, &exit_status] { exit_status = map(*options); });
}

}  // namespace planbro::cli
