#include "mapping/fml_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace planbro::mapping {
namespace {

using Kind = Token::Kind;

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

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  std::expected<MapModel, FmlError> run() {
    if (!parseMap()) return std::unexpected(error_);
    return std::move(model_);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool accept(std::string_view symbol) {
    if (!peek().is(symbol)) return false;
    take();
    return true;
  }
  bool acceptWord(std::string_view word) {
    if (!peek().isWord(word)) return false;
    take();
    return true;
  }
  bool fault(std::string message) {
    if (error_.message.empty()) {
      const Token& token = peek();
      error_ = {std::move(message), token.line, token.column};
      if (token.kind == Kind::kEnd) error_.message += " (at the end of the text)";
    }
    return false;
  }
  bool expect(std::string_view symbol) {
    if (accept(symbol)) return true;
    return fault(fmt::format("'{}' is missing before '{}'", symbol, shown(peek())));
  }
  static std::string_view shown(const Token& token) {
    return token.kind == Kind::kEnd ? std::string_view("end") : token.raw.substr(0, 40);
  }
  bool identifier(std::string& out) {
    if (peek().kind != Kind::kIdentifier)
      return fault(fmt::format("a name is missing before '{}'", shown(peek())));
    out = take().text;
    return true;
  }
  // A name or a quoted text.
  bool label(std::string& out) {
    if (!peek().isString()) return identifier(out);
    out = take().text;
    return true;
  }
  bool url(std::string& out) {
    if (!peek().isString())
      return fault(fmt::format("a quoted URL is missing before '{}'", shown(peek())));
    out = take().text;
    return true;
  }

  bool parseMap() {
    while (peek().kind != Kind::kEnd) {
      const Token& token = peek();
      bool good = true;
      if (token.kind == Kind::kMetadata) {
        metadata(take().text);
      } else if (token.isWord("map")) {
        good = mapHeader();
      } else if (token.isWord("uses")) {
        good = uses();
      } else if (token.isWord("imports")) {
        take();
        good = url(model_.imports.emplace_back());
        accept(";");
      } else if (token.isWord("conceptmap")) {
        good = conceptMap();
      } else if (token.isWord("let")) {
        good = constant();
      } else if (token.isWord("group")) {
        good = group();
      } else {
        good = fault(fmt::format("'{}' begins nothing that a map is made of", shown(token)));
      }
      if (!good) return false;
    }
    if (model_.groups.empty()) return fault("the map has no group");
    if (model_.url.empty()) return fault("the map has no url");
    return true;
  }

  // "url = 'http://…'"; other metadata need no understanding.
  void metadata(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    const std::string_view name = trim(line.substr(0, equals));
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') &&
        value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    if (name == "url") model_.url = value;
    if (name == "name") model_.name = value;
    if (name == "title") model_.title = value;
    if (name == "version") model_.version = value;
  }

  bool mapHeader() {
    take();
    if (!url(model_.url) || !expect("=")) return false;
    if (!label(model_.name)) return false;
    accept(";");
    return true;
  }

  bool uses() {
    take();
    ModelStructure structure;
    if (!url(structure.url)) return false;
    if (acceptWord("alias") && !label(structure.alias)) return false;
    if (!acceptWord("as")) return fault("'as' and a mode are missing");
    if (!label(structure.mode)) return false;
    accept(";");
    model_.structures.push_back(std::move(structure));
    return true;
  }

  bool constant() {
    take();
    std::string name;
    if (!identifier(name) || !expect("=")) return false;
    ModelExpression value;
    if (!expression(value)) return false;
    model_.constants.emplace_back(std::move(name), std::move(value.text));
    accept(";");
    return true;
  }

  // A code of a concept map: letters, digits and what codes are made of, or quoted.
  bool code(std::string& out) {
    if (peek().isString()) {
      out = take().text;
      return true;
    }
    const auto plain = [&](const Token& token) {
      return token.kind == Kind::kIdentifier || token.kind == Kind::kNumber ||
             (token.kind == Kind::kSymbol &&
              (token.raw == "-" || token.raw == "." || token.raw == "/" || token.raw == "+"));
    };
    std::uint32_t end = peek().begin;
    while (plain(peek()) && peek().begin == end) {
      out += peek().raw;
      end = peek().end;
      take();
    }
    return !out.empty() || fault("a code is missing");
  }

  bool conceptMap() {
    take();
    ConceptMap map;
    std::string name;
    if (!url(name) || !expect("{")) return false;
    map.url = name.starts_with("#") || name.find(':') != std::string::npos ? name : "#" + name;
    std::map<std::string, std::string> prefixes;
    const auto groupOf = [&](const std::string& source,
                             const std::string& target) -> ConceptMapGroup& {
      for (ConceptMapGroup& group : map.groups) {
        if (group.source == source && (target.empty() || group.target == target)) return group;
      }
      ConceptMapGroup& group = map.groups.emplace_back();
      group.source = source;
      group.target = target;
      return group;
    };
    std::vector<std::pair<std::string, ConceptMapGroup>> unmapped;
    while (!accept("}")) {
      if (peek().kind == Kind::kMetadata) {
        take();
      } else if (peek().isWord("prefix") && !peek(1).is(":")) {
        take();
        std::string prefix;
        if (!identifier(prefix) || !expect("=") || !url(prefixes[prefix])) return false;
        accept(";");
      } else if (peek().isWord("unmapped") && !peek(1).is(":")) {
        if (!unmappedRule(prefixes, unmapped)) return false;
      } else if (!mapping(prefixes, groupOf)) {
        return false;
      }
    }
    for (auto& [source, rule] : unmapped) {
      bool found = false;
      for (ConceptMapGroup& group : map.groups) {
        if (group.source != source) continue;
        found = true;
        group.unmapped = rule.unmapped;
        group.fixed = rule.fixed;
        group.fixed.system = group.target;
        group.other_map = rule.other_map;
      }
      if (!found) map.groups.push_back(std::move(rule));
    }
    model_.concept_maps.push_back(std::move(map));
    return true;
  }

  bool unmappedRule(const std::map<std::string, std::string>& prefixes,
                    std::vector<std::pair<std::string, ConceptMapGroup>>& out) {
    take();
    if (!acceptWord("for")) return fault("'for' is missing");
    std::string prefix, mode;
    if (!identifier(prefix) || !expect("=") || !label(mode)) return false;
    const auto system = prefixes.find(prefix);
    if (system == prefixes.end()) return fault(fmt::format("the prefix '{}' is not known", prefix));
    ConceptMapGroup rule;
    rule.source = system->second;
    if (mode == "provided") {
      rule.unmapped = ConceptMapGroup::Unmapped::kProvided;
    } else if (mode == "fixed") {
      rule.unmapped = ConceptMapGroup::Unmapped::kFixed;
      if (!code(rule.fixed.code)) return false;
    } else {
      // "other-map" is lexed as other - map.
      if (mode == "other" && accept("-")) acceptWord("map");
      rule.unmapped = ConceptMapGroup::Unmapped::kOtherMap;
      if (peek().isString()) {
        rule.other_map = take().text;
      } else {
        return fault("unmapped takes provided, fixed and a code, or other-map and a URL");
      }
    }
    accept(";");
    out.emplace_back(system->second, std::move(rule));
    return true;
  }

  template <typename GroupOf>
  bool mapping(const std::map<std::string, std::string>& prefixes, const GroupOf& groupOf) {
    std::string source_prefix, target_prefix, source, target;
    if (!identifier(source_prefix) || !expect(":") || !code(source)) return false;
    const std::string_view relation = peek().raw;
    static constexpr std::array<std::string_view, 11> kRelations{
        "-", "=", "==", "!=", "<=", ">=", "<-", "~", "--", "<", ">"};
    if (std::find(kRelations.begin(), kRelations.end(), relation) == kRelations.end())
      return fault(fmt::format("'{}' is no relationship between codes", relation));
    take();
    if (relation == ">") accept("-");
    const bool none = relation == "--" || relation == "!=";
    if (relation == "--" && !(peek(1).is(":") && peek().kind == Kind::kIdentifier)) {
      accept(";");
      return true;
    }
    if (!identifier(target_prefix) || !expect(":") || !code(target)) return false;
    for (const std::string& prefix : {source_prefix, target_prefix}) {
      if (!prefixes.contains(prefix))
        return fault(fmt::format("the prefix '{}' is not known", prefix));
    }
    accept(";");
    if (none) return true;
    const std::string& target_system = prefixes.at(target_prefix);
    groupOf(prefixes.at(source_prefix), target_system)
        .codes.emplace(source, TranslatedCode{target_system, target, {}});
    return true;
  }

  bool group() {
    ModelGroup group;
    group.line = take().line;
    if (!identifier(group.name)) return false;
    const auto typeMode = [&] {
      if (!accept("<<")) return true;
      if (!acceptWord("types") && !acceptWord("type")) return fault("a type mode is missing");
      group.type_mode = accept("+") ? TypeMode::kTypeAndTypes : TypeMode::kTypes;
      return expect(">>");
    };
    if (!expect("(")) return false;
    do {
      ModelInput input;
      if (acceptWord("source")) {
        input.mode = InputMode::kSource;
      } else if (acceptWord("target")) {
        input.mode = InputMode::kTarget;
      } else {
        return fault("an input begins with 'source' or 'target'");
      }
      if (!identifier(input.name)) return false;
      if (accept(":") && !label(input.type)) return false;
      group.inputs.push_back(std::move(input));
    } while (accept(","));
    if (!expect(")")) return false;
    if (acceptWord("extends") && !identifier(group.extends)) return false;
    if (!typeMode() || !expect("{")) return false;
    if (!rules(group.rules, 0)) return false;
    model_.groups.push_back(std::move(group));
    return true;
  }

  // Up to and with the closing brace.
  bool rules(std::vector<ModelRule>& out, int depth) {
    if (depth > kMaxRuleDepth) return fault("rules stand too deep inside each other");
    while (!accept("}")) {
      if (peek().kind == Kind::kEnd) return fault("'}' is missing");
      if (peek().kind == Kind::kMetadata || peek().is(";")) {
        take();
        continue;
      }
      if (!rule(out.emplace_back(), depth)) return false;
    }
    return true;
  }

  bool rule(ModelRule& rule, int depth) {
    rule.line = peek().line;
    // STU3 wrote names in front: name : for src.x …
    if (peek().kind == Kind::kIdentifier && peek(1).is(":") && peek(2).isWord("for")) {
      rule.name = take().text;
      take();
      take();
    }
    do {
      if (!source(rule.sources.emplace_back())) return false;
    } while (accept(","));
    if (accept("->") || acceptWord("make")) {
      do {
        if (!target(rule.targets.emplace_back())) return false;
      } while (accept(","));
    }
    if (acceptWord("then") && !dependents(rule, depth)) return false;
    if (peek().isString()) {
      rule.name = take().text;
    } else if (peek().kind == Kind::kIdentifier && peek(1).is(";")) {
      rule.name = take().text;
    }
    if (!expect(";")) return false;
    nameRule(rule);
    return true;
  }

  static void nameRule(ModelRule& rule) {
    const ModelSource& first = rule.sources.front();
    if (rule.name.empty()) rule.name = first.element.empty() ? first.context : first.element;
    rule.simple = rule.sources.size() == 1 && rule.targets.size() == 1 && rule.rules.empty() &&
                  rule.dependents.empty() && first.variable.empty() && !first.element.empty() &&
                  rule.targets.front().variable.empty() && !rule.targets.front().element.empty() &&
                  rule.targets.front().transform == Transform::kNone;
  }

  bool dependents(ModelRule& rule, int depth) {
    while (peek().kind == Kind::kIdentifier && peek(1).is("(")) {
      ModelDependent dependent;
      dependent.group = take().text;
      take();
      if (!params(dependent.params)) return false;
      rule.dependents.push_back(std::move(dependent));
      if (!accept(",")) break;
    }
    if (accept("{")) return rules(rule.rules, depth + 1);
    if (rule.dependents.empty()) return fault("a group or '{' is missing behind 'then'");
    return true;
  }

  bool source(ModelSource& out) {
    if (!identifier(out.context)) return false;
    if (accept(".") && !label(out.element)) return false;
    choiceSuffix();
    if (accept(":") && !label(out.type)) return false;
    if (peek().kind == Kind::kNumber && !cardinality(out)) return false;
    bool more = true;
    while (more) {
      more = false;
      if (acceptWord("default")) {
        if (!expression(out.default_value)) return false;
        more = true;
      } else if (const ListMode mode = listMode(); mode != ListMode::kNone) {
        out.list_mode = mode;
        more = true;
      }
    }
    if (acceptWord("as") && !identifier(out.variable)) return false;
    more = true;
    while (more) {
      more = true;
      if (acceptWord("where")) {
        if (!expression(out.where)) return false;
      } else if (acceptWord("check")) {
        if (!expression(out.check)) return false;
      } else if (acceptWord("log")) {
        if (!expression(out.log)) return false;
      } else {
        more = false;
      }
    }
    return true;
  }

  void choiceSuffix() {
    if (peek().is("[") && peek(1).isWord("x") && peek(2).is("]")) {
      take();
      take();
      take();
    }
  }

  bool cardinality(ModelSource& out) {
    std::uint32_t value = 0;
    if (!number(take().raw, value)) return fault("a cardinality is two whole numbers");
    out.min = value;
    if (!expect("..")) return false;
    if (accept("*")) return true;
    if (peek().kind != Kind::kNumber || !number(take().raw, value))
      return fault("a cardinality is two whole numbers");
    out.max = value;
    return true;
  }

  static bool number(std::string_view text, std::uint32_t& out) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc() && end == text.data() + text.size();
  }

