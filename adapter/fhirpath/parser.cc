#include "fhirpath/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fhirpath/lexer.h"
#include "fhirpath/pattern.h"

namespace planbro::fhirpath {
namespace {

constexpr std::size_t kMaxSource = std::size_t{1} << 20;
constexpr int kMaxNesting = 100;           // parentheses, arguments and indexers inside each other
constexpr std::uint16_t kMaxDepth = 1000;  // of the tree: chains of operators make it deep too

struct BinaryOperator {
  std::string_view text;
  int precedence;
  Op op;
};

constexpr int kTypePrecedence = 8;
constexpr auto kOperators = std::to_array<BinaryOperator>({
    {"implies", 1, Op::kImplies},
    {"or", 2, Op::kOr},
    {"xor", 2, Op::kXor},
    {"and", 3, Op::kAnd},
    {"in", 4, Op::kIn},
    {"contains", 4, Op::kContains},
    {"=", 5, Op::kEqual},
    {"~", 5, Op::kEquivalent},
    {"!=", 5, Op::kNotEqual},
    {"!~", 5, Op::kNotEquivalent},
    {"<=", 6, Op::kLessOrEqual},
    {"<", 6, Op::kLess},
    {">", 6, Op::kGreater},
    {">=", 6, Op::kGreaterOrEqual},
    {"|", 7, Op::kUnion},
    {"is", kTypePrecedence, Op::kIs},
    {"as", kTypePrecedence, Op::kAs},
    {"+", 9, Op::kAdd},
    {"-", 9, Op::kSubtract},
    {"&", 9, Op::kConcatenate},
    {"*", 10, Op::kMultiply},
    {"/", 10, Op::kDivide},
    {"div", 10, Op::kWholeDivide},
    {"mod", 10, Op::kModulo},
});

const BinaryOperator* binaryOperator(const Token& token) {
  if (token.kind != TokenKind::kSymbol && token.kind != TokenKind::kIdentifier) return nullptr;
  const auto found = std::ranges::find(kOperators, token.text, &BinaryOperator::text);
  return found == kOperators.end() ? nullptr : &*found;
}

ValueKind systemType(std::string_view name) {
  static constexpr std::pair<std::string_view, ValueKind> kTypes[] = {
      {"Boolean", ValueKind::kBoolean},   {"String", ValueKind::kString},
      {"Integer", ValueKind::kInteger},   {"Long", ValueKind::kInteger},
      {"Decimal", ValueKind::kDecimal},   {"Date", ValueKind::kDate},
      {"DateTime", ValueKind::kDateTime}, {"Time", ValueKind::kTime},
      {"Quantity", ValueKind::kQuantity},
  };
  for (const auto& [type, kind] : kTypes)
    if (type == name) return kind;
  return ValueKind::kNone;
}

std::optional<unsigned> hexCode(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned code = 0;
  for (const char c : text.substr(0, 4)) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    code = code * 16 + digit;
  }
  return code;
}

// Recursive descent with precedence climbing. A failed call leaves error_ and returns kNone.
class Parser {
 public:
  Parser(Program& program, const CompileOptions& options)
      : program_(program), definitions_(*options.definitions), lexer_(program.source) {
    advance();
  }

  std::optional<CompileError> run() {
    program_.root = expression(0);
    if (!failed() && token_.kind != TokenKind::kEnd) fail("The expression should end here");
    return error_;
  }

 private:
  bool failed() const { return error_.has_value(); }

  NodeIndex fail(std::string message) { return failAt(token_.offset, std::move(message)); }
  NodeIndex failAt(std::uint32_t offset, std::string message) {
    if (!error_) error_ = CompileError{std::move(message), offset};
    return kNone;
  }

  void advance() {
    token_ = lexer_.next();
    if (token_.kind == TokenKind::kError) fail(std::string(token_.text));
  }
  bool take(std::string_view symbol) {
    if (!token_.isSymbol(symbol)) return false;
    advance();
    return true;
  }
  bool expect(std::string_view symbol) {
    if (take(symbol)) return true;
    fail("'" + std::string(symbol) + "' is missing here");
    return false;
  }

