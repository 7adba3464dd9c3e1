// A map as it was written, from FML text or a StructureMap resource: the input of the compiler.
// Source: FHIR R4, structuremap.html and mapping-language.html.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mapping/concept_map.h"

namespace planbro::mapping {

enum class InputMode : std::uint8_t { kSource, kTarget };
enum class TypeMode : std::uint8_t { kNone, kTypes, kTypeAndTypes };
enum class ListMode : std::uint8_t {
  kNone,
  kFirst,
  kNotFirst,
  kLast,
  kNotLast,
  kOnlyOne,
  kShare,
  kCollate,
  kSingle
};

enum class Transform : std::uint8_t {
  kNone,  // makes the element
  kCreate,
  kCopy,
  kTruncate,
  kEscape,
  kCast,
  kAppend,
  kTranslate,
  kReference,
  kDateOp,
  kUuid,
  kPointer,
  kEvaluate,
  kCc,
  kC,
  kQty,
  kId,
  kCp
};
// Nothing if there is no such transform.
std::optional<Transform> transformNamed(std::string_view name);
std::string_view transformName(Transform transform);

// FHIRPath in a map. Empty text: there is none.
struct ModelExpression {
  std::string text;
  std::uint32_t line = 0;
};

struct ModelParam {
  enum class Kind : std::uint8_t { kVariable, kString, kInteger, kDecimal, kBoolean, kExpression };
  Kind kind = Kind::kVariable;
  std::string text;
};

struct ModelSource {
  std::string context, element, type, variable;
  std::optional<std::uint32_t> min;
  std::optional<std::uint32_t> max;  // nothing: not said or *
  ListMode list_mode = ListMode::kNone;
  ModelExpression default_value, where, check, log;
};

struct ModelTarget {
  std::string context, element, variable;
  std::vector<ListMode> list_modes;
  std::string share;
  Transform transform = Transform::kNone;
  std::vector<ModelParam> params;
};

struct ModelDependent {
  std::string group;
  std::vector<ModelParam> params;
};

struct ModelRule {
  std::string name;
  std::uint32_t line = 0;
  bool simple = false;  // src.x -> tgt.y: by default group or copy
  std::vector<ModelSource> sources;
  std::vector<ModelTarget> targets;
  std::vector<ModelRule> rules;
  std::vector<ModelDependent> dependents;
};

struct ModelInput {
  std::string name, type;
  InputMode mode = InputMode::kSource;
};

struct ModelGroup {
  std::string name, extends;
  std::uint32_t line = 0;
  TypeMode type_mode = TypeMode::kNone;
  std::vector<ModelInput> inputs;
  std::vector<ModelRule> rules;
};

struct ModelStructure {
  std::string url, alias, mode;  // mode: source, queried, target, produced
};

struct MapModel {
  std::string url, name, title, version;
  std::vector<ModelStructure> structures;
  std::vector<std::string> imports;                            // may end in *
  std::vector<std::pair<std::string, std::string>> constants;  // let name = expression
  std::vector<ConceptMap> concept_maps;                        // inside; url "#name"
  std::vector<ModelGroup> groups;
};

}  // namespace planbro::mapping
