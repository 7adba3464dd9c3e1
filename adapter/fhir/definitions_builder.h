// Makes Definitions from StructureDefinitions, and writes and reads their compiled form. Used by
// the build's definitions compiler and where logical models are loaded.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "fhir/definitions.h"

namespace planbro::fhir {

class DefinitionsBuilder {
 public:
  DefinitionsBuilder();
  // Begins with a copy of `base`.
  explicit DefinitionsBuilder(const Definitions& base);

  // A StructureDefinition of kind primitive-type, complex-type, resource or logical with a
  // snapshot, that is no profile. Types may refer to types added later.
  Status add(const json::Node& structure_definition);

  // Resolves what refers to later types.
  Result<std::unique_ptr<const Definitions>> finish() &&;

  // The compiled form: little-endian tables behind each other.
  static std::string serialize(const Definitions& definitions);
  static Result<std::unique_ptr<const Definitions>> deserialize(std::string_view bytes);

 private:
  TypeId typeNamed(std::string_view name);
  ShapeId addShape(std::string_view path, TypeId type);

  std::unique_ptr<Definitions> made_;
  std::vector<std::vector<Member>> shape_members_;
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::string>> content_references_;
};

}  // namespace planbro::fhir