  NodeIndex add(Node node, std::initializer_list<NodeIndex> children = {}) {
    return add(node, std::span(children.begin(), children.size()));
  }
  NodeIndex add(Node node, std::span<const NodeIndex> children) {
    if (failed()) return kNone;
    std::uint16_t depth = 0;
    for (const NodeIndex child : children) depth = std::max(depth, depths_[child]);
    if (++depth > kMaxDepth) return failAt(node.offset, "The expression is nested too deeply");
    if (children.size() > 0xffff) return failAt(node.offset, "The path has too many steps");
    node.first = static_cast<std::uint32_t>(program_.children.size());
    node.count = static_cast<std::uint16_t>(children.size());
    program_.children.insert(program_.children.end(), children.begin(), children.end());
    const Freedom freedom = freedomOf(node, children);
    if (freedom.fixed && isWorthKeeping(node, children)) {
      for (const NodeIndex child : children)
        if (isKept(program_.nodes[child])) program_.nodes[child].name_id = 0;
      node.name_id = ++program_.kept;
    }
    freedoms_.push_back(freedom);
    program_.nodes.push_back(node);
    depths_.push_back(depth);
    return static_cast<NodeIndex>(program_.nodes.size() - 1);
  }
  // What the value of an expression depends on.
  struct Freedom {
    bool fixed = false;  // on the resource alone: the same all through an evaluation
    bool inner = false;  // not on anything around it but $this and $index, and without effects
  };

  Freedom freedomOf(const Node& node, std::span<const NodeIndex> children) const {
    const auto all = [&](bool Freedom::* property) {
      return std::ranges::all_of(children, [&](NodeIndex c) { return freedoms_[c].*property; });
    };
    const bool resource =
        node.text == "resource" || node.text == "rootResource" || node.text == "context";
    switch (node.op) {
      case Op::kTotal:
        return {};
      case Op::kVariable:
        return {resource, resource};
      case Op::kLiteral:
      case Op::kEmpty:
        return {true, true};
      case Op::kThis:
      case Op::kIndex:
      case Op::kMember:
      case Op::kRoot:
        return {false, true};
      case Op::kIndexer:
        return {false, all(&Freedom::inner)};
      case Op::kFunction:
        return {false, node.function != Function::kTrace &&
                           node.function != Function::kDefineVariable && all(&Freedom::inner)};
      case Op::kPath:
        break;
      default:
        return {all(&Freedom::fixed), all(&Freedom::inner)};
    }
    Freedom freedom{freedoms_[children[0]].fixed, all(&Freedom::inner)};
    for (const NodeIndex child : children.subspan(1)) {
      const Node& step = program_.nodes[child];
      const bool lambda =
          step.op == Op::kFunction && infoOf(step.function).arguments == Arguments::kLambda;
      for (std::size_t i = 0; i < step.count; ++i) {
        const Freedom& argument = freedoms_[program_.child(step, i)];
        if (!(lambda ? argument.inner : argument.fixed)) freedom.fixed = false;
      }
      if (step.op != Op::kMember && step.op != Op::kIndexer && step.op != Op::kFunction)
        freedom.fixed = false;
    }
    freedom.fixed = freedom.fixed && freedom.inner;
    return freedom;
  }

  // Paths with functions in them, and unions of such.
  bool isWorthKeeping(const Node& node, std::span<const NodeIndex> children) const {
    if (program_.kept == 0xffff) return false;
    if (node.op == Op::kUnion)
      return std::ranges::any_of(children, [&](NodeIndex c) { return isKept(program_.nodes[c]); });
    return node.op == Op::kPath && std::ranges::any_of(children, [&](NodeIndex c) {
             return program_.nodes[c].op == Op::kFunction;
           });
  }
  static bool isKept(const Node& node) {
    return (node.op == Op::kPath || node.op == Op::kUnion) && node.name_id != 0;
  }

  NodeIndex literal(std::uint32_t offset, const Value& value) {
    program_.literals.push_back(value);
    return add({.op = Op::kLiteral,
                .offset = offset,
                .extra = static_cast<std::uint32_t>(program_.literals.size() - 1)});
  }

  NodeIndex expression(int least_precedence) {
    if (++nesting_ > kMaxNesting) return fail("The expression is nested too deeply");
    NodeIndex left = unary();
    while (!failed()) {
      const BinaryOperator* found = binaryOperator(token_);
      if (found == nullptr || found->precedence <= least_precedence) break;
      const Token at = token_;
      advance();
      if (found->precedence == kTypePrecedence) {
        const std::uint32_t type = typeSpecifier();
        left = add({.op = found->op, .offset = at.offset, .extra = type}, {left});
      } else {
        const NodeIndex right = expression(found->precedence);
        if (found->op == Op::kIn) keepDuplicates(right);
        if (found->op == Op::kContains) keepDuplicates(left);
        left = add({.op = found->op, .offset = at.offset}, {left, right});
      }
    }
    --nesting_;
    return left;
  }

