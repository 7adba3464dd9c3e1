#include "mapping/structure_map_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <utility>

#include "mapping/fml_parser.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

std::string textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string() : std::string(member->text());
}

std::span<const Node> listOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::span<const Node>() : member->children();
}

// A text as a FHIRPath literal.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

class Reader {
 public:
  Result<MapModel> run(const Node& resource) {
    metadata(resource);
    if (model_.url.empty()) return fail(ErrorCode::kInvalidArgument, "the StructureMap has no url");
    PLANBRO_RETURN_IF_ERROR(readContained(resource));
    PLANBRO_RETURN_IF_ERROR(readBody(resource));
    return std::move(model_);
  }

 private:
  // A map inside the one of that url.
  Result<MapModel> runInside(const Node& resource, std::string id, const std::string& container) {
    metadata(resource);
    model_.id = std::move(id);
    if (model_.url.empty()) model_.url = fmt::format("{}#{}", container, model_.id);
    if (!listOf(resource, "contained").empty())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the contained resource {} contains another", model_.id));
    PLANBRO_RETURN_IF_ERROR(readBody(resource));
    return std::move(model_);
  }

  void metadata(const Node& resource) {
    model_.url = textOf(resource, "url");
    model_.name = textOf(resource, "name");
    model_.title = textOf(resource, "title");
    model_.version = textOf(resource, "version");
    if (std::string status = textOf(resource, "status"); isPublicationStatus(status))
      model_.status = std::move(status);
    model_.description = textOf(resource, "description");
    model_.publisher = textOf(resource, "publisher");
    model_.purpose = textOf(resource, "purpose");
    model_.copyright = textOf(resource, "copyright");
    if (std::string date = textOf(resource, "date"); isPrimitiveText("dateTime", date))
      model_.date = std::move(date);
    if (std::string word = textOf(resource, "experimental"); isPrimitiveText("boolean", word))
      model_.experimental = std::move(word);
  }

