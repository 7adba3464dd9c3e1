#include "mapping/expression_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "mapping/fml_lexer.h"

namespace planbro::mapping {

using fhir::Member;

std::optional<std::pair<std::string_view, fhir::TypeId>> choiceProperty(
    const fhir::Definitions& definitions, std::string_view property) {
  // Every choice property ends in its type's name, so most names are dismissed without a search.
  const std::uint16_t id = definitions.nameId(property);
  if (id == 0) return std::nullopt;
  const auto capital =
      std::find_if(property.begin(), property.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (capital == property.end() || capital == property.begin()) return std::nullopt;
  for (auto at = capital; at != property.end(); ++at) {
    if (*at < 'A' || *at > 'Z') continue;
    const std::string_view element =
        property.substr(0, static_cast<std::size_t>(at - property.begin()));
    std::string type(at, property.end());
    fhir::TypeId found = definitions.findType(type);
    if (found == 0) {
      type[0] = static_cast<char>(type[0] - 'A' + 'a');
      found = definitions.findType(type);
    }
    if (found == 0 || definitions.nameId(element) == 0) continue;
    // It is one only if some shape has it as such.
    for (std::size_t shape = 1; shape < definitions.shapeCount(); ++shape) {
      const std::uint32_t member = definitions.findMember(static_cast<fhir::ShapeId>(shape), id);
      if (member != 0 && definitions.member(member).is(Member::kChoice))
        return std::pair(element, found);
    }
  }
  return std::nullopt;
}

namespace {

// Whether every element of that name is a primitive: then its `value` is the element itself.
bool alwaysPrimitive(const fhir::Definitions& definitions, std::string_view name) {
  const std::uint16_t id = definitions.nameId(name);
  bool found = false;
  for (std::size_t shape = 1; id != 0 && shape < definitions.shapeCount(); ++shape) {
    for (const Member& member : definitions.membersOf(static_cast<fhir::ShapeId>(shape))) {
      if (member.element->id != id) continue;
      if (definitions.type(member.type).kind != fhir::TypeKind::kPrimitive) return false;
      found = true;
    }
  }
  return found;
}

}  // namespace

MapExpressionText expressionFromMap(std::string_view text,
                                    const std::function<bool(const std::string&)>& isBare,
                                    const std::function<bool(const std::string&)>& isVariable,
                                    const fhir::Definitions* definitions) {
  MapExpressionText result;
  auto tokens = lexFml(text);
  if (!tokens) {
    result.text = text;
    return result;
  }
  const auto use = [&](const std::string& name) {
    if (std::find(result.variables.begin(), result.variables.end(), name) == result.variables.end())
      result.variables.push_back(name);
  };
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const Token& token = (*tokens)[i];
    result.text += text.substr(last, token.begin - last);
    last = token.end;
    const bool behind_dot = i > 0 && (*tokens)[i - 1].is(".");
    const bool behind_type_word =
        i > 0 && ((*tokens)[i - 1].isWord("is") || (*tokens)[i - 1].isWord("as"));
    const bool call = i + 1 < tokens->size() && (*tokens)[i + 1].is("(");
    if (token.kind == Token::Kind::kExternal && token.raw.starts_with("%")) {
      std::string name(token.raw.substr(1));
      if (name.size() > 1 && name.front() == '`') name = name.substr(1, name.size() - 2);
      if (isVariable(name)) use(name);
      result.text += token.raw;
    } else if (token.kind == Token::Kind::kIdentifier && !call && !behind_type_word) {
      const bool own_value = behind_dot && token.raw == "value" && i >= 2 &&
                             (*tokens)[i - 2].kind == Token::Kind::kIdentifier;
      if (own_value && definitions != nullptr &&
          alwaysPrimitive(*definitions, (*tokens)[i - 2].text)) {
        result.text.pop_back();  // the dot: linkId.value is linkId
      } else if (own_value && definitions == nullptr) {
        result.text += "select(iif(value.exists(), value, $this))";
      } else if (!behind_dot && isBare(token.text)) {
        use(token.text);
        result.text += '%';
        result.text += token.raw;
      } else if (const auto choice = definitions == nullptr
                                         ? std::nullopt
                                         : choiceProperty(*definitions, token.text)) {
        result.text +=
            fmt::format("{}.ofType({})", choice->first, definitions->type(choice->second).name);
      } else {
        result.text += token.raw;
      }
    } else {
      result.text += token.raw;
    }
  }
  return result;
}

}  // namespace planbro::mapping
