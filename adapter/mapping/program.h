// Compiled maps: names are numbers, variables are slots, FHIRPath is compiled, groups are linked.
//
// Immutable after linkMaps() (map_linker.h); shared between threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fhirpath/program.h"
#include "mapping/map_model.h"
#include "mapping/type_table.h"

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

  bool sees_target = false;  // a target variable is among them

  explicit operator bool() const { return program != nullptr; }
};

struct CompiledParam {
  ModelParam::Kind kind = ModelParam::Kind::kVariable;
  std::string text;
  Slot slot = kNoSlot;
  bool target = false;    // the slot is a target variable
  fhir::TypeId type = 0;  // of a constant
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

// A condition of the form `kind = 'x'`, `key = %k` or `%p.kind = 'x'`, which needs no FHIRPath as
// long as both sides are single texts.
struct CompiledMatch {
  bool known = false;
  Slot left = kNoSlot;     // the variable it begins with; kNoSlot: the item
  ElementName child;       // text "": the value itself
  fhir::TypeId named = 0;  // a type of the child's name: an item of that type means itself
  Slot right = kNoSlot;    // kNoSlot: the text
  std::string text;
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
  CompiledMatch match;  // of `where`
  // Elements can be taken one after the other, without looking at all of them first.
  bool direct = false;
};

struct CompiledTarget {
  Slot context = kNoSlot;
  TargetElement element;  // text "": the context itself
  Slot variable = kNoSlot;
  bool variable_is_target = true;  // else a value that only sources see
  bool share = false;
  ListMode list_mode = ListMode::kNone;  // kFirst, kLast or kCollate
  std::string share_name;
  Transform transform = Transform::kNone;
  std::vector<CompiledParam> params;
  fhir::TypeId create_type = 0;               // of create('T') and cast(v, 'T') with a constant
  const ConceptMap* concept_map = nullptr;    // of translate() with a constant, once it is found
  const ConceptMaps* concept_maps = nullptr;  // what that map may refer to
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
  Slot current = kNoSlot;  // the element that expressions begin with
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
  CompiledRule place;  // the group itself, where messages name a rule
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
  std::string url;                         // of a contained map: the container's, '#' and the id
  std::string inner_url;                   // of a contained map: what it calls itself
  const CompiledMap* container = nullptr;  // of a contained map; lives as long
  std::string name;
  std::string origin;  // file, for messages
  std::vector<ModelStructure> structures;
  std::vector<std::string> imports;
  std::vector<std::unique_ptr<CompiledGroup>> groups;
  std::vector<const CompiledMap*> imported;    // transitively, itself first
  std::vector<const CompiledGroup*> defaults;  // of these, the groups that are for two known types
  ConceptMaps concept_maps;                    // inside the map: "#name"

  // The default group for exactly these types: nullptr if there is none. One for what they are
  // derived from does not know what they add, and would drop it.
  const CompiledGroup* defaultGroup(fhir::TypeId source, fhir::TypeId target) const;
  // The one that says what a source of exactly that type becomes (<<type+>>).
  const CompiledGroup* defaultGroup(fhir::TypeId source) const;
  const CompiledGroup* findGroup(std::string_view name) const;  // also in imported maps
  // The concept map of that url: of this map, an imported one, or `outside`; nullptr if there is
  // none. With it the set whose maps it may refer to.
  std::pair<const ConceptMap*, const ConceptMaps*> findConceptMap(std::string_view url,
                                                                  const ConceptMaps& outside) const;
};

// `container`: of a contained map, the map around it, else nullptr. Faults become issues; nothing
// then comes back.
std::unique_ptr<CompiledMap> compileMap(MapModel model, const std::string& origin,
                                        const TypeTable& types, const CompiledMap* container,
                                        std::vector<fhir::Issue>& issues);

}  // namespace planbro::mapping
