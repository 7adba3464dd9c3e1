#include "mapping/fml_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "mapping/fml_concept_map.h"
#include "mapping/fml_cursor.h"
#include "mapping/fml_expressions.h"
#include "mapping/fml_metadata.h"

namespace planbro::mapping {
namespace {

using Kind = Token::Kind;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : in_(std::move(tokens)) {}

  std::expected<MapModel, FmlError> run() {
    if (!parseMap()) return std::unexpected(in_.error());
    return std::move(model_);
  }

 private:
  bool parseMap() {
    while (in_.peek().kind != Kind::kEnd) {
      const Token& token = in_.peek();
      bool good = true;
      if (token.kind == Kind::kMetadata) {
        readFmlMetadata(in_.take().text, model_);
      } else if (token.isWord("map")) {
        good = mapHeader();
      } else if (token.isWord("uses")) {
        good = uses();
      } else if (token.isWord("imports")) {
        in_.take();
        good = in_.url(model_.imports.emplace_back());
        in_.accept(";");
      } else if (token.isWord("conceptmap")) {
        good = readFmlConceptMap(in_, model_.concept_maps.emplace_back());
      } else if (token.isWord("let")) {
        good = constant();
      } else if (token.isWord("group")) {
        good = group();
      } else {
        good = in_.fault(fmt::format("'{}' begins nothing that a map is made of", in_.shown()));
      }
      if (!good) return false;
    }
    if (model_.groups.empty()) return in_.fault("the map has no group");
    if (model_.url.empty()) return in_.fault("the map has no url");
    return true;
  }

  bool mapHeader() {
    in_.take();
    if (!in_.url(model_.url) || !in_.expect("=")) return false;
    if (!in_.label(model_.name)) return false;
    in_.accept(";");
    return true;
  }

  bool uses() {
    in_.take();
    ModelStructure structure;
    if (!in_.url(structure.url)) return false;
    if (in_.acceptWord("alias") && !in_.label(structure.alias)) return false;
    if (!in_.acceptWord("as")) return in_.fault("'as' and a mode are missing");
    if (!in_.label(structure.mode)) return false;
    in_.accept(";");
    model_.structures.push_back(std::move(structure));
    return true;
  }

  bool constant() {
    in_.take();
    std::string name;
    if (!in_.identifier(name) || !in_.expect("=")) return false;
    ModelExpression value;
    if (!readFmlExpression(in_, value)) return false;
    model_.constants.emplace_back(std::move(name), std::move(value.text));
    in_.accept(";");
    return true;
  }

  bool group() {
    ModelGroup group;
    group.line = in_.take().line;
    if (!in_.identifier(group.name)) return false;
    const auto typeMode = [&] {
      if (!in_.accept("<<")) return true;
      if (!in_.acceptWord("types") && !in_.acceptWord("type"))
        return in_.fault("a type mode is missing");
      group.type_mode = in_.accept("+") ? TypeMode::kTypeAndTypes : TypeMode::kTypes;
      return in_.expect(">>");
    };
    if (!in_.expect("(")) return false;
    do {
      ModelInput input;
      if (in_.acceptWord("source")) {
        input.mode = InputMode::kSource;
      } else if (in_.acceptWord("target")) {
        input.mode = InputMode::kTarget;
      } else {
        return in_.fault("an input begins with 'source' or 'target'");
      }
      if (!in_.identifier(input.name)) return false;
      if (in_.accept(":") && !in_.label(input.type)) return false;
      group.inputs.push_back(std::move(input));
    } while (in_.accept(","));
    if (!in_.expect(")")) return false;
    if (in_.acceptWord("extends") && !in_.identifier(group.extends)) return false;
    if (!typeMode() || !in_.expect("{")) return false;
    if (!rules(group.rules, 0)) return false;
    model_.groups.push_back(std::move(group));
    return true;
  }

