// A value set compiled to hashed sets, so that membership is one or two look-ups.
//
// Source: FHIR R4, valueset.html (compose, expansion).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fhir/resource.h"
#include "json/document.h"
#include "terminology/code_system.h"
#include "terminology/grammars.h"

namespace planbro::terminology {

class Terminology;

// Three answers, not two: what is not loaded is not guessed.
enum class Membership : std::uint8_t { kMember, kNotMember, kUnknown };

// Immutable; any thread.
class ValueSet {
 public:
  // From a ValueSet resource. Imports and code systems are asked of `terminology`.
  ValueSet(const fhir::Resource& resource, const Terminology& terminology);
  // Everything in one code system: what a binding to a bare urn:oid: means.
  ValueSet(std::string_view system, const Terminology& terminology);

  // An empty `system` asks for the code alone, in any system of the set.
  Membership contains(std::string_view system, std::string_view code) const;

  std::string_view url() const { return url_; }
  // A system of which the set has something that is not loaded; "" if all is known.
  std::string_view unknownSystem() const { return unknown_system_; }

 private:
  // One include or exclude, or the codes of one system in an expansion.
  struct Part {
    std::string system;    // canonical; empty: any, limited by the imports alone
    bool listed = false;   // by `codes`; else the whole system
    bool unknown = false;  // codes that are not in `codes` may belong as well
    Grammar grammar = nullptr;
    const CodeSystem* whole = nullptr;
    std::unordered_set<std::string_view> codes;
    std::vector<const ValueSet*> imports;  // nullptr: not loaded
  };

  Part compile(const json::Node& include, const Terminology& terminology);
  void addExpansion(const json::Node& list);
  void addWhole(Part& part, const Terminology& terminology);
  void addFiltered(Part& part, const json::Node& filters, const Terminology& terminology);
  static Membership containsIn(const Part& part, std::string_view system, std::string_view code);

  fhir::Resource resource_;
  std::string url_;
  std::string unknown_system_;
  std::vector<Part> includes_;
  std::vector<Part> excludes_;
};

}  // namespace planbro::terminology
