// A profile (or a base type) compiled: what to check, as a tree of rules over element names.
//
// Base types are compiled whole. A profile keeps, beside its whole tree (slices are matched by it),
// the part that says more than the base type does: only that is walked, since the base type is
// always checked as well. That keeps it quick and finds nothing twice.
//
// Immutable once made; any thread. Nodes point into resources of the registry or into the
// profile's own snapshot, which it keeps.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/on_demand.h"
#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fhirpath/program.h"
#include "json/document.h"
#include "terminology/value_set.h"

namespace planbro::validation {

class CompiledProfile;
using ProfileSlot = OnDemand<CompiledProfile>::Slot;
using ValueSetSlot = OnDemand<terminology::ValueSet>::Slot;

inline constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

struct Invariant {
  std::string key;
  std::string human;
  std::string human_nb, human_nn;  // both empty where `human` is not translated
  std::string profile;             // canonical URL of the definition it stands in
  fhir::Severity severity = fhir::Severity::kError;
  bool best_practice = false;
  fhirpath::ProgramPtr program;
};

enum class Strength : std::uint8_t { kNone, kExample, kPreferred, kExtensible, kRequired };

struct Binding {
  Strength strength = Strength::kNone;
  std::string_view url;
  ValueSetSlot* set = nullptr;
  ValueSetSlot* largest = nullptr;  // the maxValueSet extension
};

struct ReferenceTarget {
  fhir::TypeId type = 0;           // 0: not known
  ProfileSlot* profile = nullptr;  // nullptr: the base type
};

struct TypeRule {
  fhir::TypeId type = 0;
  std::string_view code;
  std::vector<ProfileSlot*> profiles;
  // For each of `profiles` the id of the element in it that is meant
  // ("Composition.section:results", extension elementdefinition-profile-element); empty: the root.
  std::vector<std::string> profile_elements;
  std::vector<ReferenceTarget> targets;
};

// One step of a discriminator: the restricted FHIRPath of profiling.html, section 5.1.0.12.
struct Step {
  enum Kind : std::uint8_t { kName, kOfType, kExtension, kResolve };
  Kind kind = kName;
  std::uint16_t name = 0;  // id, of kName
  fhir::TypeId type = 0;   // of kOfType
  std::string text;        // name, type or extension URL
};

struct Discriminator {
  enum Kind : std::uint8_t { kValue, kType, kExists, kProfile };
  Kind kind = kValue;  // pattern counts as value: what the slice says decides
  std::vector<Step> path;
  std::string text;
};

// What a slice says at one discriminator.
struct SliceMatch {
  enum Kind : std::uint8_t { kNothing, kFixed, kPattern, kBinding, kTypes, kExists, kProfiles };
  Kind kind = kNothing;
  const json::Node* node = nullptr;
  ValueSetSlot* set = nullptr;
  std::vector<fhir::TypeId> types;
  std::vector<ProfileSlot*> profiles;
  bool exists = true;
};

struct ElementRule;

struct Slicing {
  enum Rules : std::uint8_t { kOpen, kClosed, kOpenAtEnd };
  Rules rules = kOpen;
  bool ordered = false;
  std::vector<Discriminator> discriminators;
};

struct ElementRule {
  std::string path;        // "Observation.value[x]", as the definition has it
  std::string name;        // "value"
  std::string slice_name;  // of a slice
  std::uint16_t name_id = 0;
  fhir::TypeId only_type = 0;  // for elements of that type alone ("Observation.valueQuantity")
  std::uint32_t min = 0;
  std::uint32_t max = kUnbounded;
  std::uint32_t max_length = 0;
  std::vector<TypeRule> types;
  const json::Node* fixed = nullptr;
  const json::Node* pattern = nullptr;
  const json::Node* min_value = nullptr;
  const json::Node* max_value = nullptr;
  Binding binding;
  std::vector<Invariant> invariants;
  std::optional<Slicing> slicing;
  std::vector<SliceMatch> matches;  // of a slice, one a discriminator
  std::vector<ElementRule*> slices;
  std::vector<ElementRule*> children;  // all; those of the referenced rule for a contentReference

  // What is left to check beyond the base type; everything in a base type.
  std::vector<const ElementRule*> checked_children;
  bool checks_cardinality = true;
  bool checks_types = true;     // of choices
  bool checks_profiles = true;  // type profiles
  bool checks_targets = true;
  bool checks_binding = true;
  bool checks_slices = false;
  bool checks_anything = true;  // here or below
};

class CompiledProfile {
 public:
  const std::string& url() const { return url_; }
  const std::string& version() const { return version_; }
  // The type it constrains.
  fhir::TypeId type() const { return type_; }
  bool isBaseType() const { return base_type_; }
  const ElementRule& root() const { return rules_.front(); }
  // The rule of the element with that id, or of its slice; the root for "". nullptr if there is
  // none.
  const ElementRule* ruleOf(std::string_view element_id) const;
  // Where it may stand, if it is an extension: (type, expression) of StructureDefinition.context.
  struct Context {
    std::string_view type, expression;
    fhirpath::ProgramPtr program;  // of type fhirpath
  };
  const std::vector<Context>& contexts() const { return contexts_; }
  // What must hold where it stands (StructureDefinition.contextInvariant).
  const std::vector<fhirpath::ProgramPtr>& contextInvariants() const { return context_invariants_; }
  bool isModifierExtension() const { return modifier_; }
  // What is wrong with the profile itself.
  const std::vector<fhir::Issue>& problems() const { return problems_; }

 private:
  friend class ProfileCompiler;

  std::string url_;
  std::string version_;
  fhir::TypeId type_ = 0;
  bool base_type_ = false;
  bool modifier_ = false;
  std::deque<ElementRule> rules_;
  std::vector<Context> contexts_;
  std::vector<fhirpath::ProgramPtr> context_invariants_;
  std::vector<fhir::Issue> problems_;
  json::DocumentPtr document_;
};

}  // namespace planbro::validation
