// Files and built-in data to a MapLibrary: read everything, then the models, then compile and link.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "fhir/builtin_files.h"
#include "fhir/resource.h"
#include "fhir/xml.h"
#include "json/builder.h"
#include "json/parser.h"
#include "mapping/code_bindings.h"
#include "mapping/engine.h"
#include "mapping/fml_parser.h"
#include "mapping/map_linker.h"
#include "mapping/program.h"
#include "mapping/source_files.h"
#include "mapping/structure_map_reader.h"

namespace planbro::mapping {

namespace fs = std::filesystem;
using json::Node;

namespace {

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view() : member->text();
}

// A logical model without a snapshot has nothing to inherit but Base: its differential is whole.
json::DocumentPtr withSnapshot(const json::DocumentPtr& document) {
  const Node& root = document->root();
  const Node* differential = root.member("differential");
  if (root.member("snapshot") != nullptr || differential == nullptr) return document;
  json::Builder builder;
  builder.beginObject();
  for (const Node& member : root.children()) {
    builder.key(member.name->text).copy(member, document);
  }
  builder.key("snapshot").copy(*differential, document);
  builder.endObject();
  return std::move(builder).finish();
}

bool isOfUse(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".map" || extension == ".fml" || extension == ".json" || extension == ".xml";
}

}  // namespace

class LibraryLoader {
 public:
  LibraryLoader() : library_(new MapLibrary()) {}

  Result<MapLibrary::Loaded> run(const MapLibrary::Options& options) {
    for (const fs::path& path : options.paths) PLANBRO_RETURN_IF_ERROR(addPath(path));
    own_ = models_.size();
    if (options.builtin) addBuiltin();
    PLANBRO_RETURN_IF_ERROR(makeDefinitions());
    library_->types_ = std::make_unique<const TypeTable>(*library_->definitions_);
    library_->bindings_ = std::make_unique<const CodeBindings>(logical_, *library_->definitions_);
    library_->concept_maps_ = std::make_unique<const ConceptMaps>(std::move(concept_maps_));
    compile();
    library_->fingerprint_ = std::move(digest_).hex();
    MapLibrary::Loaded loaded;
    loaded.issues = std::move(issues_);
    loaded.urls = std::move(own_urls_);
    loaded.library = std::move(library_);
    return loaded;
  }

 private:
  struct Source {
    MapModel model;
    std::string origin;
  };

  void fault(std::string_view code, const std::string& file, std::string message,
             json::Position position = {}) {
    fhir::Place place;
    place.source = file;
    place.position = position;
    issues_.push_back(fhir::makeIssue(code, std::move(place), {std::move(message)}));
  }

