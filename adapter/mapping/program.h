// Compiled maps: names are numbers, variables are slots, FHIRPath is compiled, groups are linked.
//
// Immutable after linkMaps(); shared between threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fhirpath/program.h"
#include "mapping/concept_map.h"
#include "mapping/map_model.h"

namespace planbro::mapping {

using Slot = std::uint16_t;
inline constexpr Slot kNoSlot = 0xffff;

struct CompiledExpression {
  fhirpath::ProgramPtr program;  // null: there is none
  struct Variable {
    std::string name;
    Slot slot = kNoSlot;
    bool target = false;
  };
  std::vector<Variable> variables;

  explicit operator bool() const { return program != nullptr; }
};

struct CompiledParam {
  ModelParam::Kind kind = ModelParam::Kind::kVariable;
  std::string text;
  Slot slot = kNoSlot;
  bool target = false;  // the slot is a target variable
  CompiledExpression expression;
};

// The name of a source element, resolved as far as can be before there are data.
struct ElementName {
  std::string text;
  std::uint16_t id = 0;  // 0: in no definition
  // For valueString and its like: the element `value` and the type.
  std::uint16_t choice_id = 0;
  fhir::TypeId choice_type = 0;
};

struct CompiledSource {
  Slot context = kNoSlot;
  ElementName element;  // text "": the context itself
  fhir::TypeId type = 0;
  std::string type_name;  // when the type is in no definition
  Slot variable = kNoSlot;
  std::optional<std::uint32_t> min, max;
  ListMode list_mode = ListMode::kNone;
  CompiledExpression default_value, where, check, log;
};

struct CompiledTarget {
  Slot context = kNoSlot;
  std::string element;
  std::uint16_t element_id = 0;
  Slot variable = kNoSlot;
  bool variable_is_target = true;  // else a value that only sources see
  bool share = false;
  std::string share_name;
  Transform transform = Transform::kNone;
  std::vector<CompiledParam> params;
  fhir::TypeId create_type = 0;  // of create('T') and cast(v, 'T') with a constant
};

struct CompiledGroup;

struct CompiledDependent {
  std::string name;
  const CompiledGroup* group = nullptr;
  std::vector<CompiledParam> params;
};

struct CompiledRule {
  std::string path;  // "Group/rule/rule": for messages and traces
  std::uint32_t line = 0;
  bool simple = false;
  std::vector<CompiledSource> sources;
  std::vector<CompiledTarget> targets;
  std::vector<CompiledDependent> dependents;
  std::vector<CompiledRule> rules;
};

struct CompiledInput {
  std::string name;
  InputMode mode = InputMode::kSource;
  fhir::TypeId type = 0;
  std::string type_name;
};

struct CompiledMap;

struct CompiledGroup {
  std::string name;
  std::uint32_t line = 0;
  const CompiledMap* map = nullptr;
  TypeMode type_mode = TypeMode::kNone;
  std::string extends_name;
  const CompiledGroup* extends = nullptr;
  std::vector<CompiledInput> inputs;  // slots 0, 1, …
  Slot slots = 0;
  std::vector<std::pair<Slot, CompiledExpression>> constants;  // let
  std::vector<CompiledRule> rules;
};

struct CompiledMap {
  std::string url;
  std::string name;
  std::string origin;  // file, for messages
  std::vector<ModelStructure> structures;
  std::vector<std::string> imports;
  std::vector<std::unique_ptr<CompiledGroup>> groups;
  std::vector<const CompiledMap*> imported;  // transitively, itself first
  ConceptMaps concept_maps;                  // inside the map: "#name"

  // The default group for these types: nullptr if there is none.
  const CompiledGroup* defaultGroup(const fhir::Definitions& definitions, fhir::TypeId source,
                                    fhir::TypeId target) const;
  const CompiledGroup* findGroup(std::string_view name) const;  // also in imported maps
};

// Faults become issues; nothing then comes back.
std::unique_ptr<CompiledMap> compileMap(MapModel model, const std::string& origin,
                                        const fhir::Definitions& definitions,
                                        std::vector<fhir::Issue>& issues);

// Resolves imports, extends and dependent groups. Says for each map whether it is whole.
std::vector<bool> linkMaps(std::span<CompiledMap* const> maps, std::vector<fhir::Issue>& issues);

}  // namespace planbro::mapping