  ListMode listMode() {
    for (const auto& [name, mode] : kListModes) {
      if (acceptWord(name)) return mode;
    }
    return ListMode::kNone;
  }

  bool target(ModelTarget& out) {
    if (peek().is("(")) {  // (expression) as variable
      out.transform = Transform::kEvaluate;
      if (!parenthesized(out.params)) return false;
    } else if (peek().kind == Kind::kIdentifier && peek(1).is("(")) {
      if (!invocation(out)) return false;
    } else {
      if (!identifier(out.context)) return false;
      if (accept(".") && !label(out.element)) return false;
      if (peek().is("."))
        return fault("a target is a variable and one element; use a rule of its own to go deeper");
      choiceSuffix();
      if (accept("=") && !transform(out)) return false;
    }
    if (acceptWord("as") && !identifier(out.variable)) return false;
    for (ListMode mode = listMode(); mode != ListMode::kNone; mode = listMode()) {
      out.list_modes.push_back(mode);
      if (mode == ListMode::kShare && peek().kind == Kind::kIdentifier) out.share = take().text;
    }
    return true;
  }

  bool transform(ModelTarget& out) {
    if (peek().is("(")) {
      out.transform = Transform::kEvaluate;
      return parenthesized(out.params);
    }
    if (peek().kind == Kind::kIdentifier && peek(1).is("(")) return invocation(out);
    out.transform = Transform::kCopy;
    return param(out.params.emplace_back());
  }