  // Whether a value is in a union does not depend on its duplicates: they need not be looked for.
  void keepDuplicates(NodeIndex index) {
    while (!failed() && program_.nodes[index].op == Op::kUnion) {
      program_.nodes[index].extra = 0;
      const Node& merged = program_.nodes[index];
      keepDuplicates(program_.child(merged, 1));
      index = program_.child(program_.nodes[index], 0);
    }
  }

  NodeIndex unary() {
    const Token at = token_;
    if (!token_.isSymbol("-") && !token_.isSymbol("+")) return path();
    advance();
    if (++nesting_ > kMaxNesting) return fail("The expression is nested too deeply");
    const NodeIndex operand = unary();
    --nesting_;
    return add({.op = at.text == "-" ? Op::kNegative : Op::kPositive, .offset = at.offset},
               {operand});
  }

  NodeIndex path() {
    const std::uint32_t offset = token_.offset;
    std::vector<NodeIndex> steps{term()};
    while (!failed()) {
      const std::uint32_t at = token_.offset;
      if (take(".")) {
        steps.push_back(invocation(false));
      } else if (take("[")) {
        const NodeIndex index = expression(0);
        expect("]");
        steps.push_back(add({.op = Op::kIndexer, .offset = at}, {index}));
      } else {
        break;
      }
    }
    if (failed()) return kNone;
    return steps.size() == 1 ? steps.front() : add({.op = Op::kPath, .offset = offset}, steps);
  }

  NodeIndex term() {
    const Token at = token_;
    switch (at.kind) {
      case TokenKind::kSymbol:
        break;
      case TokenKind::kString: {
        const auto text = unescaped(at.text);
        if (!text) return fail("An escape in this text is not well-formed");
        advance();
        return literal(at.offset, Value::string(program_.texts.copy(*text)));
      }
      case TokenKind::kNumber:
      case TokenKind::kLongNumber:
        return number();
      case TokenKind::kDate:
      case TokenKind::kDateTime:
      case TokenKind::kTime: {
        const auto parsed = at.kind == TokenKind::kDate   ? Temporal::parseDate(at.text)
                            : at.kind == TokenKind::kTime ? Temporal::parseTime(at.text)
                                                          : Temporal::parseDateTime(at.text);
        if (!parsed) return fail("This is no valid date or time");
        advance();
        return literal(at.offset, Value::temporal(*parsed));
      }
      case TokenKind::kIdentifier:
        if (at.text == "true" || at.text == "false") {
          advance();
          return literal(at.offset, Value::boolean(at.text == "true"));
        }
        return invocation(true);
      case TokenKind::kEnd:
        return fail("The expression ends too early");
      default:
        return invocation(true);
    }
    if (take("(")) {
      const NodeIndex inner = expression(0);
      expect(")");
      return inner;
    }
    if (take("{")) {
      expect("}");
      return add({.op = Op::kEmpty, .offset = at.offset});
    }
    if (take("%")) return variable(at.offset);
    return fail("An expression is missing here");
  }

  NodeIndex number() {
    const Token at = token_;
    advance();
    const auto value = Decimal::parse(at.text);
    if (!value) return failAt(at.offset, "The number has too many digits");
    if (at.kind == TokenKind::kNumber) {
      if (token_.kind == TokenKind::kString) {
        const auto unit = unescaped(token_.text);
        if (!unit) return fail("An escape in this text is not well-formed");
        advance();
        return literal(at.offset, Value::quantity(*value, program_.texts.copy(*unit)));
      }
      if (token_.kind == TokenKind::kIdentifier) {
        if (const std::string_view word = calendarWord(token_.text); !word.empty()) {
          advance();
          return literal(at.offset, Value::quantity(*value, word, true));
        }
      }
    }
    if (value->scale() > 0) return literal(at.offset, Value::decimal(*value));
    const auto whole = value->toInteger();
    if (!whole) return failAt(at.offset, "The number is too large");
    return literal(at.offset, Value::integer(*whole));
  }

