// Invariants of R4 that are wrong as published, with what they mean.
#pragma once

#include <string_view>

namespace planbro::validation {

// The expression to evaluate for the invariant of that key: `expression` itself unless it is one of
// the known mistakes.
std::string_view correctedExpression(std::string_view key, std::string_view expression);

}  // namespace planbro::validation
