// The text form of maps.
//
// Takes the older syntax (`map "url" = "name"`, quoted uses) and the current one (`///` metadata,
// `let`). What the text says is kept; whether names mean something is the compiler's question.
// Source: FHIR R4, mapping-language.html, and the grammar of the FHIR Mapping Language 2.0.
#pragma once

#include <expected>
#include <string_view>

#include "mapping/fml_lexer.h"
#include "mapping/map_model.h"

namespace planbro::mapping {

// How deep rules and parentheses may stand inside each other.
inline constexpr int kMaxRuleDepth = 64;

std::expected<MapModel, FmlError> parseFml(std::string_view text);

}  // namespace planbro::mapping