  // Up to and with the closing brace.
  bool rules(std::vector<ModelRule>& out, int depth) {
    if (depth > kMaxRuleDepth) return in_.fault("rules stand too deep inside each other");
    while (!in_.accept("}")) {
      if (in_.peek().kind == Kind::kEnd) return in_.fault("'}' is missing");
      if (in_.peek().kind == Kind::kMetadata || in_.peek().is(";")) {
        in_.take();
        continue;
      }
      if (!rule(out.emplace_back(), depth)) return false;
    }
    return true;
  }

  bool rule(ModelRule& rule, int depth) {
    rule.line = in_.peek().line;
    // STU3 wrote names in front: name : for src.x …
    if (in_.peek().kind == Kind::kIdentifier && in_.peek(1).is(":") && in_.peek(2).isWord("for")) {
      rule.name = in_.take().text;
      in_.take();
      in_.take();
    }
    do {
      if (!sources(rule.sources)) return false;
    } while (in_.accept(","));
    if (in_.accept("->") || in_.acceptWord("make")) {
      do {
        if (!target(rule.targets)) return false;
      } while (in_.accept(","));
    }
    if (in_.acceptWord("then") && !dependents(rule, depth)) return false;
    if (in_.peek().isString()) {
      rule.name = in_.take().text;
    } else if (in_.peek().kind == Kind::kIdentifier && in_.peek(1).is(";")) {
      rule.name = in_.take().text;
    }
    if (!in_.expect(";")) return false;
    nameRule(rule);
    return true;
  }

  static void nameRule(ModelRule& rule) {
    const ModelSource& last = rule.sources.back();
    const ModelSource& named = isOnePath(rule.sources) ? last : rule.sources.front();
    if (rule.name.empty()) rule.name = named.element.empty() ? named.context : named.element;
    if (rule.targets.empty()) return;
    const ModelTarget& to = rule.targets.back();
    rule.simple = isOnePath(rule.sources) && isOnePath(rule.targets) && rule.rules.empty() &&
                  rule.dependents.empty() && last.variable.empty() && !last.element.empty() &&
                  to.variable.empty() && !to.element.empty() && to.transform == Transform::kNone;
  }

  bool dependents(ModelRule& rule, int depth) {
    while (in_.peek().kind == Kind::kIdentifier && in_.peek(1).is("(")) {
      ModelDependent dependent;
      dependent.group = in_.take().text;
      in_.take();
      if (!readFmlParams(in_, dependent.params)) return false;
      rule.dependents.push_back(std::move(dependent));
      if (!in_.accept(",")) break;
    }
    if (in_.accept("{")) return rules(rule.rules, depth + 1);
    if (rule.dependents.empty()) return in_.fault("a group or '{' is missing behind 'then'");
    return true;
  }

  // One source; src.a.b.c is src.a and below it b and c, with variables that no name can be.
  bool sources(std::vector<ModelSource>& out) {
    ModelSource source;
    if (!in_.identifier(source.context)) return false;
    if (in_.accept(".") && !in_.label(source.element)) return false;
    choiceSuffix();
    while (in_.accept(".")) {
      if (!below(source, out)) return false;
    }
    return sourceRest(out.emplace_back(std::move(source)));
  }

  bool sourceRest(ModelSource& out) {
    if (in_.accept(":") && !in_.label(out.type)) return false;
    if (in_.peek().kind == Kind::kNumber && !cardinality(out)) return false;
    bool more = true;
    while (more) {
      more = false;
      if (in_.acceptWord("default")) {
        if (!readFmlExpression(in_, out.default_value)) return false;
        more = true;
      } else if (const ListMode mode = listMode(); mode != ListMode::kNone) {
        out.list_mode = mode;
        more = true;
      }
    }
    if (in_.acceptWord("as") && !in_.identifier(out.variable)) return false;
    more = true;
    while (more) {
      more = true;
      if (in_.acceptWord("where")) {
        if (!readFmlExpression(in_, out.where)) return false;
      } else if (in_.acceptWord("check")) {
        if (!readFmlExpression(in_, out.check)) return false;
      } else if (in_.acceptWord("log")) {
        if (!readFmlExpression(in_, out.log)) return false;
      } else {
        more = false;
      }
    }
    return true;
  }

