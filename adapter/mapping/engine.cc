#include "mapping/engine.h"

#include <algorithm>
#include <utility>

#include "mapping/code_bindings.h"
#include "mapping/executor.h"
#include "mapping/map_linker.h"
#include "mapping/program.h"
#include "mapping/structure_map_reader.h"
#include "mapping/type_table.h"

namespace planbro::mapping {

MapLibrary::MapLibrary() = default;
MapLibrary::~MapLibrary() = default;

NameSet MapLibrary::namesRead(std::string_view url) const {
  NameSet names;
  const auto found = maps_.find(url);
  if (found == maps_.end()) return names;
  for (const CompiledMap* map : found->second->imported) {
    const auto own = names_read_.find(map->url);
    if (own != names_read_.end()) names.insert(own->second.begin(), own->second.end());
  }
  return names;
}

std::vector<std::string> MapLibrary::mapUrls() const {
  std::vector<std::string> urls;
  for (const auto& [url, map] : maps_) urls.push_back(url);
  return urls;
}

bool MapLibrary::hasMap(std::string_view url) const {
  return maps_.find(url.substr(0, url.find('|'))) != maps_.end();
}

const SourceDescriptor* MapLibrary::findSource(std::string_view name) const {
  for (const SourceDescriptor& source : sources_) {
    if (source.name == name) return &source;
  }
  return nullptr;
}

std::vector<std::string_view> MapLibrary::sourceNames() const {
  std::vector<std::string_view> names;
  for (const SourceDescriptor& source : sources_) names.push_back(source.name);
  return names;
}

const SourceDescriptor* MapLibrary::sourceOfMap(std::string_view url) const {
  for (const SourceDescriptor& source : sources_) {
    if (source.map == url) return &source;
  }
  return nullptr;
}

Outcome MapLibrary::transform(std::string_view map_url, const MapInput& input,
                              const TransformOptions& options) const {
  Outcome outcome;
  const auto found = maps_.find(map_url.substr(0, map_url.find('|')));
  if (found == maps_.end()) {
    outcome.issues.push_back(fhir::makeIssue("PB-2110", {}, {std::string(map_url)}));
    return outcome;
  }
  return transform(*found->second, input, options);
}

std::shared_ptr<const CompiledMap> MapLibrary::compile(const json::Node& structure_map,
                                                       std::vector<fhir::Issue>& issues) const {
  auto model = readStructureMap(structure_map);
  if (!model.has_value()) {
    issues.push_back(fhir::makeIssue("PB-2101", {}, {model.error().message}));
    return nullptr;
  }
  // The map, and behind it those that it contains.
  auto own = std::make_shared<std::vector<std::unique_ptr<CompiledMap>>>();
  std::vector<MapModel> contained = std::exchange(model->contained, {});
  const std::string origin = model->url;
  own->push_back(compileMap(std::move(*model), origin, *types_, nullptr, issues));
  for (MapModel& inside : contained) {
    const CompiledMap* outer = own->front().get();
    if (outer != nullptr)
      own->push_back(compileMap(std::move(inside), origin, *types_, outer, issues));
  }
  std::vector<CompiledMap*> maps;
  for (const auto& map : *own) maps.push_back(map.get());
  if (std::find(maps.begin(), maps.end(), nullptr) != maps.end()) return nullptr;
  std::vector<const CompiledMap*> known;
  for (const auto& [url, map] : maps_) {
    if (url == map->url && url != origin) known.push_back(map.get());
  }
  if (!linkMaps(maps, known, *concept_maps_, issues).front()) return nullptr;
  return {own, own->front().get()};
}

Outcome MapLibrary::transform(const CompiledMap& map, const MapInput& input,
                              const TransformOptions& options) const {
  ExecutorParts parts;
  parts.types = types_.get();
  parts.bindings = bindings_.get();
  parts.concept_maps = concept_maps_.get();
  parts.terminology = options.terminology;
  return Executor(map, parts, input, options).run();
}

}  // namespace planbro::mapping
