// Code systems that are a grammar or a fixed list rather than a published resource: languages,
// media types, units, countries, currencies.
#pragma once

#include <string_view>

namespace planbro::terminology {

// RFC 5646 (BCP 47): well-formed language tag. Whether its subtags are registered is not checked.
bool isLanguageTag(std::string_view tag);

// RFC 2045/6838 (BCP 13): type/subtype with optional parameters; also xml, json and ttl, as FHIR
// uses them.
bool isMediaType(std::string_view text);

// UCUM, case-sensitive form: whether the expression is well-formed. That its atoms exist is
// not checked.
bool isUcumSyntax(std::string_view unit);

// Checks a code of a system with a grammar.
using Grammar = bool (*)(std::string_view code);

// nullptr if the system has none.
Grammar grammarOf(std::string_view system);

}  // namespace planbro::terminology