  bool parenthesized(std::vector<ModelParam>& params) {
    const std::uint32_t begin = peek().begin;
    if (!skipParentheses()) return false;
    const std::uint32_t end = tokens_[at_ - 1].end;
    params.push_back({ModelParam::Kind::kExpression, expressionText(begin, end)});
    return true;
  }

  bool skipParentheses() {
    int depth = 0;
    do {
      if (peek().kind == Kind::kEnd) return fault("')' is missing");
      if (peek().is("(")) ++depth;
      if (peek().is(")")) --depth;
      take();
    } while (depth > 0);
    return true;
  }

  bool invocation(ModelTarget& out) {
    const std::optional<Transform> found = transformNamed(peek().text);
    if (!found) return fault(fmt::format("'{}' is no transform", shown(peek())));
    out.transform = *found;
    take();
    take();
    return params(out.params);
  }

  // Behind the opening parenthesis, with the closing one.
  bool params(std::vector<ModelParam>& out) {
    if (accept(")")) return true;
    do {
      if (!param(out.emplace_back())) return false;
    } while (accept(","));
    return expect(")");
  }

  bool param(ModelParam& out) {
    const Token& first = peek();
    const Token& second = peek(1);
    // One token and nothing behind it that would make it an expression.
    const bool alone = second.is(",") || second.is(")") || second.is(";") || second.isString() ||
                       second.kind == Kind::kEnd || second.kind == Kind::kIdentifier ||
                       second.is("}");
    if (first.isString() && alone) {
      out = {ModelParam::Kind::kString, take().text};
      return true;
    }
    if (first.kind == Kind::kNumber && alone) {
      const bool decimal = first.raw.find('.') != std::string_view::npos;
      out = {decimal ? ModelParam::Kind::kDecimal : ModelParam::Kind::kInteger, take().text};
      return true;
    }
    if (first.is("-") && second.kind == Kind::kNumber) {
      take();
      const bool decimal = peek().raw.find('.') != std::string_view::npos;
      out = {decimal ? ModelParam::Kind::kDecimal : ModelParam::Kind::kInteger, "-" + take().text};
      return true;
    }
    if (first.kind == Kind::kIdentifier && alone) {
      const bool boolean = first.raw == "true" || first.raw == "false";
      out = {boolean ? ModelParam::Kind::kBoolean : ModelParam::Kind::kVariable, take().text};
      return true;
    }
    ModelExpression whole;
    if (!expression(whole)) return false;
    out = {ModelParam::Kind::kExpression, std::move(whole.text)};
    return true;
  }

