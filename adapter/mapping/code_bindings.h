// Which codes elements of logical models may have.
//
// Of elements of type code and Coding with a required binding, of Coding and CodeableConcept with
// an extensible one (foreign_codes.h), whose value set is part of the program and wholly known;
// what is not known is not guessed. What maps write into FHIR itself, validation checks.
// Source: FHIR R4, terminologies.html#strength. Immutable once made; any thread.
#pragma once

#include <functional>
#include <map>
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

  struct Extensible {
    std::string path;                                   // "IndividualPlan.participant.role"
    std::map<std::string, Codes, std::less<>> systems;  // that the value set has codes of
  };

  CodeBindings() = default;
  // `models` are StructureDefinitions with a snapshot that `definitions` knows.
  CodeBindings(std::span<const json::Node* const> models, const fhir::Definitions& definitions);

  // nullptr: anything may stand there.
  const Codes* of(const fhir::Member& member) const;
  std::span<const Extensible> extensible() const { return extensible_; }

 private:
  std::unordered_map<const fhir::Member*, Codes> codes_;
  std::vector<Extensible> extensible_;
};

}  // namespace planbro::mapping
