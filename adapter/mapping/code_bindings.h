// Which codes elements of logical models may have.
//
// Of elements of type code and Coding with a required binding whose value set is part of the
// program and wholly known; what is not known is not guessed. What maps write into FHIR itself,
// validation checks.
// Source: FHIR R4, terminologies.html#strength. Immutable once made; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/definitions.h"
#include "json/document.h"

namespace planbro::mapping {

// A code as messages show it: with the one that may have been meant, if there is one, as
// "practicioner (practitioner?)".
std::string withNearest(std::string_view code, std::string_view nearest);

class CodeBindings {
 public:
  struct Codes {
    std::string value_set;  // canonical
    std::vector<std::string> codes;

    bool has(std::string_view code) const;
    // The nearest one, if near enough to be meant; else empty.
    std::string_view nearest(std::string_view code) const;
  };

  CodeBindings() = default;
  // `models` are StructureDefinitions with a snapshot that `definitions` knows.
  CodeBindings(std::span<const json::Node* const> models, const fhir::Definitions& definitions);

  // nullptr: anything may stand there.
  const Codes* of(const fhir::Member& member) const;

 private:
  std::unordered_map<const fhir::Member*, Codes> codes_;
};

}  // namespace planbro::mapping