  // FHIRPath up to what cannot belong to it.
  bool expression(ModelExpression& out) {
    out.line = peek().line;
    const std::uint32_t begin = peek().begin;
    std::uint32_t end = begin;
    int depth = 0;
    bool operand = false;  // whether the last token could end an expression
    while (true) {
      const Token& token = peek();
      if (token.kind == Kind::kEnd || token.kind == Kind::kMetadata) break;
      if (depth == 0 && ends(token, operand)) break;
      if (token.is("(") || token.is("[") || token.is("{")) ++depth;
      if (token.is(")") || token.is("]") || token.is("}")) --depth;
      operand = token.kind != Kind::kSymbol || token.is(")") || token.is("]") || token.is("}");
      if (token.kind == Kind::kIdentifier && isOperatorWord(token.raw)) operand = false;
      end = token.end;
      take();
    }
    if (end == begin) return fault("an expression is missing");
    out.text = expressionText(begin, end);
    return true;
  }

  static bool isOperatorWord(std::string_view word) {
    static constexpr std::array<std::string_view, 10> kWords{
        "and", "or", "xor", "implies", "is", "as", "in", "contains", "div", "mod"};
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
  }

  bool ends(const Token& token, bool operand) const {
    if (token.is("->") || token.is(",") || token.is(";") || token.is(")") || token.is("}"))
      return true;
    if (operand && token.is("{")) return true;
    if (operand && token.kind == Kind::kDoubleQuoted) return true;
    if (!operand || token.kind != Kind::kIdentifier) return false;
    static constexpr std::array<std::string_view, 5> kWords{"check", "log", "then", "where",
                                                            "make"};
    if (std::find(kWords.begin(), kWords.end(), token.raw) != kWords.end()) return true;
    const bool list_mode = std::any_of(kListModes.begin(), kListModes.end(),
                                       [&](const auto& mode) { return mode.first == token.raw; });
    const bool names = token.raw == "as" && peek(1).kind == Kind::kIdentifier;
    return (list_mode || names) && defaultEnds();
  }

