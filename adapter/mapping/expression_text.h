// FHIRPath as maps write it, turned into FHIRPath as it is.
//
// In a map a variable may stand without %, and valueString may stand for value.ofType(string).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace planbro::mapping {

struct MapExpressionText {
  std::string text;
  std::vector<std::string> variables;  // names used, each once
};

// `isVariable` says what %name may stand for, `isBare` what may also stand without %. With
// `definitions`, names like valueString are rewritten.
MapExpressionText expressionFromMap(std::string_view text,
                                    const std::function<bool(const std::string&)>& isBare,
                                    const std::function<bool(const std::string&)>& isVariable,
                                    const fhir::Definitions* definitions);

// The element and type of a choice property ("valueString"); nothing if it is none.
std::optional<std::pair<std::string_view, fhir::TypeId>> choiceProperty(
    const fhir::Definitions& definitions, std::string_view property);

}  // namespace planbro::mapping
