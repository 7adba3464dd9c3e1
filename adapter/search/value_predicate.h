// One value of a search parameter as a predicate: "ge2026-01", "urn:x|7", "Patient/1".
//
// Source: FHIR R4, search.html, 3.1.1.4 and 3.1.1.5 (modifiers, prefixes, escaping).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "search/code_sets.h"
#include "search/parameters.h"
#include "store/query.h"

namespace planbro::search {

struct ValueContext {
  std::string_view base;            // the server's own address
  Instant now;                      // for the prefix ap
  const CodeSets* codes = nullptr;  // for :in, :not-in, :below and :above of tokens; optional
};

enum class ValueFault : std::uint8_t {
  kModifier,
  kValue,
  kCodes,         // a value set or code system that is not known
  kTooManyCodes,  // it has more than a search compares with
};

// `modifier` without its colon; "" is none. `value` is still escaped and holds no separating comma.
// "not" and "missing" are the caller's.
std::expected<store::Predicate, ValueFault> valuePredicate(const Parameter& parameter,
                                                           std::string_view modifier,
                                                           std::string_view value,
                                                           const ValueContext& context);

// That the resource has, or has not, any value for the parameter.
store::Predicate missingPredicate(const Parameter& parameter, bool missing);

// How a value of that type is written, for messages.
std::string_view exampleOf(ParameterType type);

store::IndexRow::Kind rowKind(ParameterType type);

// The parts of `text` between separators that no backslash precedes, still escaped.
std::vector<std::string_view> splitEscaped(std::string_view text, char separator);
// Without the backslashes of \, \| \$ and \\.
std::string unescape(std::string_view text);

}  // namespace planbro::search