  // Behind `default expr`, `as` names the variable; FHIRPath's `as` needs parentheses there.
  bool defaultEnds() const {
    for (std::size_t i = at_; i > 0; --i) {
      const Token& token = tokens_[i - 1];
      if (token.isWord("default")) return true;
      if (token.is(";") || token.is("{") || token.isWord("where") || token.isWord("check") ||
          token.isWord("log") || token.is("->"))
        return false;
    }
    return false;
  }

  // The text between, with comments dropped and "…" turned into '…'.
  std::string expressionText(std::uint32_t begin, std::uint32_t end) const {
    std::string out;
    std::uint32_t last = begin;
    const auto first =
        std::lower_bound(tokens_.begin(), tokens_.end(), begin,
                         [](const Token& token, std::uint32_t at) { return token.begin < at; });
    for (auto it = first; it != tokens_.end() && it->end <= end; ++it) {
      const Token& token = *it;
      if (token.kind == Kind::kEnd) break;
      if (token.begin > last) out += ' ';
      last = token.end;
      if (token.kind != Kind::kDoubleQuoted) {
        out += token.raw;
        continue;
      }
      out += '\'';
      for (const char c : token.raw.substr(1, token.raw.size() - 2)) {
        if (c == '\'') out += '\\';
        out += c;
      }
      out += '\'';
    }
    return out;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  MapModel model_;
  FmlError error_;
};

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

std::expected<MapModel, FmlError> parseFml(std::string_view text) {
  auto tokens = lexFml(text);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(text, std::move(*tokens)).run();
}

}  // namespace planbro::mapping