  // Concept maps and maps inside; others are nothing to a map.
  Status readContained(const Node& resource) {
    const std::span<const Node> all = listOf(resource, "contained");
    if (all.size() > kMaxContained)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the StructureMap contains more than {} resources", kMaxContained));
    std::set<std::string> ids;
    for (const Node& contained : all) {
      const std::string type = textOf(contained, "resourceType");
      if (type != "ConceptMap" && type != "StructureMap") continue;
      std::string id = textOf(contained, "id");
      if (id.empty())
        return fail(ErrorCode::kInvalidArgument, fmt::format("a contained {} has no id", type));
      if (!ids.insert(id).second)
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("two contained resources have the id {}", id));
      if (type == "ConceptMap") {
        PLANBRO_ASSIGN_OR_RETURN(ConceptMap map, readConceptMap(contained));
        map.url = "#" + id;
        model_.concept_maps.push_back(std::move(map));
      } else {
        PLANBRO_ASSIGN_OR_RETURN(MapModel map,
                                 Reader().runInside(contained, std::move(id), model_.url));
        model_.contained.push_back(std::move(map));
      }
    }
    return {};
  }

  Status readBody(const Node& resource) {
    for (const Node& structure : listOf(resource, "structure"))
      model_.structures.push_back(
          {textOf(structure, "url"), textOf(structure, "alias"), textOf(structure, "mode")});
    for (const Node& import : listOf(resource, "import"))
      model_.imports.emplace_back(import.text());
    for (const Node& constant : listOf(resource, "const"))  // R5
      model_.constants.emplace_back(textOf(constant, "name"), textOf(constant, "value"));
    for (const Node& group : listOf(resource, "group"))
      PLANBRO_RETURN_IF_ERROR(readGroup(group, model_.groups.emplace_back()));
    if (model_.groups.empty())
      return fail(ErrorCode::kInvalidArgument, "the StructureMap has no group");
    return {};
  }

  Status readGroup(const Node& node, ModelGroup& group) {
    group.name = textOf(node, "name");
    group.extends = textOf(node, "extends");
    const std::string mode = textOf(node, "typeMode");
    if (mode == "types") group.type_mode = TypeMode::kTypes;
    if (mode == "type-and-types") group.type_mode = TypeMode::kTypeAndTypes;
    for (const Node& input : listOf(node, "input"))
      group.inputs.push_back(
          {textOf(input, "name"), textOf(input, "type"),
           textOf(input, "mode") == "target" ? InputMode::kTarget : InputMode::kSource});
    for (const Node& rule : listOf(node, "rule"))
      PLANBRO_RETURN_IF_ERROR(readRule(rule, group.rules.emplace_back(), 0));
    return {};
  }

  Status readRule(const Node& node, ModelRule& rule, int depth) {
    if (depth > kMaxRuleDepth)
      return fail(ErrorCode::kInvalidArgument, "rules stand too deep inside each other");
    rule.name = textOf(node, "name");
    for (const Node& source : listOf(node, "source"))
      PLANBRO_RETURN_IF_ERROR(readSource(source, rule.sources.emplace_back()));
    if (rule.sources.empty())
      return fail(ErrorCode::kInvalidArgument, fmt::format("rule {} has no source", rule.name));
    for (const Node& target : listOf(node, "target"))
      PLANBRO_RETURN_IF_ERROR(readTarget(target, rule.targets.emplace_back()));
    for (const Node& dependent : listOf(node, "dependent")) {
      ModelDependent& out = rule.dependents.emplace_back();
      out.group = textOf(dependent, "name");
      for (const Node& variable : listOf(dependent, "variable"))
        out.params.push_back({ModelParam::Kind::kVariable, std::string(variable.text())});
      for (const Node& param : listOf(dependent, "parameter"))
        out.params.push_back(readParam(param));
    }
    for (const Node& inner : listOf(node, "rule"))
      PLANBRO_RETURN_IF_ERROR(readRule(inner, rule.rules.emplace_back(), depth + 1));
    rule.simple = isSimple(rule);
    return {};
  }

  // src.x -> tgt.y is written with a made-up variable on both sides.
  static bool isSimple(const ModelRule& rule) {
    if (!isOnePath(rule.sources) || !isOnePath(rule.targets) || !rule.rules.empty() ||
        !rule.dependents.empty())
      return false;
    const ModelSource& from = rule.sources.back();
    const ModelTarget& to = rule.targets.back();
    return !from.element.empty() && !from.variable.empty() && !to.element.empty() &&
           to.params.empty() && to.transform == Transform::kCreate;
  }

  Status readSource(const Node& node, ModelSource& source) {
    source.context = textOf(node, "context");
    source.element = textOf(node, "element");
    source.type = textOf(node, "type");
    source.variable = textOf(node, "variable");
    const auto number = [&](std::string_view name) -> std::optional<std::uint32_t> {
      const std::string text = textOf(node, name);
      std::uint32_t value = 0;
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (text.empty() || code != std::errc() || end != text.data() + text.size())
        return std::nullopt;
      return value;
    };
    source.min = number("min");
    source.max = number("max");
    if (const std::string mode = textOf(node, "listMode"); !mode.empty())
      source.list_mode = listModeNamed(mode).value_or(ListMode::kNone);
    source.where.text = textOf(node, "condition");
    source.check.text = textOf(node, "check");
    source.log.text = textOf(node, "logMessage");
    for (const Node& member : node.children()) {
      if (!member.name->text.starts_with("defaultValue") || member.isContainer()) continue;
      source.default_value.text =
          member.kind == Kind::kString ? literal(member.text()) : std::string(member.text());
    }
    return {};
  }

  static ModelParam readParam(const Node& node) {
    for (const Node& value : node.children()) {
      const std::string text(value.text());
      if (value.name->text == "valueId") return {ModelParam::Kind::kVariable, text};
      if (value.name->text == "valueString") return {ModelParam::Kind::kString, text};
      if (value.name->text == "valueBoolean") return {ModelParam::Kind::kBoolean, text};
      if (value.name->text == "valueInteger") return {ModelParam::Kind::kInteger, text};
      if (value.name->text == "valueDecimal") return {ModelParam::Kind::kDecimal, text};
      // R5 has dates and times as well: texts of their own form.
      if (value.name->text.starts_with("value")) return {ModelParam::Kind::kString, text};
    }
    return {ModelParam::Kind::kString, {}};
  }

  Status readTarget(const Node& node, ModelTarget& target) {
    target.context = textOf(node, "context");
    target.element = textOf(node, "element");
    target.variable = textOf(node, "variable");
    for (const Node& mode : listOf(node, "listMode"))
      target.list_modes.push_back(listModeNamed(mode.text()).value_or(ListMode::kNone));
    target.share = textOf(node, "listRuleId");
    for (const Node& param : listOf(node, "parameter")) target.params.push_back(readParam(param));
    const std::string name = textOf(node, "transform");
    if (name.empty()) return {};
    const auto transform = transformNamed(name);
    if (!transform)
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no transform", name));
    target.transform = *transform;
    // The expression of evaluate is its last parameter, as text.
    if (target.transform == Transform::kEvaluate && !target.params.empty() &&
        target.params.back().kind == ModelParam::Kind::kString)
      target.params.back().kind = ModelParam::Kind::kExpression;
    return {};
  }

  MapModel model_;
};

}  // namespace

Result<MapModel> readStructureMap(const Node& resource) { return Reader().run(resource); }

}  // namespace planbro::mapping
