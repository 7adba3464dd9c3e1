// Compiles the definitions of FHIR R4 core, as published in the npm package, into what the program
// carries: navigation tables and a packed store of the conformance resources.
//
//   definitions_compiler FOLDER TABLES RESOURCES
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "fhir/definitions_builder.h"
#include "fhir/packed_store.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro {
namespace {

using json::Node;

constexpr const char* kFiles[] = {"profiles-types.json",    "profiles-resources.json",
                                  "profiles-others.json",   "extension-definitions.json",
                                  "search-parameters.json", "valuesets.json",
                                  "v2-tables.json",         "v3-codesystems.json",
                                  "conceptmaps.json"};

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

// Without the narrative, which no part of the program reads.
std::string compact(const Node& resource, const json::DocumentPtr& document) {
  json::Builder builder;
  builder.beginObject();
  for (const Node& member : resource.children()) {
    if (member.name->text != "text") builder.key(member.name->text).copy(member, document);
  }
  builder.endObject();
  return json::write(*std::move(builder).finish());
}

bool isType(const Node& resource) {
  return textOf(resource, "resourceType") == "StructureDefinition" &&
         textOf(resource, "derivation") != "constraint";
}

Status writeFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot write {}", path));
  return {};
}

Status run(const std::string& folder, const std::string& tables, const std::string& store) {
  fhir::DefinitionsBuilder builder;
  std::vector<fhir::PackedText> resources;
  json::ParseOptions options;
  for (const char* name : kFiles) {
    std::ifstream file(folder + "/" + name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || text.empty())
      return fail(ErrorCode::kIo, fmt::format("cannot read {}/{}", folder, name));
    auto document = json::parse(std::move(text), options);
    if (!document)
      return fail(ErrorCode::kCorrupt, fmt::format("{}: {}", name, document.error().message));
    const Node* entries = (*document)->root().member("entry");
    if (entries == nullptr) return fail(ErrorCode::kCorrupt, fmt::format("{}: no entries", name));
    for (const Node& entry : entries->children()) {
      const Node* resource = entry.member("resource");
      if (resource == nullptr) continue;
      const std::string_view url = textOf(*resource, "url");
      // The package adds three search parameters of its own publisher; they are not R4.
      if (url.empty() || url.find("medplum.com") != std::string_view::npos) continue;
      if (isType(*resource)) PLANBRO_RETURN_IF_ERROR(builder.add(*resource));
      resources.push_back({std::string(url), std::string(textOf(*resource, "resourceType")),
                           std::string(textOf(*resource, "version")),
                           compact(*resource, *document)});
    }
  }
  PLANBRO_ASSIGN_OR_RETURN(const auto definitions, std::move(builder).finish());
  PLANBRO_RETURN_IF_ERROR(writeFile(tables, fhir::DefinitionsBuilder::serialize(*definitions)));
  PLANBRO_ASSIGN_OR_RETURN(const std::string packed, fhir::packStore(std::move(resources), 15));
  return writeFile(store, packed);
}

}  // namespace
}  // namespace planbro

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: definitions_compiler FOLDER TABLES RESOURCES\n");
    return 2;
  }
  if (const auto status = planbro::run(argv[1], argv[2], argv[3]); !status) {
    fmt::print(stderr, "definitions_compiler: {}\n", status.error().message);
    return 2;
  }
  return 0;
}
