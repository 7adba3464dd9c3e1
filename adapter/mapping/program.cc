#include "mapping/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "mapping/expression_text.h"
#include "mapping/fml_lexer.h"

namespace planbro::mapping {
namespace {

using fhir::Issue;
using fhir::TypeId;

// One group: gives variables their slots as rules open and close.
class GroupCompiler {
 public:
  GroupCompiler(const CompiledMap& map, const MapModel& model, const TypeTable& types,
                std::vector<Issue>& issues)
      : map_(map),
        model_(model),
        types_(types),
        definitions_(types.definitions()),
        issues_(issues) {
    for (const ModelStructure& structure : model.structures) {
      const bool source = structure.mode == "source" || structure.mode == "queried";
      if (source && definitions_.findTypeByUrl(structure.url) == 0) fhir_sources_ = false;
    }
  }

  std::unique_ptr<CompiledGroup> run(ModelGroup& model) {
    auto group = std::make_unique<CompiledGroup>();
    group_ = group.get();
    group->name = model.name;
    group->line = model.line;
    group->place.path = model.name;
    group->place.line = model.line;
    group->map = &map_;
    group->type_mode = model.type_mode;
    group->extends_name = model.extends;
    for (const ModelInput& input : model.inputs) {
      CompiledInput& compiled = group->inputs.emplace_back();
      compiled.name = input.name;
      compiled.mode = input.mode;
      compiled.type_name = input.type;
      compiled.type = typeNamed(input.type);
      declare(input.name, input.mode == InputMode::kTarget);
    }
    for (const auto& [name, text] : model_.constants) {
      CompiledExpression value = expression({text, model.line}, model.name);
      group->constants.emplace_back(declare(name, false), std::move(value));
    }
    for (ModelRule& rule : model.rules) compileRule(rule, group->rules.emplace_back(), model.name);
    group->slots = next_;
    return group;
  }

 private:
  struct Variable {
    std::string name;
    Slot slot;
    bool target;
  };

  Slot declare(const std::string& name, bool target) {
    const Slot slot = next_ < kNoSlot ? next_++ : kNoSlot;
    scope_.push_back({name, slot, target});
    return slot;
  }
  const Variable* find(const std::string& name, bool target) const {
    for (auto it = scope_.rbegin(); it != scope_.rend(); ++it) {
      if (it->name == name && it->target == target) return &*it;
    }
    return nullptr;
  }
  const Variable* find(const std::string& name) const {
    const Variable* source = find(name, false);
    return source != nullptr ? source : find(name, true);
  }