  NodeIndex variable(std::uint32_t offset) {
    if (token_.kind != TokenKind::kIdentifier && token_.kind != TokenKind::kDelimited &&
        token_.kind != TokenKind::kString)
      return fail("The name of a variable is missing here");
    std::string_view name = token_.text;
    if (token_.kind == TokenKind::kIdentifier) {
      // %vs-name and %ext-name, which older packages write without quotes.
      advance();
      while ((name.starts_with("vs") || name.starts_with("ext")) && token_.isSymbol("-") &&
             token_.offset == static_cast<std::uint32_t>(name.end() - program_.source.data())) {
        advance();
        if (token_.kind != TokenKind::kIdentifier) return fail("The name of a variable ends early");
        name = std::string_view(name.data(), program_.source.data() + token_.end);
        advance();
      }
    } else {
      const auto text = unescaped(name);
      if (!text) return fail("An escape in this name is not well-formed");
      name = program_.texts.copy(*text);
      advance();
    }
    if (const auto constant = constantOf(name)) return literal(offset, Value::string(*constant));
    return add({.op = Op::kVariable, .offset = offset, .text = name});
  }

  std::optional<std::string_view> constantOf(std::string_view name) {
    if (name == "ucum") return "http://unitsofmeasure.org";
    if (name == "sct") return "http://snomed.info/sct";
    if (name == "loinc") return "http://loinc.org";
    const auto joined = [&](std::string_view base, std::string_view rest) {
      return program_.texts.copy(std::string(base).append(rest));
    };
    if (name.starts_with("vs-")) return joined("http://hl7.org/fhir/ValueSet/", name.substr(3));
    if (name.starts_with("cs-")) return joined("http://hl7.org/fhir/CodeSystem/", name.substr(3));
    if (name.starts_with("ext-"))
      return joined("http://hl7.org/fhir/StructureDefinition/", name.substr(4));
    return std::nullopt;
  }

  // A member, a function call or $this and its like.
  NodeIndex invocation(bool head) {
    const Token at = token_;
    switch (at.kind) {
      case TokenKind::kThis:
        advance();
        return add({.op = Op::kThis, .offset = at.offset});
      case TokenKind::kIndex:
        advance();
        return add({.op = Op::kIndex, .offset = at.offset});
      case TokenKind::kTotal:
        advance();
        return add({.op = Op::kTotal, .offset = at.offset});
      case TokenKind::kIdentifier:
      case TokenKind::kDelimited:
        break;
      default:
        return fail("A name is missing here");
    }
    std::string_view name = at.text;
    if (at.kind == TokenKind::kDelimited) {
      const auto text = unescaped(name);
      if (!text) return fail("An escape in this name is not well-formed");
      name = program_.texts.copy(*text);
    }
    advance();
    if (token_.isSymbol("(")) return call(at, name);
    Node node{
        .op = Op::kMember, .name_id = definitions_.nameId(name), .offset = at.offset, .text = name};
    if (head && !name.empty() && name[0] >= 'A' && name[0] <= 'Z') {
      if (const fhir::TypeId type = definitions_.findType(name); type != 0) {
        node.op = Op::kRoot;
        node.extra = type;
      }
    }
    return add(node);
  }

  NodeIndex call(const Token& at, std::string_view name) {
    const FunctionInfo* info = findFunction(name);
    if (info == nullptr)
      return failAt(at.offset, "There is no function '" + std::string(name) + "'");
    expect("(");
    Node node{.op = Op::kFunction, .function = info->function, .offset = at.offset, .text = name};
    std::vector<NodeIndex> arguments;
    if (info->arguments == Arguments::kType && !token_.isSymbol(")")) {
      node.extra = typeSpecifier();
    } else {
      while (!failed() && !token_.isSymbol(")")) {
        arguments.push_back(expression(0));
        if (!take(",")) break;
        if (token_.isSymbol(")")) fail("An argument is missing here");
      }
      if (arguments.size() < info->min_arguments || arguments.size() > info->max_arguments)
        if (info->arguments != Arguments::kType)
          return failAt(at.offset, "The function '" + std::string(name) +
                                       "' does not take that many arguments");
    }
    if (info->arguments == Arguments::kType && info->min_arguments > 0 && node.extra == kNone)
      fail("The name of a type is missing here");
    expect(")");
    if (failed()) return kNone;
    if (info->function == Function::kExtension || info->function == Function::kHasExtension)
      node.name_id = definitions_.nameId("extension");
    if (!compilePattern(node, arguments)) return kNone;
    return add(node, arguments);
  }

