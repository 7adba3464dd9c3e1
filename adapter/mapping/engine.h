// Maps, compiled once and run for every record.
//
// A MapLibrary holds every StructureMap and ConceptMap given to it, compiled, with the logical
// models they write. It is immutable once made; any thread may transform with it.
// Source: FHIR R4, mapping-language.html, structuremap.html, conceptmap.html.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "fhir/definitions.h"
#include "fhir/element.h"
#include "fhir/issue.h"
#include "fhirpath/program.h"
#include "json/document.h"
#include "mapping/names_read.h"
#include "mapping/source.h"

namespace planbro::terminology {
class ConceptMaps;  // terminology/concept_map.h
}

namespace planbro::mapping {

using terminology::ConceptMaps;

struct CompiledMap;  // mapping/program.h
class TypeTable;     // mapping/type_table.h
class CodeBindings;  // mapping/code_bindings.h
class Coverage;      // mapping/coverage.h

// What made one element of the result.
struct TraceEntry {
  std::string target;  // "CarePlan.activity[1].detail.status"
  std::string rule;    // "Plan/activity/status": group and rule names from outside in
  fhir::Place source;  // where the value came from; empty for constants
};

struct Outcome {
  json::DocumentPtr document;       // null when an error stopped the record
  std::vector<fhir::Issue> issues;  // findings and errors
  std::vector<TraceEntry> trace;    // only if asked for
};

struct TransformOptions {
  bool trace = false;
  const Clock* clock = nullptr;  // needed by maps that ask for the time; null: system clock
  IdSource* ids = nullptr;       // for uuid(); null: counted from the content, repeatable
  const fhirpath::Terminology* terminology =
      nullptr;                   // for memberOf(); null: no value set is known
  Coverage* coverage = nullptr;  // counts what was read and written; null: nobody asks
};

// What a transform reads: a tree and how to tell places in it.
struct MapInput {
  json::DocumentPtr document;
  const json::Node* root = nullptr;            // null: the document's root
  std::shared_ptr<const SourcePlaces> places;  // may be null
};

class MapLibrary {
 public:
  struct Options {
    bool builtin = true;  // the maps and models that are part of the program
    // Files and folders: FML texts (.map, .fml), StructureMap, ConceptMap and logical
    // StructureDefinition resources (.json, .xml), source descriptors (source.json). Other XML in a
    // folder is passed over.
    std::vector<std::filesystem::path> paths;
  };
  struct Loaded;

  // Fails when a path cannot be read. Faults in maps become issues and leave that map out.
  static Result<Loaded> load(const Options& options);

  ~MapLibrary();
  MapLibrary(const MapLibrary&) = delete;
  MapLibrary& operator=(const MapLibrary&) = delete;

  // R4 and every logical model known here. Lives as long as the library; so must documents made
  // with it.
  const fhir::Definitions& definitions() const { return *definitions_; }
  // A digest of every text the library was made of: what is mapped
  // under the same one comes out the same.
  const std::string& fingerprint() const { return fingerprint_; }
  // What the map of that canonical and those it imports read of their sources (names_read.h).
  NameSet namesRead(std::string_view url) const;
  std::vector<std::string> mapUrls() const;
  bool hasMap(std::string_view url) const;
  // Nothing if there is no such source.
  const SourceDescriptor* findSource(std::string_view name) const;
  std::vector<std::string_view> sourceNames() const;
  // The descriptor whose `map` is that canonical; nullptr if there is none.
  const SourceDescriptor* sourceOfMap(std::string_view url) const;

  // A StructureMap that is none of the library's; it may import those that are. Nothing if it has
  // faults, which become issues. Keep it as long as what is made with it; the library outlives it.
  std::shared_ptr<const CompiledMap> compile(const json::Node& structure_map,
                                             std::vector<fhir::Issue>& issues) const;

  // Runs the first group of the map of that canonical. Never a partial result.
  Outcome transform(std::string_view map_url, const MapInput& input,
                    const TransformOptions& options = {}) const;
  Outcome transform(const CompiledMap& map, const MapInput& input,
                    const TransformOptions& options = {}) const;

 private:
  MapLibrary();
  friend class LibraryLoader;

  std::unique_ptr<const fhir::Definitions> own_definitions_;
  const fhir::Definitions* definitions_ = nullptr;
  std::unique_ptr<const TypeTable> types_;
  std::unique_ptr<const CodeBindings> bindings_;
  std::vector<json::DocumentPtr> kept_;
  std::map<std::string, std::unique_ptr<const CompiledMap>, std::less<>> maps_;
  std::unique_ptr<const ConceptMaps> concept_maps_;
  std::vector<SourceDescriptor> sources_;
  std::string fingerprint_;
  std::map<std::string, NameSet, std::less<>> names_read_;  // by canonical, of that map alone
};

struct MapLibrary::Loaded {
  std::shared_ptr<const MapLibrary> library;
  std::vector<fhir::Issue> issues;
  std::vector<std::string> urls;  // of the maps found in Options::paths, in order
};

}  // namespace planbro::mapping
