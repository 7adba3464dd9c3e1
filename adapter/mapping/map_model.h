// A map as it was written, from FML text or a StructureMap resource: the input of the compiler.
// Source: FHIR R4, structuremap.html and mapping-language.html.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "terminology/concept_map.h"

namespace planbro::mapping {

// Translation of codes is terminology's; maps carry concept maps of their own.
using terminology::ConceptMap;
using terminology::ConceptMapGroup;
using terminology::ConceptMaps;
using terminology::readConceptMap;
using terminology::TranslatedCode;

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

// The same of list modes; "" for kNone.
std::optional<ListMode> listModeNamed(std::string_view name);
std::string_view listModeName(ListMode mode);

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

// How many resources one StructureMap may contain.
inline constexpr std::size_t kMaxContained = 256;

struct MapModel {
  std::string id;   // of a contained map; else empty
  std::string url;  // of a contained map that has none: that of its container, '#' and the id
  std::string name, title, version;
  std::string status;  // draft, active, retired or unknown; may be empty
  std::string description, publisher, purpose, copyright;
  std::string date;          // a FHIR dateTime; may be empty
  std::string experimental;  // true or false; may be empty
  std::vector<ModelStructure> structures;
  // May end in *. "#id" is a map contained in this one or beside this one, "#" the container.
  std::vector<std::string> imports;
  std::vector<std::pair<std::string, std::string>> constants;  // let name = expression
  std::vector<ConceptMap> concept_maps;                        // inside; url "#name"
  std::vector<MapModel> contained;                             // they contain none themselves
  std::vector<ModelGroup> groups;
};

// x.a.b is two items: x.a, whose variable is "x.a" (no name that can be written holds a point), and
// b below it. Whether all items are one such path.
template <typename Item>
bool isOnePath(const std::vector<Item>& items) {
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (items[i].context != items[i - 1].variable ||
        items[i].context.find('.') == std::string::npos)
      return false;
  }
  return !items.empty();
}

// What a status of a resource can be.
constexpr bool isPublicationStatus(std::string_view word) {
  return word == "draft" || word == "active" || word == "retired" || word == "unknown";
}

}  // namespace planbro::mapping
