#include "mapping/map_model.h"

#include <array>

namespace planbro::mapping {
namespace {

constexpr std::array<std::pair<std::string_view, Transform>, 17> kTransforms{{
    {"create", Transform::kCreate},
    {"copy", Transform::kCopy},
    {"truncate", Transform::kTruncate},
    {"escape", Transform::kEscape},
    {"cast", Transform::kCast},
    {"append", Transform::kAppend},
    {"translate", Transform::kTranslate},
    {"reference", Transform::kReference},
    {"dateOp", Transform::kDateOp},
    {"uuid", Transform::kUuid},
    {"pointer", Transform::kPointer},
    {"evaluate", Transform::kEvaluate},
    {"cc", Transform::kCc},
    {"c", Transform::kC},
    {"qty", Transform::kQty},
    {"id", Transform::kId},
    {"cp", Transform::kCp},
}};

constexpr std::array<std::pair<std::string_view, ListMode>, 8> kListModes{{
    {"first", ListMode::kFirst},
    {"not_first", ListMode::kNotFirst},
    {"last", ListMode::kLast},
    {"not_last", ListMode::kNotLast},
    {"only_one", ListMode::kOnlyOne},
    {"share", ListMode::kShare},
    {"collate", ListMode::kCollate},
    {"single", ListMode::kSingle},
}};

}  // namespace

std::optional<Transform> transformNamed(std::string_view name) {
  for (const auto& [known, transform] : kTransforms) {
    if (known == name) return transform;
  }
  return std::nullopt;
}

std::string_view transformName(Transform transform) {
  for (const auto& [name, known] : kTransforms) {
    if (known == transform) return name;
  }
  return "make";
}

std::optional<ListMode> listModeNamed(std::string_view name) {
  for (const auto& [known, mode] : kListModes) {
    if (known == name) return mode;
  }
  return std::nullopt;
}

std::string_view listModeName(ListMode mode) {
  for (const auto& [name, known] : kListModes) {
    if (known == mode) return name;
  }
  return {};
}

}  // namespace planbro::mapping