  Status addPath(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error))
      return fail(ErrorCode::kIo, fmt::format("{} does not exist", path.string()));
    if (!fs::is_directory(path, error)) {
      PLANBRO_ASSIGN_OR_RETURN(std::string bytes, readSourceFile(path));
      addFile(path.generic_string(), std::move(bytes), true);
      return {};
    }
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path, error)) {
      if (entry.is_regular_file(error) && isOfUse(entry.path())) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      PLANBRO_ASSIGN_OR_RETURN(std::string bytes, readSourceFile(file));
      addFile(file.generic_string(), std::move(bytes), false);
    }
    return {};
  }

  void addBuiltin() {
    for (const std::string& path : fhir::builtinFiles("mappings/")) {
      if (isOfUse(path)) addFile(path, *fhir::builtinFile(path), false);
    }
    for (const std::string& path : fhir::builtinFiles("profiles/ip/StructureDefinition-")) {
      std::string text = *fhir::builtinFile(path);
      // Profiles are of no interest here and many; only logical models are read.
      if (text.find("\"logical\"") != std::string::npos) addFile(path, std::move(text), false);
    }
  }

  // `asked`: the user named this very file, so that it must be of use.
  void addFile(const std::string& path, std::string text, bool asked) {
    const fs::path file(path);
    const bool xml = fhir::formatOf(text) == fhir::Format::kXml;
    if (xml && !fhir::isFhirXml(text)) {
      if (asked) fault("PB-2111", path, "it is XML, but no FHIR resource");
      return;
    }
    digest_.add(sha256Hex(text));
    if (xml) return addXml(std::move(text), path, asked);
    if (file.filename() == "source.json") {
      const std::string folder = file.parent_path().filename().string();
      auto descriptor = parseDescriptor(std::move(text), folder);
      if (!descriptor) return fault("PB-2111", path, descriptor.error().message);
      if (library_->findSource(descriptor->name) == nullptr)
        library_->sources_.push_back(std::move(*descriptor));
      return;
    }
    if (file.extension() != ".json") {
      auto model = parseFml(text);
      if (!model)
        return fault("PB-2101", path, model.error().message,
                     {model.error().line, model.error().column});
      models_.push_back({std::move(*model), path});
      return;
    }
    auto document = json::parse(std::move(text));
    if (!document)
      return fault("PB-2111", path, document.error().message, document.error().position);
    addResource(*document, path, asked);
  }

  void addXml(std::string text, const std::string& path, bool asked) {
    fhir::ReadOutcome read = fhir::readXml(std::move(text));
    if (read.resource) return addResource(read.resource.document(), path, asked);
    const fhir::Issue& why = read.issues.front();
    fault("PB-2111", path, why.text(fhir::Language::kEnglish), why.place.position);
  }

  void addResource(const json::DocumentPtr& document, const std::string& path, bool asked) {
    const Node& root = document->root();
    const std::string_view type = textOf(root, "resourceType");
    if (type == "ConceptMap") {
      auto map = readConceptMap(root);
      if (!map) return fault("PB-2111", path, map.error().message);
      concept_maps_.add(std::move(*map));
    } else if (type == "StructureMap") {
      auto model = readStructureMap(root);
      if (!model) return fault("PB-2101", path, model.error().message);
      models_.push_back({std::move(*model), path});
    } else if (type == "StructureDefinition" && textOf(root, "kind") == "logical") {
      addLogical(document);
    } else if (asked) {
      fault("PB-2111", path, "it is no StructureMap, ConceptMap or logical StructureDefinition");
    }
  }

  void addLogical(const json::DocumentPtr& document) {
    const std::string url(textOf(document->root(), "url"));
    if (!logical_urls_.insert(url).second) return;
    json::DocumentPtr whole = withSnapshot(document);
    library_->kept_.push_back(whole);
    logical_.push_back(&whole->root());
  }

  Status makeDefinitions() {
    library_->definitions_ = &fhir::Definitions::r4();
    if (logical_.empty()) return {};
    PLANBRO_ASSIGN_OR_RETURN(library_->own_definitions_,
                             fhir::Definitions::withLogicalModels(logical_));
    library_->definitions_ = library_->own_definitions_.get();
    return {};
  }

  // Nothing if it has faults.
  const CompiledMap* compile(MapModel model, const std::string& origin,
                             const CompiledMap* container) {
    NameSet names;
    addNamesRead(model, names);
    auto map = compileMap(std::move(model), origin, *library_->types_, container, issues_);
    if (map == nullptr) return nullptr;
    library_->names_read_[map->url] = std::move(names);
    compiled_.push_back(std::move(map));
    return compiled_.back().get();
  }

  void compile() {
    std::set<std::string> urls;
    for (std::size_t i = 0; i < models_.size(); ++i) {
      if (i < own_) own_urls_.push_back(models_[i].model.url);
      if (!urls.insert(models_[i].model.url).second) continue;
      std::vector<MapModel> contained = std::exchange(models_[i].model.contained, {});
      const CompiledMap* outer = compile(std::move(models_[i].model), models_[i].origin, nullptr);
      if (outer == nullptr) continue;
      for (MapModel& inside : contained) {
        if (urls.insert(fmt::format("{}#{}", outer->url, inside.id)).second)
          compile(std::move(inside), models_[i].origin, outer);
      }
    }
    std::vector<CompiledMap*> all;
    for (const auto& map : compiled_) all.push_back(map.get());
    const std::vector<bool> whole = linkMaps(all, {}, *library_->concept_maps_, issues_);
    // Maps that are not whole stay alive, since others may import them, but cannot be run.
    for (std::size_t i = 0; i < compiled_.size(); ++i) {
      std::string url = compiled_[i]->url;
      if (!whole[i]) url = "(incomplete) " + url;
      library_->maps_.emplace(std::move(url), std::move(compiled_[i]));
    }
  }

  std::shared_ptr<MapLibrary> library_;
  Sha256 digest_;
  ConceptMaps concept_maps_;
  std::vector<Source> models_;
  std::vector<std::unique_ptr<CompiledMap>> compiled_;
  std::size_t own_ = 0;  // of models_, those the user gave
  std::vector<const Node*> logical_;
  std::set<std::string> logical_urls_;
  std::vector<std::string> own_urls_;
  std::vector<fhir::Issue> issues_;
};

Result<MapLibrary::Loaded> MapLibrary::load(const Options& options) {
  return LibraryLoader().run(options);
}

}  // namespace planbro::mapping
