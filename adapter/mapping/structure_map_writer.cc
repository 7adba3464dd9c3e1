#include "mapping/structure_map_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "fhir/element.h"
#include "json/builder.h"
#include "mapping/fml_parser.h"
#include "mapping/written_names.h"

namespace planbro::mapping {
namespace {

// R4's word for R5's single is collate.
std::string_view modeName(ListMode mode) {
  return listModeName(mode == ListMode::kSingle ? ListMode::kCollate : mode);
}

// R4 calls what a rule makes of `src.x -> tgt.y` a variable of this name on both sides.
constexpr std::string_view kSimpleVariable = "vvv";

class Writer {
 public:
  Writer(const MapModel& map, const StructureMapOptions& options) : map_(map), options_(options) {}

  Result<WrittenMap> write() {
    WrittenMap written;
    for (const ConceptMap& one : map_.concept_maps) {
      conceptMap(one);
      written.concept_maps.push_back(finished());
    }
    out_.beginObject();
    text("resourceType", "StructureMap");
    text("id", options_.id);
    PLANBRO_RETURN_IF_ERROR(contained());
    PLANBRO_RETURN_IF_ERROR(body(map_));
    out_.endObject();
    written.map = finished();
    return written;
  }

 private:
  json::DocumentPtr finished() {
    json::Builder done = std::exchange(out_, json::Builder(&fhir::Definitions::r4().names()));
    return std::move(done).finish(
        [](json::DocumentMaker& maker) { fhir::bind(maker, fhir::Definitions::r4()); });
  }

  Status contained() {
    if (map_.contained.empty()) return {};
    out_.key("contained").beginArray();
    for (const MapModel& one : map_.contained) {
      current_ = &one;
      out_.beginObject();
      text("resourceType", "StructureMap");
      text("id", one.id);
      PLANBRO_RETURN_IF_ERROR(body(one));
      out_.endObject();
    }
    out_.endArray();
    current_ = &map_;
    return {};
  }

  // What a map has, contained or not.
  Status body(const MapModel& map) {
    if (!map.constants.empty()) return refuse("has constants (let)");
    metadata(map);
    if (!map.structures.empty()) list("structure", map.structures, &Writer::structure);
    imports(map);
    out_.key("group").beginArray();
    for (const ModelGroup& one : map.groups) PLANBRO_RETURN_IF_ERROR(group(one));
    out_.endArray();
    return {};
  }

  // A contained map takes nothing from the options: it is described by its container.
  void metadata(const MapModel& map) {
    const bool inside = &map != &map_;
    const auto textOr = [&](std::string_view name, std::string_view own, std::string_view other) {
      text(name, own.empty() ? other : own);
    };
    text("url", map.url);
    textOr("version", map.version, inside ? std::string_view() : options_.version);
    textOr("name", map.name, inside ? std::string_view(map.id) : options_.id);
    text("title", map.title);
    textOr("status", map.status, "draft");
    if (!map.experimental.empty()) out_.key("experimental").boolean(map.experimental == "true");
    text("date", map.date);
    textOr("publisher", map.publisher, inside ? std::string_view() : options_.publisher);
    text("description", map.description);
    text("purpose", map.purpose);
    text("copyright", map.copyright);
  }

  void imports(const MapModel& map) {
    std::vector<std::string> urls = map.imports;
    for (const MapModel& inside : map.contained) {
      std::string reference = "#" + inside.id;
      if (std::ranges::find(urls, reference) == urls.end()) urls.push_back(std::move(reference));
    }
    if (urls.empty()) return;
    out_.key("import").beginArray();
    for (const std::string& url : urls) out_.string(url);
    out_.endArray();
  }

