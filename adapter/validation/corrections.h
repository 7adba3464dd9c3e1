// Invariants of R4 and of national packages that are wrong as published, with what they mean.
#pragma once

#include <string_view>

namespace planbro::validation {

// The expression to evaluate for the invariant of that key: `expression` itself unless it is one of
// the known mistakes.
std::string_view correctedExpression(std::string_view key, std::string_view expression);

// Where an extension of R4 stands in R4 itself although its definition does not say so (an element
// path or a type); "" if nothing is missing.
std::string_view furtherContext(std::string_view extension_url);

// Whether it is one of those of a national package, whose users should hear of it.
bool isNationalMistake(std::string_view key, std::string_view expression);

}  // namespace planbro::validation
