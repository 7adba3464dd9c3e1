// FHIRPath: expressions compiled once, evaluated many times.
//
//   auto program = fhirpath::compile("name.where(use = 'official').given.first()");
//   fhirpath::Scratch scratch;
//   fhirpath::Environment environment(scratch, patient);
//   Result<fhirpath::Collection> given = fhirpath::evaluate(**program, patient, environment);
//
// Used by invariants (validation/), search parameters (search/), maps (mapping/) and FHIRPath
// Patch. The whole of FHIRPath 2.0 as FHIR R4 uses it, with later functions where they do not
// change the meaning of older expressions.
// Source: FHIRPath 2.0 (http://hl7.org/fhirpath/N1); FHIR R4 fhirpath.html.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "fhir/definitions.h"
#include "fhir/element.h"
#include "fhirpath/value.h"

namespace planbro::fhirpath {

// Immutable; shared between threads.
class Program;
using ProgramPtr = std::shared_ptr<const Program>;

struct CompileError {
  std::string message;       // English, one sentence
  std::uint32_t offset = 0;  // byte in the expression
};

struct CompileOptions {
  // What names and types mean. Must outlive the program. Elements bound to other definitions are
  // navigated by text.
  const fhir::Definitions* definitions = &fhir::Definitions::r4();
  // Type of the input ("Patient", "CodeableConcept"), or an element path ("Patient.contact"), for
  // static checks; empty: unknown.
  std::string_view root_type = {};
  // Also refuses what can be seen to be wrong before any data are there: unknown elements, wrong
  // argument types, ordered functions on unordered collections. Needs `root_type`, or an
  // expression that begins with a type.
  bool strict = false;
  // Whether as() and `as` refuse several values, as the specification has it. R4's own search
  // parameters and invariants (dom-3) use them as filters, so this is off.
  bool singleton_casts = false;
};

// Fails on wrong syntax, unknown functions, wrong numbers of arguments and unknown types; with
// `strict` on semantic errors too. Nesting is limited, also for hostile text.
std::expected<ProgramPtr, CompileError> compile(std::string_view expression,
                                                const CompileOptions& options = {});

// The text a program was compiled from.
std::string_view sourceOf(const Program& program);

// Finds what a reference means. References inside `contained` are resolved without it.
class Resolver {
 public:
  virtual ~Resolver() = default;
  // The resource that `reference` (Reference.reference, a uri or a canonical) names, seen from
  // `from`; an empty Element if it is not to be had. What it returns must outlive the evaluation.
  virtual fhir::Element resolve(std::string_view reference, const fhir::Element& from) const = 0;
};

// Knows value sets. nothing = the value set (or the code system) is not known.
class Terminology {
 public:
  virtual ~Terminology() = default;
  // `coded`: an element of type code, Coding, CodeableConcept, Quantity, string or uri, or a
  // String.
  virtual std::optional<bool> memberOf(const Value& coded,
                                       std::string_view value_set_url) const = 0;
  // For subsumes() and subsumedBy() on Codings of one system.
  virtual std::optional<bool> subsumes(std::string_view, std::string_view /*general*/,
                                       std::string_view /*special*/) const {
    return std::nullopt;
  }
};

// Knows profiles. nothing = the profile is not known.
class Profiles {
 public:
  virtual ~Profiles() = default;
  virtual std::optional<bool> conformsTo(const fhir::Element& element,
                                         std::string_view profile_url) const = 0;
  // The ElementDefinition of the element; empty if unknown.
  virtual fhir::Element elementDefinition(const fhir::Element&) const { return {}; }
  // Whether the element falls into that slice of that profile.
  virtual std::optional<bool> inSlice(const fhir::Element&, std::string_view /*profile*/,
                                      std::string_view /*slice*/) const {
    return std::nullopt;
  }
};

// %name with one value; without a value it is empty.
struct NamedValue {
  std::string_view name;
  Value value;
};

struct Limits {
  std::uint64_t steps = 10'000'000;      // operations and visited elements in one evaluation
  std::uint32_t collection = 1'000'000;  // values in one collection
  std::uint32_t text_bytes = 1U << 24;   // of one computed text
};

// What an evaluation can see beside its input. One thread; may be used for many evaluations.
struct Environment {
  explicit Environment(Scratch& scratch_memory) : scratch(&scratch_memory) {}
  // For a resource that is neither contained nor in a Bundle (or where that does not matter).
  Environment(Scratch& scratch_memory, const fhir::Element& whole)
      : scratch(&scratch_memory), resource(whole), root_resource(whole) {}

  Scratch* scratch;
  fhir::Element resource;       // %resource: the one that holds the input (also if contained)
  fhir::Element root_resource;  // %rootResource: the container of a contained one
  // %context; unset: the input of the evaluation.
  std::optional<Value> context;
  // %name, in addition to those FHIRPath and FHIR define. Few: searched in order, `values` first.
  std::span<const NamedValue> values;
  std::vector<std::pair<std::string, Collection>> variables;
  const Resolver* resolver = nullptr;
  const Terminology* terminology = nullptr;
  const Profiles* profiles = nullptr;
  const Clock* clock = nullptr;  // nullptr: the system's; now() is the same all through a call
  std::function<void(std::string_view name, const Collection&)> trace;
  Limits limits;
};

// Fails with kInvalidArgument where FHIRPath says that the evaluation ends in an error (wrong
// types, several values where one is needed), with kLimitExceeded past a limit. The values live as
// long as the input's document, the program and the environment's scratch.
Result<Collection> evaluate(const Program& program, const Value& input,
                            const Environment& environment);
Result<Collection> evaluate(const Program& program, const Collection& input,
                            const Environment& environment);

// For invariants: whether the constraint holds. True for a single true value and for a single value
// that is no boolean; false for false, for several values and for an empty result, as the official
// validator has it.
Result<bool> test(const Program& program, const Value& input, const Environment& environment);

// For conditions of maps: whether there is a value, other than a single false.
Result<bool> holds(const Program& program, const Value& input, const Environment& environment);

}  // namespace planbro::fhirpath