  std::unexpected<Error> refuse(std::string_view what) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} {}, which an R4 StructureMap cannot say", current_->url, what));
  }

  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) out_.key(name).string(value);
  }
  void id(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, idOfName(value));
  }
  void expression(std::string_view name, const ModelExpression& value) {
    text(name, scope_.written(value.text));
  }

  template <typename Item>
  void list(std::string_view name, const std::vector<Item>& items,
            void (Writer::*one)(const Item&)) {
    out_.key(name).beginArray();
    for (const Item& item : items) (this->*one)(item);
    out_.endArray();
  }

  // "#kinds" of the map MyMap is the concept map MyMap-kinds; one with a URL is named by its end.
  std::string conceptMapId(std::string_view url) const {
    if (!url.starts_with('#')) return idOfName(url.substr(url.find_last_of("/:") + 1));
    return idOfName(fmt::format("{}-{}", options_.id, url.substr(1)));
  }
  std::string conceptMapUrl(std::string_view url) const {
    if (!url.starts_with('#')) return std::string(url);
    return fmt::format("{}/{}", options_.concept_map_base, conceptMapId(url));
  }

  void conceptMap(const ConceptMap& one) {
    out_.beginObject();
    text("resourceType", "ConceptMap");
    text("id", conceptMapId(one.url));
    text("url", conceptMapUrl(one.url));
    text("version", map_.version.empty() ? options_.version : std::string_view(map_.version));
    std::string name = conceptMapId(one.url);
    std::replace(name.begin(), name.end(), '-', '_');
    text("name", name);
    text("status", map_.status.empty() ? "draft" : std::string_view(map_.status));
    text("publisher", map_.publisher.empty() ? options_.publisher : map_.publisher);
    list("group", one.groups, &Writer::conceptMapGroup);
    out_.endObject();
  }

  void conceptMapGroup(const ConceptMapGroup& one) {
    out_.beginObject();
    text("source", one.source);
    text("target", one.target);
    std::map<std::string_view, const std::vector<TranslatedCode>*> sorted;
    for (const auto& [code, targets] : one.codes) sorted.emplace(code, &targets);
    out_.key("element").beginArray();
    for (const auto& [code, targets] : sorted) {
      out_.beginObject();
      text("code", code);
      out_.key("target").beginArray();
      for (const TranslatedCode& target : *targets) {
        out_.beginObject();
        text("code", target.code);
        text("display", target.display);
        text("equivalence", target.equivalence);
        out_.endObject();
      }
      out_.endArray();
      out_.endObject();
    }
    out_.endArray();
    unmapped(one);
    out_.endObject();
  }

  void unmapped(const ConceptMapGroup& one) {
    using Unmapped = ConceptMapGroup::Unmapped;
    if (one.unmapped == Unmapped::kError) return;
    out_.key("unmapped").beginObject();
    text("mode", one.unmapped == Unmapped::kProvided ? "provided"
                 : one.unmapped == Unmapped::kFixed  ? "fixed"
                                                     : "other-map");
    text("code", one.fixed.code);
    text("display", one.fixed.display);
    text("url", conceptMapUrl(one.other_map));
    out_.endObject();
  }

  void structure(const ModelStructure& one) {
    out_.beginObject();
    text("url", one.url);
    text("mode", one.mode);
    text("alias", one.alias);
    out_.endObject();
  }

  void input(const ModelInput& one) {
    out_.beginObject();
    scope_.declare(one.name, one.mode == InputMode::kTarget);
    id("name", one.name);
    text("type", one.type);
    text("mode", one.mode == InputMode::kTarget ? "target" : "source");
    out_.endObject();
  }

  Status group(const ModelGroup& one) {
    scope_.release(0);
    out_.beginObject();
    id("name", one.name);
    id("extends", one.extends);
    text("typeMode", one.type_mode == TypeMode::kTypes          ? "types"
                     : one.type_mode == TypeMode::kTypeAndTypes ? "type-and-types"
                                                                : "none");
    list("input", one.inputs, &Writer::input);
    PLANBRO_RETURN_IF_ERROR(rules(one.rules, 0));
    out_.endObject();
    return {};
  }

  Status rules(const std::vector<ModelRule>& all, int depth) {
    if (all.empty()) return {};
    if (depth > kMaxRuleDepth) return refuse("has rules too deep inside each other");
    out_.key("rule").beginArray();
    for (const ModelRule& one : all) PLANBRO_RETURN_IF_ERROR(rule(one, depth));
    out_.endArray();
    return {};
  }

  Status rule(const ModelRule& one, int depth) {
    const std::size_t outside = scope_.mark();
    out_.beginObject();
    text("name", idOfRule(one.name));
    out_.key("source").beginArray();
    // Of a path the last element only has no name yet.
    for (const ModelSource& from : one.sources)
      PLANBRO_RETURN_IF_ERROR(source(from, one.simple && &from == &one.sources.back()));
    out_.endArray();
    const std::vector<const ModelParam*> literals = literalsOf(one);
    if (!one.targets.empty() || !literals.empty()) {
      out_.key("target").beginArray();
      std::size_t made = literals.size();
      for (const ModelTarget& to : one.targets)
        target(to, one.simple && &to == &one.targets.back(), made);
      for (std::size_t i = 0; i < literals.size(); ++i) variable(*literals[i], i);
      out_.endArray();
    }
    PLANBRO_RETURN_IF_ERROR(rules(one.rules, depth + 1));
    PLANBRO_RETURN_IF_ERROR(dependents(one));
    out_.endObject();
    scope_.release(outside);
    return {};
  }

  Status source(const ModelSource& one, bool simple) {
    scope_.declare(one.variable, false);
    out_.beginObject();
    id("context", one.context);
    if (one.min) out_.key("min").number(std::to_string(*one.min));
    if (one.min || one.max) text("max", one.max ? std::to_string(*one.max) : std::string("*"));
    text("type", one.type);
    PLANBRO_RETURN_IF_ERROR(defaultValue(one.default_value.text));
    text("element", one.element);
    text("listMode", modeName(one.list_mode));
    id("variable", simple ? kSimpleVariable : std::string_view(one.variable));
    expression("condition", one.where);
    expression("check", one.check);
    expression("logMessage", one.log);
    out_.endObject();
    return {};
  }

  // A default is a value in R4 and an expression in the text form: literals are both.
  Status defaultValue(std::string_view expression) {
    if (expression.empty()) return {};
    if (expression == "true" || expression == "false") {
      out_.key("defaultValueBoolean").boolean(expression == "true");
      return {};
    }
    if (expression.size() < 2 || (expression.front() != '\'' && expression.front() != '"') ||
        expression.back() != expression.front() || expression.find('\\') != expression.npos)
      return refuse(fmt::format("has the default {}", expression));
    out_.key("defaultValueString").string(expression.substr(1, expression.size() - 2));
    return {};
  }

  // An expression that is a parameter of another transform than evaluate becomes a variable, too;
  // `made` counts the variables of the rule.
  void target(const ModelTarget& one, bool simple, std::size_t& made) {
    std::size_t number = made;
    for (const ModelParam& param : one.params) {
      if (isOutside(one, param)) variable(param, made++);
    }
    out_.beginObject();
    id("context", one.context);
    if (!one.context.empty()) text("contextType", "variable");
    text("element", one.element);
    id("variable", simple ? kSimpleVariable : std::string_view(one.variable));
    if (!one.list_modes.empty()) {
      out_.key("listMode").beginArray();
      for (const ListMode mode : one.list_modes) out_.string(modeName(mode));
      out_.endArray();
    }
    id("listRuleId", one.share);
    if (simple) {
      text("transform", transformName(Transform::kCreate));
    } else if (one.transform != Transform::kNone) {
      text("transform", transformName(one.transform));
    }
    if (!one.params.empty()) {
      out_.key("parameter").beginArray();
      for (const ModelParam& param : one.params) {
        if (isOutside(one, param)) {
          parameter({ModelParam::Kind::kVariable, variableName(number++)});
        } else if (one.transform == Transform::kEvaluate &&
                   param.kind == ModelParam::Kind::kString && &param == &one.params.back()) {
          parameter({ModelParam::Kind::kExpression, param.text});
        } else if (one.transform == Transform::kTranslate &&
                   param.kind == ModelParam::Kind::kString && param.text.starts_with('#')) {
          parameter({ModelParam::Kind::kString, conceptMapUrl(param.text)});
        } else {
          parameter(param);
        }
      }
      out_.endArray();
    }
    out_.endObject();
    scope_.declare(one.variable, !one.context.empty() || one.transform == Transform::kCreate);
  }

  static bool isOutside(const ModelTarget& target, const ModelParam& param) {
    return param.kind == ModelParam::Kind::kExpression && target.transform != Transform::kEvaluate;
  }

  void parameter(const ModelParam& param) {
    out_.beginObject();
    switch (param.kind) {
      case ModelParam::Kind::kVariable:
        id("valueId", param.text);
        break;
      case ModelParam::Kind::kString:
        out_.key("valueString").string(param.text);
        break;
      case ModelParam::Kind::kExpression:
        out_.key("valueString").string(scope_.written(param.text));
        break;
      case ModelParam::Kind::kInteger:
        out_.key("valueInteger").number(param.text);
        break;
      case ModelParam::Kind::kDecimal:
        out_.key("valueDecimal").number(param.text);
        break;
      case ModelParam::Kind::kBoolean:
        out_.key("valueBoolean").boolean(param.text == "true");
        break;
    }
    out_.endObject();
  }

  // What the rule hands to groups other than variables.
  static std::vector<const ModelParam*> literalsOf(const ModelRule& rule) {
    std::vector<const ModelParam*> found;
    for (const ModelDependent& dependent : rule.dependents) {
      for (const ModelParam& param : dependent.params) {
        if (param.kind != ModelParam::Kind::kVariable) found.push_back(&param);
      }
    }
    return found;
  }

  void variable(const ModelParam& param, std::size_t number) {
    out_.beginObject();
    text("variable", variableName(number));
    const bool expression = param.kind == ModelParam::Kind::kExpression;
    text("transform", transformName(expression ? Transform::kEvaluate : Transform::kCopy));
    out_.key("parameter").beginArray();
    parameter(param);
    out_.endArray();
    out_.endObject();
  }

  static std::string variableName(std::size_t number) { return fmt::format("made{}", number); }

  Status dependents(const ModelRule& rule) {
    if (rule.dependents.empty()) return {};
    std::size_t number = 0;
    out_.key("dependent").beginArray();
    for (const ModelDependent& one : rule.dependents) {
      if (one.params.empty()) return refuse(fmt::format("hands nothing to {}", one.group));
      out_.beginObject();
      id("name", one.group);
      out_.key("variable").beginArray();
      for (const ModelParam& param : one.params)
        out_.string(param.kind == ModelParam::Kind::kVariable ? idOfName(param.text)
                                                              : variableName(number++));
      out_.endArray();
      out_.endObject();
    }
    out_.endArray();
    return {};
  }

  const MapModel& map_;
  const MapModel* current_ = &map_;  // the contained map that is being written, else map_
  const StructureMapOptions& options_;
  VariableScope scope_;
  json::Builder out_{&fhir::Definitions::r4().names()};
};

}  // namespace

Result<WrittenMap> writeStructureMap(const MapModel& map, const StructureMapOptions& options) {
  return Writer(map, options).write();
}

}  // namespace planbro::mapping