  void choiceSuffix() {
    if (in_.peek().is("[") && in_.peek(1).isWord("x") && in_.peek(2).is("]")) {
      in_.take();
      in_.take();
      in_.take();
    }
  }

  bool cardinality(ModelSource& out) {
    std::uint32_t value = 0;
    if (!number(in_.take().raw, value)) return in_.fault("a cardinality is two whole numbers");
    out.min = value;
    if (!in_.expect("..")) return false;
    if (in_.accept("*")) return true;
    if (in_.peek().kind != Kind::kNumber || !number(in_.take().raw, value))
      return in_.fault("a cardinality is two whole numbers");
    out.max = value;
    return true;
  }

  static bool number(std::string_view text, std::uint32_t& out) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc() && end == text.data() + text.size();
  }

  ListMode listMode() {
    if (in_.peek().kind != Kind::kIdentifier) return ListMode::kNone;
    const auto mode = listModeNamed(in_.peek().raw);
    if (mode) in_.take();
    return mode.value_or(ListMode::kNone);
  }

  // One target; tgt.a.b is tgt.a and below it b, as with sources.
  bool target(std::vector<ModelTarget>& all) {
    ModelTarget out;
    if (in_.peek().is("(")) {  // (expression) as variable
      out.transform = Transform::kEvaluate;
      if (!readFmlParenthesized(in_, out.params)) return false;
    } else if (in_.peek().kind == Kind::kIdentifier && in_.peek(1).is("(")) {
      if (!invocation(out)) return false;
    } else {
      if (!in_.identifier(out.context)) return false;
      if (in_.accept(".") && !in_.label(out.element)) return false;
      choiceSuffix();
      while (in_.accept(".")) {
        if (!below(out, all)) return false;
      }
      if (in_.accept("=") && !transform(out)) return false;
    }
    if (in_.acceptWord("as") && !in_.identifier(out.variable)) return false;
    for (ListMode mode = listMode(); mode != ListMode::kNone; mode = listMode()) {
      out.list_modes.push_back(mode);
      if (mode == ListMode::kShare && in_.peek().kind == Kind::kIdentifier)
        out.share = in_.take().text;
    }
    all.push_back(std::move(out));
    return true;
  }

  // One step down: `item` goes into `all`, named by its path, and becomes the element below it.
  template <typename Item>
  bool below(Item& item, std::vector<Item>& all) {
    if (std::ranges::count(item.context, '.') >= kMaxRuleDepth)
      return in_.fault("a path has too many steps");
    item.variable = fmt::format("{}.{}", item.context, item.element);
    Item next;
    next.context = item.variable;
    all.push_back(std::exchange(item, std::move(next)));
    if (!in_.label(item.element)) return false;
    choiceSuffix();
    return true;
  }

  bool transform(ModelTarget& out) {
    if (in_.peek().is("(")) {
      out.transform = Transform::kEvaluate;
      return readFmlParenthesized(in_, out.params);
    }
    if (in_.peek().kind == Kind::kIdentifier && in_.peek(1).is("(")) return invocation(out);
    out.transform = Transform::kCopy;
    return readFmlParam(in_, out.params.emplace_back());
  }

  bool invocation(ModelTarget& out) {
    const std::optional<Transform> found = transformNamed(in_.peek().text);
    if (!found) return in_.fault(fmt::format("'{}' is no transform", in_.shown()));
    out.transform = *found;
    in_.take();
    in_.take();
    return readFmlParams(in_, out.params);
  }

  FmlCursor in_;
  MapModel model_;
};

}  // namespace

std::expected<MapModel, FmlError> parseFml(std::string_view text) {
  auto tokens = lexFml(text);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(std::move(*tokens)).run();
}

}  // namespace planbro::mapping
