// A value set compiled to hashed sets, so that membership is one or two look-ups.
//
// Source: FHIR R4, valueset.html (compose, expansion).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/resource.h"
#include "json/document.h"
#include "terminology/code_system.h"
#include "terminology/grammars.h"

namespace planbro::terminology {

class Terminology;

// Three answers, not two: what is not loaded is not guessed.
enum class Membership : std::uint8_t { kMember, kNotMember, kUnknown };

// Why a value set is not wholly known.
struct Gap {
  enum class Kind : std::uint8_t {
    kCodeSystem,  // is not loaded, or without its codes
    kVersion,     // another version of the code system is loaded
    kFragment,    // only part of the code system is loaded
    kValueSet,    // an imported value set is not loaded
    kCircle,      // the value set imports itself, by way of the one named
    kFilter,      // a filter that cannot be applied
    kGrammar,     // all is known, but the codes of a grammar have no end
  };
  Kind kind = Kind::kCodeSystem;
  std::string what;  // "system", "system|version", the value set's URL, "property op value"
};

// One code of a value set.
struct Member {
  std::string_view system;
  const CodeSystem* source = nullptr;              // nullptr: the code system is not loaded
  const CodeSystem::Concept* described = nullptr;  // nullptr: nor is the code known
  std::string_view code;
  std::string_view display;            // the value set's own, else the code system's
  const json::Node* listed = nullptr;  // include.concept or expansion.contains
  json::DocumentPtr document;  // that `listed` lies in; nullptr of a set inside another resource
  bool inactive = false;
  bool abstract = false;
};

// Immutable; any thread. The Terminology must outlive it.
class ValueSet {
 public:
  // From a ValueSet resource. Imports and code systems are asked of `terminology`.
  ValueSet(const fhir::Resource& resource, const Terminology& terminology);
  // From one inside another resource, whose document must outlive it.
  ValueSet(const json::Node& resource, const Terminology& terminology);
  // Everything in one code system: what a binding to a bare urn:oid: means.
  ValueSet(std::string_view system, const Terminology& terminology);

  // An empty `system` asks for the code alone, in any system of the set.
  Membership contains(std::string_view system, std::string_view code) const;

  std::string_view url() const { return url_; }
  // A system of which the set has something that is not loaded; "" if all is known.
  std::string_view unknownSystem() const { return unknown_system_; }
  // Empty if all its codes can be named. Those of imports come along.
  const std::vector<Gap>& gaps() const { return gaps_; }
  // Every code in the set's order, none twice, excludes taken out. For a set with gaps only what is
  // known. Cost: the size of the set.
  std::vector<Member> members() const;
  // The resource it was made from; nullptr for that of a bare code system.
  const json::Node* root() const { return root_; }
  // Its document; nullptr where root() lies in another resource.
  const json::DocumentPtr& document() const { return document_; }
  // The code systems and value sets it stands on, "url|version" where a version is known.
  std::vector<std::string> usedCodeSystems() const;

 private:
  // One include or exclude, or the codes of one system in an expansion.
  struct Part {
    std::string system;           // canonical; empty: any, limited by the imports alone
    std::string_view named;       // the system as the resource has it
    std::string missing_version;  // "system|version", if another one is loaded
    bool listed = false;          // by `codes`; else the whole system
    bool unknown = false;         // codes that are not in `codes` may belong as well
    Grammar grammar = nullptr;
    const CodeSystem* source = nullptr;
    // By code; the node is that of include.concept or expansion.contains, if there is one.
    std::unordered_map<std::string_view, const json::Node*> codes;
    std::vector<std::string_view> order;
    std::vector<const ValueSet*> imports;  // nullptr: not loaded

    void list(std::string_view code, const json::Node* node);
    bool holds(std::string_view code) const;
  };

  void read(const json::Node& root, const Terminology& terminology);
  Part compile(const json::Node& include, const Terminology& terminology);
  void addExpansion(const json::Node& list, const Terminology& terminology);
  void findSource(Part& part, std::string_view version, const Terminology& terminology);
  static bool isComplete(const Part& part);
  void addMissing(Part& part);
  void addWhole(Part& part);
  void addFiltered(Part& part, const json::Node& filters);
  void addImport(Part& part, std::string_view url, const Terminology& terminology);
  void addGap(Gap::Kind kind, std::string what);
  void forget();
  Membership containsIn(const Part& part, std::string_view system, std::string_view code) const;
  Member memberOf(const Part& part, std::string_view code, const json::Node* listed) const;
  std::vector<Member> membersOf(const Part& part) const;

  json::DocumentPtr document_;
  const json::Node* root_ = nullptr;
  std::string url_;
  std::string unknown_system_;
  std::vector<Gap> gaps_;
  bool without_inactive_ = false;
  std::vector<Part> includes_;
  std::vector<Part> excludes_;
};

}  // namespace planbro::terminology
