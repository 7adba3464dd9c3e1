// planbro map --map URL|FILE [--load PATH]… [--trace | --coverage] SOURCE…: runs a mapping, prints
// the result, or what the mapping leaves out.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "fhir/builtin_files.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/coverage.h"
#include "mapping/engine.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string map, format = "text";
  std::vector<std::string> load, sources;
  bool trace = false;
  bool coverage = false;
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro map: {}\n", message);
  return kFailed;
}

// The description of a workbook with the tables that the map reads from CSV files.
mapping::SourceDescriptor workbookOf(const mapping::MapLibrary& library,
                                     const mapping::SourceDescriptor& tables) {
  for (const std::string_view name : library.sourceNames()) {
    const mapping::SourceDescriptor* other = library.findSource(name);
    if (other->map == tables.map && other->format == mapping::SourceFormat::kXlsx) return *other;
  }
  mapping::SourceDescriptor workbook = tables;
  workbook.format = mapping::SourceFormat::kXlsx;
  workbook.files.clear();
  return workbook;
}

// The source as the map's own source folder describes it, else by its name.
mapping::SourceDescriptor descriptorFor(const mapping::MapLibrary& library, const std::string& map,
                                        const std::string& source) {
  if (const mapping::SourceDescriptor* known = library.sourceOfMap(map)) {
    const bool other = known->format == mapping::SourceFormat::kCsv && source.ends_with(".xlsx");
    return other ? workbookOf(library, *known) : *known;
  }
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

using mapping::Coverage;

// The profiles that are part of the program: results that say they follow one must have what it
// requires.
void addProfiles(Coverage& coverage) {
  for (const std::string& path : fhir::builtinFiles("profiles/ip/StructureDefinition-")) {
    const auto profile = json::parse(*fhir::builtinFile(path));
    if (profile) coverage.require((*profile)->root());
  }
}

void printRequired(std::string_view title, const std::vector<Coverage::RequiredElement>& elements) {
  if (elements.empty()) return;
  fmt::print("{}\n", title);
  for (const Coverage::RequiredElement& one : elements) {
    fmt::print("  {}  {} of {}", one.path, one.missing, one.objects);
    if (!one.profile.empty()) fmt::print("  ({})", one.profile);
    fmt::print("\n");
  }
}

void printCoverage(const Coverage::Report& report) {
  fmt::print("{} records, {} fields, {} never read\n", report.records, report.fields,
             report.unread.size());
  if (!report.unread.empty()) fmt::print("Source fields never read:\n");
  for (const Coverage::SourceField& field : report.unread)
    fmt::print("  {}  in {} of {} records\n", field.path, field.records, report.records);
  printRequired("Required elements never written:", report.unwritten);
  printRequired("Required elements sometimes missing:", report.sometimes);
}

void writeRequired(json::Builder& out, std::string_view name,
                   const std::vector<Coverage::RequiredElement>& elements) {
  out.key(name);
  out.beginArray();
  for (const Coverage::RequiredElement& one : elements) {
    out.beginObject();
    out.key("path").string(one.path);
    if (!one.profile.empty()) out.key("profile").string(one.profile);
    out.key("objects").number(std::to_string(one.objects));
    out.key("missing").number(std::to_string(one.missing));
    out.endObject();
  }
  out.endArray();
}

void printCoverageJson(const Coverage::Report& report, const std::string& url) {
  json::Builder out;
  out.beginObject();
  out.key("map").string(url);
  out.key("records").number(std::to_string(report.records));
  out.key("fields").number(std::to_string(report.fields));
  out.key("unread");
  out.beginArray();
  for (const Coverage::SourceField& field : report.unread) {
    out.beginObject();
    out.key("path").string(field.path);
    out.key("records").number(std::to_string(field.records));
    out.endObject();
  }
  out.endArray();
  writeRequired(out, "unwritten", report.unwritten);
  writeRequired(out, "sometimesMissing", report.sometimes);
  out.endObject();
  fmt::print("{}\n", json::write(*std::move(out).finish(), {.pretty = true}));
}

// One source through the map. False: it cannot be read, or an error stopped a record.
class MapRun {
 public:
  MapRun(const mapping::MapLibrary& library, const std::string& url, const Options& options)
      : library_(library), url_(url), options_(options) {
    run_.trace = options.trace;
    if (!options.coverage) return;
    addProfiles(coverage_);
    if (const mapping::SourceDescriptor* known = library.sourceOfMap(url))
      coverage_.tiedBy(known->table);
    run_.coverage = &coverage_;
  }

  Status source(const std::string& path) {
    PLANBRO_ASSIGN_OR_RETURN(auto reader, mapping::openSource(descriptorFor(library_, url_, path),
                                                              {path}, library_.definitions()));
    while (const auto record = reader->next()) {
      ++records_;
      printIssues(record->name, record->issues);
      errors_ = errors_ || fhir::hasErrors(record->issues);
      if (record->document != nullptr && !fhir::hasErrors(record->issues)) map(*record);
    }
    return {};
  }

  void finish() const {
    if (!options_.coverage) return;
    if (options_.format == "json") {
      printCoverageJson(coverage_.report(), url_);
    } else {
      printCoverage(coverage_.report());
    }
  }
  bool hasErrors() const { return errors_; }
  std::size_t records() const { return records_; }

 private:
  void map(const mapping::SourceRecord& record) {
    const mapping::Outcome outcome =
        library_.transform(url_, {record.document, record.root, record.places}, run_);
    printIssues("", outcome.issues);
    errors_ = errors_ || fhir::hasErrors(outcome.issues);
    if (outcome.document == nullptr || options_.coverage) return;
    printTrace(outcome);
    fmt::print("{}\n", json::write(*outcome.document, {.pretty = true}));
  }

  const mapping::MapLibrary& library_;
  const std::string& url_;
  const Options& options_;
  Coverage coverage_;
  mapping::TransformOptions run_;
  std::size_t records_ = 0;
  bool errors_ = false;
};

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

  MapRun run(library, url, options);
  for (const std::string& source : options.sources) {
    if (const Status read = run.source(source); !read) return failed(read.error().message);
  }
  if (run.records() == 0) return failed("the source has no record");
  run.finish();
  return run.hasErrors() || fhir::hasErrors(loaded->issues) ? kFound : kDone;
}

}  // namespace

void addMap(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("map", "Run a mapping and print its result");
  command->add_option("--map", options->map, "Canonical URL of a map, or a file with one")
      ->required();
  command
      ->add_option("--load", options->load,
                   "Maps, concept maps and logical models: a file or folder; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--trace", options->trace,
                    "Tell for every element which rule and which source position made it");
  command->add_flag("--coverage", options->coverage,
                    "Tell, instead of the results, which source fields are never read and which "
                    "required elements are not written");
  command->add_option("--format", options->format, "Of the coverage: text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command
      ->add_option(
          "SOURCE", options->sources,
          "XML, JSON, a workbook or a folder of CSV files; several are read one after the other")
      ->required();
  command->callback([options, &exit_status] { exit_status = map(*options); });
}

}  // namespace planbro::cli