  // Patterns that are literals are compiled once.
  bool compilePattern(Node& node, const std::vector<NodeIndex>& arguments) {
    const Function f = node.function;
    if (f != Function::kMatches && f != Function::kMatchesFull && f != Function::kReplaceMatches)
      return true;
    const std::size_t plain = f == Function::kReplaceMatches ? 2 : 1;
    const Node& argument = program_.nodes[arguments[0]];
    if (arguments.size() != plain || argument.op != Op::kLiteral) return true;
    const Value& text = program_.literals[argument.extra];
    if (text.kind() != ValueKind::kString) return true;
    auto pattern = Pattern::compile(text.text());
    if (!pattern) {
      failAt(argument.offset, pattern.error().message);
      return false;
    }
    node.extra = static_cast<std::uint32_t>(program_.patterns.size());
    program_.patterns.push_back(std::move(*pattern));
    return true;
  }

  std::optional<std::string_view> typeWord() {
    if (token_.kind != TokenKind::kIdentifier && token_.kind != TokenKind::kDelimited) {
      fail("The name of a type is missing here");
      return std::nullopt;
    }
    const std::string_view word = token_.text;
    advance();
    return word;
  }

  std::uint32_t typeSpecifier() {
    const std::uint32_t offset = token_.offset;
    auto name = typeWord();
    if (!name) return kNone;
    std::string_view space;
    if ((*name == "System" || *name == "FHIR") && token_.isSymbol(".")) {
      advance();
      space = *name;
      name = typeWord();
      if (!name) return kNone;
    }
    TypeSpecifier type;
    type.name = *name;
    if (space != "System") type.fhir = definitions_.findType(*name);
    if (space != "FHIR") type.system = systemType(*name);
    if (type.fhir != 0)
      type.primitive = definitions_.type(type.fhir).kind == fhir::TypeKind::kPrimitive;
    if (space != "System" && type.fhir == 0 && type.system == ValueKind::kNone &&
        *name != "BackboneElement")
      return failAt(offset, "There is no type '" + std::string(*name) + "'");
    program_.types.push_back(type);
    return static_cast<std::uint32_t>(program_.types.size() - 1);
  }

  Program& program_;
  const fhir::Definitions& definitions_;
  Lexer lexer_;
  Token token_;
  std::vector<std::uint16_t> depths_;
  std::vector<Freedom> freedoms_;
  std::optional<CompileError> error_;
  int nesting_ = 0;
};

}  // namespace

void appendUtf8(std::string& text, unsigned code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'f':
        result += '\f';
        break;
      case 'n':
        result += '\n';
        break;
      case 'r':
        result += '\r';
        break;
      case 't':
        result += '\t';
        break;
      case '\'':
      case '"':
      case '`':
      case '\\':
      case '/':
        result += text[i];
        break;
      case 'u': {
        auto code = hexCode(text.substr(i + 1));
        if (!code) return std::nullopt;
        i += 4;
        if (*code >= 0xD800 && *code < 0xDC00 && text.substr(i + 1).starts_with("\\u")) {
          const auto low = hexCode(text.substr(i + 3));
          if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
          code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
          i += 6;
        }
        if (*code >= 0xD800 && *code <= 0xDFFF) return std::nullopt;
        appendUtf8(result, *code);
        break;
      }
      default:  // published packages write regular expressions with single backslashes
        result += '\\';
        result += text[i];
    }
  }
  return result;
}

std::string_view calendarWord(std::string_view word) {
  static constexpr std::string_view kWords[] = {"year", "month",  "week",   "day",
                                                "hour", "minute", "second", "millisecond"};
  for (const std::string_view singular : kWords) {
    if (word == singular) return singular;
    if (word.size() == singular.size() + 1 && word.back() == 's' && word.starts_with(singular))
      return singular;
  }
  return {};
}

std::expected<std::shared_ptr<Program>, CompileError> parse(std::string_view expression,
                                                            const CompileOptions& options) {
  if (expression.size() > kMaxSource)
    return std::unexpected(CompileError{"The expression is too long", 0});
  auto program = std::make_shared<Program>();
  program->source = expression;
  program->definitions = options.definitions;
  program->singleton_casts = options.singleton_casts;
  if (auto error = Parser(*program, options).run()) return std::unexpected(std::move(*error));
  return program;
}

}  // namespace planbro::fhirpath
