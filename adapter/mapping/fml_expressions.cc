#include "mapping/fml_expressions.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace planbro::mapping {
namespace {

using Kind = Token::Kind;

bool skipParentheses(FmlCursor& in) {
  int depth = 0;
  do {
    if (in.peek().kind == Kind::kEnd) return in.fault("')' is missing");
    if (in.peek().is("(")) ++depth;
    if (in.peek().is(")")) --depth;
    in.take();
  } while (depth > 0);
  return true;
}

bool isOperatorWord(std::string_view word) {
  static constexpr std::array<std::string_view, 10> kWords{
      "and", "or", "xor", "implies", "is", "as", "in", "contains", "div", "mod"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// Behind `default expr`, `as` names the variable; FHIRPath's `as` needs parentheses there.
bool defaultEnds(const FmlCursor& in) {
  for (const Token& token : in.taken() | std::views::reverse) {
    if (token.isWord("default")) return true;
    if (token.is(";") || token.is("{") || token.isWord("where") || token.isWord("check") ||
        token.isWord("log") || token.is("->"))
      return false;
  }
  return false;
}

bool ends(const FmlCursor& in, const Token& token, bool operand) {
  if (token.is("->") || token.is(",") || token.is(";") || token.is(")") || token.is("}"))
    return true;
  if (operand && token.is("{")) return true;
  if (operand && token.kind == Kind::kDoubleQuoted) return true;
  if (!operand || token.kind != Kind::kIdentifier) return false;
  static constexpr std::array<std::string_view, 5> kWords{"check", "log", "then", "where", "make"};
  if (std::find(kWords.begin(), kWords.end(), token.raw) != kWords.end()) return true;
  const bool list_mode = listModeNamed(token.raw).has_value();
  const bool names = token.raw == "as" && in.peek(1).kind == Kind::kIdentifier;
  return (list_mode || names) && defaultEnds(in);
}

// The text between, with comments dropped and "…" turned into '…'.
std::string expressionText(const FmlCursor& in, std::uint32_t begin, std::uint32_t end) {
  std::string out;
  std::uint32_t last = begin;
  for (const Token& token : in.between(begin, end)) {
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

}  // namespace

bool readFmlParenthesized(FmlCursor& in, std::vector<ModelParam>& params) {
  const std::uint32_t begin = in.peek().begin;
  if (!skipParentheses(in)) return false;
  const std::uint32_t end = in.taken().back().end;
  params.push_back({ModelParam::Kind::kExpression, expressionText(in, begin, end)});
  return true;
}

bool readFmlParams(FmlCursor& in, std::vector<ModelParam>& out) {
  if (in.accept(")")) return true;
  do {
    if (!readFmlParam(in, out.emplace_back())) return false;
  } while (in.accept(","));
  return in.expect(")");
}

bool readFmlParam(FmlCursor& in, ModelParam& out) {
  const Token& first = in.peek();
  const Token& second = in.peek(1);
  // One token and nothing behind it that would make it an expression.
  const bool alone = second.is(",") || second.is(")") || second.is(";") || second.isString() ||
                     second.kind == Kind::kEnd || second.kind == Kind::kIdentifier ||
                     second.is("}");
  if (first.isString() && alone) {
    out = {ModelParam::Kind::kString, in.take().text};
    return true;
  }
  if (first.kind == Kind::kNumber && alone) {
    const bool decimal = first.raw.find('.') != std::string_view::npos;
    out = {decimal ? ModelParam::Kind::kDecimal : ModelParam::Kind::kInteger, in.take().text};
    return true;
  }
  if (first.is("-") && second.kind == Kind::kNumber) {
    in.take();
    const bool decimal = in.peek().raw.find('.') != std::string_view::npos;
    out = {decimal ? ModelParam::Kind::kDecimal : ModelParam::Kind::kInteger, "-" + in.take().text};
    return true;
  }
  if (first.kind == Kind::kIdentifier && alone) {
    const bool boolean = first.raw == "true" || first.raw == "false";
    out = {boolean ? ModelParam::Kind::kBoolean : ModelParam::Kind::kVariable, in.take().text};
    return true;
  }
  ModelExpression whole;
  if (!readFmlExpression(in, whole)) return false;
  out = {ModelParam::Kind::kExpression, std::move(whole.text)};
  return true;
}

bool readFmlExpression(FmlCursor& in, ModelExpression& out) {
  out.line = in.peek().line;
  const std::uint32_t begin = in.peek().begin;
  std::uint32_t end = begin;
  int depth = 0;
  bool operand = false;  // whether the last token could end an expression
  while (true) {
    const Token& token = in.peek();
    if (token.kind == Kind::kEnd || token.kind == Kind::kMetadata) break;
    if (depth == 0 && ends(in, token, operand)) break;
    if (token.is("(") || token.is("[") || token.is("{")) ++depth;
    if (token.is(")") || token.is("]") || token.is("}")) --depth;
    operand = token.kind != Kind::kSymbol || token.is(")") || token.is("]") || token.is("}");
    if (token.kind == Kind::kIdentifier && isOperatorWord(token.raw)) operand = false;
    end = token.end;
    in.take();
  }
  if (end == begin) return in.fault("an expression is missing");
  out.text = expressionText(in, begin, end);
  return true;
}

}  // namespace planbro::mapping