  void fault(std::string_view code, std::uint32_t line, std::vector<std::string> arguments) {
    fhir::Place place;
    place.source = map_.origin;
    place.position.line = line;
    issues_.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  TypeId typeNamed(const std::string& name) const {
    if (name.empty()) return 0;
    for (const ModelStructure& structure : model_.structures) {
      if (structure.alias != name) continue;
      if (const TypeId type = definitions_.findTypeByUrl(structure.url); type != 0) return type;
      const TypeId last = definitions_.findType(structure.url.substr(structure.url.rfind('/') + 1));
      if (last != 0) return last;
    }
    if (const TypeId type = definitions_.findType(name); type != 0) return type;
    return definitions_.findTypeByUrl(name);
  }

  CompiledExpression expression(const ModelExpression& model, const std::string& rule) {
    CompiledExpression result;
    if (model.text.empty()) return result;
    const MapExpressionText text = expressionFromMap(
        model.text, [this](const std::string& name) { return find(name, false) != nullptr; },
        [this](const std::string& name) { return find(name) != nullptr; },
        fhir_sources_ ? &definitions_ : nullptr);
    fhirpath::CompileOptions options;
    options.definitions = &definitions_;
    auto program = fhirpath::compile(text.text, options);
    if (!program) {
      fault("PB-2102", model.line, {rule, model.text, program.error().message});
      return result;
    }
    result.program = std::move(*program);
    for (const std::string& name : text.variables) {
      const Variable& variable = *find(name);
      result.variables.push_back({name, variable.slot, variable.target});
      result.sees_target |= variable.target;
    }
    return result;
  }

  ElementName elementName(const std::string& text) const {
    ElementName name;
    name.text = text.ends_with("[x]") ? text.substr(0, text.size() - 3) : text;
    name.id = definitions_.nameId(name.text);
    if (const auto choice = choiceProperty(definitions_, name.text)) {
      name.choice_id = definitions_.nameId(choice->first);
      name.choice_type = choice->second;
    }
    return name;
  }

  // The variable that a token of an expression stands for; nullptr if it is none.
  const Variable* variableOf(const Token& token) const {
    if (token.kind == Token::Kind::kIdentifier) return find(token.text, false);
    if (token.kind != Token::Kind::kExternal || !token.raw.starts_with('%')) return nullptr;
    return find(std::string(token.raw.substr(1)));
  }

  CompiledMatch matchOf(const std::string& text) const {
    CompiledMatch match;
    const auto tokens = lexFml(text);
    if (!tokens) return match;
    std::span<const Token> rest(*tokens);
    const auto take = [&]() -> const Token& {
      const Token& token = rest.front();
      if (token.kind != Token::Kind::kEnd) rest = rest.subspan(1);
      return token;
    };
    const Token& first = take();
    const Variable* left = variableOf(first);
    const Token* child = nullptr;
    if (left != nullptr) {
      match.left = left->slot;
      if (rest.front().is(".")) {
        take();
        child = &take();
      }
    } else if (first.raw != "$this") {
      child = &first;
    }
    if (child != nullptr) {
      static constexpr std::string_view kNoChildren[] = {"value", "true", "false"};
      if (child->kind != Token::Kind::kIdentifier ||
          std::ranges::find(kNoChildren, child->text) != std::end(kNoChildren))
        return match;
      match.child = elementName(child->text);
      match.named = definitions_.findType(child->text);
      if (match.child.choice_id != 0) return match;
    }
    if (!take().is("=")) return match;
    const Token& last = take();
    const Variable* right = variableOf(last);
    if (right != nullptr) match.right = right->slot;
    if (last.isString()) match.text = last.text;
    match.known = (right != nullptr || last.isString()) && rest.front().kind == Token::Kind::kEnd;
    return match;
  }

  void compileSource(ModelSource& model, CompiledSource& out, const ModelRule& rule,
                     const std::string& path) {
    const Variable* context = find(model.context);
    if (context == nullptr) {
      fault("PB-2103", rule.line, {path, model.context});
    } else if (context->target) {
      fault("PB-2104", rule.line, {path, model.context});
    } else {
      out.context = context->slot;
    }
    out.element = elementName(model.element);
    out.type = typeNamed(model.type);
    out.type_name = model.type;
    out.min = model.min;
    out.max = model.max;
    out.list_mode = model.list_mode;
    out.default_value = expression(model.default_value, path);
    // Every source gets a slot, so that nested rules and messages know the element.
    out.variable = declare(model.variable, false);
    out.where = expression(model.where, path);
    if (out.where) out.match = matchOf(model.where.text);
    out.check = expression(model.check, path);
    out.log = expression(model.log, path);
    out.direct = out.list_mode == ListMode::kNone && !out.min && !out.max && !out.default_value &&
                 !out.check && !out.log && !out.where.sees_target;
  }

  void compileParam(ModelParam& model, CompiledParam& out, const ModelRule& rule,
                    const std::string& path) {
    out.kind = model.kind;
    out.text = model.text;
    if (model.kind == ModelParam::Kind::kExpression)
      out.expression = expression({model.text, rule.line}, path);
    if (model.kind == ModelParam::Kind::kString) out.type = types_.string;
    if (model.kind == ModelParam::Kind::kInteger) out.type = types_.integer;
    if (model.kind == ModelParam::Kind::kDecimal) out.type = types_.decimal;
    if (model.kind != ModelParam::Kind::kVariable) return;
    const Variable* variable = find(model.text);
    if (variable == nullptr) {
      fault("PB-2103", rule.line, {path, model.text});
      return;
    }
    out.slot = variable->slot;
    out.target = variable->target;
  }

  void compileTarget(ModelTarget& model, CompiledTarget& out, const ModelRule& rule,
                     const std::string& path) {
    if (!model.context.empty()) {
      const Variable* context = find(model.context, true);
      if (context == nullptr) {
        fault(find(model.context) == nullptr ? "PB-2103" : "PB-2105", rule.line,
              {path, model.context});
      } else {
        out.context = context->slot;
      }
    }
    out.element = types_.element(model.element);
    out.transform = model.transform;
    for (const ListMode mode : model.list_modes) {
      out.share |= mode == ListMode::kShare;
      if (mode == ListMode::kFirst || mode == ListMode::kLast) out.list_mode = mode;
      // R5 calls single what R4 calls collate.
      if (mode == ListMode::kCollate || mode == ListMode::kSingle)
        out.list_mode = ListMode::kCollate;
    }
    out.share_name = model.share;
    for (ModelParam& param : model.params)
      compileParam(param, out.params.emplace_back(), rule, path);
    // evaluate(v, 'expression') names its expression as text.
    if (model.transform == Transform::kEvaluate && out.params.size() == 2 &&
        out.params[1].kind == ModelParam::Kind::kString)
      out.params[1].expression = expression({out.params[1].text, rule.line}, path);
    const bool create = model.transform == Transform::kCreate && !out.params.empty();
    const bool cast = model.transform == Transform::kCast && out.params.size() == 2;
    if (create || cast) {
      const std::string& name = out.params[cast ? 1 : 0].text;
      out.create_type = typeNamed(name);
      if (out.create_type == 0) fault("PB-2107", rule.line, {path, name});
    }
    if (!model.variable.empty()) {
      out.variable_is_target = out.context != kNoSlot || model.transform == Transform::kCreate;
      out.variable = declare(model.variable, out.variable_is_target);
    }
  }

  void compileRule(ModelRule& model, CompiledRule& out, const std::string& parent) {
    out.path = parent + "/" + model.name;
    out.line = model.line;
    out.simple = model.simple;
    const std::size_t scope = scope_.size();
    for (ModelSource& source : model.sources)
      compileSource(source, out.sources.emplace_back(), model, out.path);
    // Of src.a.b the last one; its way there has variables with a point.
    for (std::size_t i = 0; i < model.sources.size() && out.current == kNoSlot; ++i) {
      if (model.sources[i].variable.find('.') == std::string::npos)
        out.current = out.sources[i].variable;
    }
    for (ModelTarget& target : model.targets)
      compileTarget(target, out.targets.emplace_back(), model, out.path);
    for (ModelDependent& dependent : model.dependents) {
      CompiledDependent& compiled = out.dependents.emplace_back();
      compiled.name = dependent.group;
      for (ModelParam& param : dependent.params)
        compileParam(param, compiled.params.emplace_back(), model, out.path);
    }
    for (ModelRule& rule : model.rules) compileRule(rule, out.rules.emplace_back(), out.path);
    scope_.resize(scope);
  }

  const CompiledMap& map_;
  const MapModel& model_;
  const TypeTable& types_;
  const fhir::Definitions& definitions_;
  std::vector<Issue>& issues_;
  CompiledGroup* group_ = nullptr;
  std::vector<Variable> scope_;
  Slot next_ = 0;
  bool fhir_sources_ = true;
};

}  // namespace

const CompiledGroup* CompiledMap::findGroup(std::string_view wanted) const {
  for (const CompiledMap* map : imported) {
    for (const auto& group : map->groups) {
      if (group->name == wanted) return group.get();
    }
  }
  return nullptr;
}

std::pair<const ConceptMap*, const ConceptMaps*> CompiledMap::findConceptMap(
    std::string_view wanted, const ConceptMaps& outside) const {
  for (const CompiledMap* one : imported) {
    if (const ConceptMap* found = one->concept_maps.find(wanted))
      return {found, &one->concept_maps};
  }
  if (container != nullptr) {
    if (const ConceptMap* found = container->concept_maps.find(wanted))
      return {found, &container->concept_maps};
  }
  const ConceptMap* found = outside.find(wanted);
  return {found, found == nullptr ? nullptr : &outside};
}

const CompiledGroup* CompiledMap::defaultGroup(TypeId source, TypeId target) const {
  for (const CompiledGroup* group : defaults) {
    if (group->inputs[0].type == source && group->inputs[1].type == target) return group;
  }
  return nullptr;
}

const CompiledGroup* CompiledMap::defaultGroup(TypeId source) const {
  for (const CompiledGroup* group : defaults) {
    if (group->type_mode == TypeMode::kTypeAndTypes && group->inputs[0].type == source)
      return group;
  }
  return nullptr;
}

std::unique_ptr<CompiledMap> compileMap(MapModel model, const std::string& origin,
                                        const TypeTable& types, const CompiledMap* container,
                                        std::vector<Issue>& issues) {
  auto map = std::make_unique<CompiledMap>();
  map->url = container == nullptr ? model.url : fmt::format("{}#{}", container->url, model.id);
  map->inner_url = container == nullptr ? "" : model.url;
  map->container = container;
  map->name = model.name;
  map->origin = origin;
  map->structures = model.structures;
  map->imports = model.imports;
  for (ConceptMap& concept_map : model.concept_maps) map->concept_maps.add(std::move(concept_map));
  const std::size_t before = issues.size();
  for (ModelGroup& group : model.groups)
    map->groups.push_back(GroupCompiler(*map, model, types, issues).run(group));
  if (issues.size() != before) return nullptr;
  return map;
}

}  // namespace planbro::mapping
