#include "mapping/written_names.h"

#include <algorithm>
#include <cstdint>

#include "base/digest.h"
#include "mapping/fml_lexer.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {
namespace {

constexpr std::size_t kMostCharacters = 64;  // of an id
constexpr std::size_t kDigestCharacters = 8;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The name of a variable, "%`a b`" as "a b"; empty for other tokens.
std::string_view variableIn(const Token& token) {
  if (token.kind == Token::Kind::kIdentifier) return token.text;
  if (token.kind != Token::Kind::kExternal || !token.raw.starts_with('%')) return {};
  std::string_view name = token.raw.substr(1);
  if (name.size() > 1 && name.front() == '`') name = name.substr(1, name.size() - 2);
  return name;
}

}  // namespace

std::string idOfName(std::string_view name) {
  if (isPrimitiveText("id", name)) return std::string(name);
  // Expressions know it without quotes: no '-', a letter first. Points are those of paths.
  std::string id;
  for (const char c : name) {
    if (isLetter(c) || isDigit(c) || c == '.') id += c;
  }
  if (id.empty() || !isLetter(id.front())) id.insert(0, 1, 'v');
  id.resize(std::min(id.size(), kMostCharacters - kDigestCharacters));
  return id + sha256Hex(name).substr(0, kDigestCharacters);
}

std::string idOfRule(std::string_view name) {
  std::string id(name.substr(0, kMostCharacters));
  std::ranges::replace_if(
      id, [](char c) { return !isLetter(c) && !isDigit(c) && c != '.' && c != '-'; }, '-');
  return id;
}

bool VariableScope::has(std::string_view name, bool only_source) const {
  return std::ranges::any_of(names_, [&](const Variable& one) {
    return one.name == name && !(only_source && one.target);
  });
}

// The same tokens stand for variables as in expressionFromMap().
std::string VariableScope::written(std::string_view expression) const {
  const auto tokens = lexFml(expression);
  if (!tokens) return std::string(expression);
  std::string text;
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const Token& token = (*tokens)[i];
    text += expression.substr(last, token.begin - last);
    last = token.end;
    const bool bare = token.kind == Token::Kind::kIdentifier;
    const bool behind = i > 0 && ((*tokens)[i - 1].is(".") || (*tokens)[i - 1].isWord("is") ||
                                  (*tokens)[i - 1].isWord("as"));
    const bool call = i + 1 < tokens->size() && (*tokens)[i + 1].is("(");
    const std::string_view name = bare && (behind || call) ? std::string_view() : variableIn(token);
    if (name.empty() || !has(name, bare) || isPrimitiveText("id", name)) {
      text += token.raw;
    } else {
      text += (bare ? "" : "%") + idOfName(name);
    }
  }
  return text;
}

}  // namespace planbro::mapping
