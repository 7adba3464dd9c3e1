// The search parameters of FHIR R4, compiled once, and the index rows they take from a resource.
//
// Source: FHIR R4, search.html; SearchParameter resources of R4 core and of the packages loaded.
// Of special parameters only Location's `near` is one of these; _text, _content, _list and _filter
// are read by the filter parser.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/element.h"
#include "fhir/issue.h"
#include "fhir/registry.h"
#include "fhirpath/program.h"
#include "store/query.h"

namespace planbro::search {

enum class ParameterType : std::uint8_t {
  kToken,
  kString,
  kReference,
  kDate,
  kNumber,
  kQuantity,
  kUri,
  kComposite,
  kSpecial
};
// "token", as SearchParameter.type and CapabilityStatement write it.
std::string_view typeCode(ParameterType type);

// Elements of one resource whose composite values are kept apart; those behind share the rows of
// the ones before.
inline constexpr std::size_t kCompositeElements = 32;

struct Parameter {
  std::string code;  // "subject"; of a component: "code-value-quantity$0"
  ParameterType type = ParameterType::kToken;
  std::string url;                   // canonical of the SearchParameter
  std::vector<std::string> targets;  // of references: allowed types, sorted; empty: any
  std::string documentation;         // what the SearchParameter's description says of this type
  // Of a reference: whether it names by canonical what it refers to.
  bool canonical = false;
  // Of a token: the elements of type code among those searched, as boundSystems() takes them, and
  // whether there are no others.
  std::vector<std::string> code_elements;
  bool only_codes = false;
  // Of a token: whether there are elements among them whose case does not matter: strings, contact
  // points, languages.
  bool any_case = false;
  // Over a resource of the type; empty for _id and _lastUpdated, which the store knows itself.
  std::shared_ptr<const fhirpath::Program> program;
  // Of a composite: over each element that `program` finds, in the order of the values.
  std::vector<Parameter> components;
};

// The rows of a component's values stand under its code and the number of the element, so that
// values of one element are found together.
std::string componentCode(const Parameter& component, std::size_t element);

// Immutable; any thread.
class Parameters {
 public:
  struct Options {
    bool words = false;  // whether rows for _text and _content are made
  };

  // Parameters of every resource type, from the roots of SearchParameter resources (the registry
  // has them; they need not outlive the call). Of two with the same code for a type the later one
  // wins. Those that do not compile are left out and told in `issues` (PB-4501).
  static std::shared_ptr<const Parameters> compile(std::span<const fhir::Element> search_parameters,
                                                   std::vector<fhir::Issue>& issues,
                                                   Options options);
  static std::shared_ptr<const Parameters> compile(std::span<const fhir::Element> search_parameters,
                                                   std::vector<fhir::Issue>& issues) {
    return compile(search_parameters, issues, Options{});
  }

  // The same of everything the registry holds.
  static std::shared_ptr<const Parameters> compile(const fhir::Registry& registry,
                                                   std::vector<fhir::Issue>& issues,
                                                   Options options);
  static std::shared_ptr<const Parameters> compile(const fhir::Registry& registry,
                                                   std::vector<fhir::Issue>& issues) {
    return compile(registry, issues, Options{});
  }

  bool hasWords() const { return options_.words; }
  // Names of the types that have parameters, sorted.
  std::vector<std::string_view> types() const;

  // nullptr if that type has no such parameter.
  const Parameter* find(std::string_view type, std::string_view code) const;
  // Sorted by code; for the capability statement and messages.
  const std::vector<Parameter>& of(std::string_view type) const;

  // The rows under which the store finds the resource. Values that make no sense (an impossible
  // date) give no row: validation reports them. `base` is the server's own address (without a
  // slash at the end): references below it are local.
  std::vector<store::IndexRow> extract(const fhir::Element& resource,
                                       std::string_view base = {}) const;
  // The rows of one of the type's parameters, appended.
  static void extract(const Parameter& parameter, const fhir::Element& resource,
                      std::string_view base, std::vector<store::IndexRow>& rows);

 private:
  std::map<std::string, std::vector<Parameter>, std::less<>> by_type_;
  Options options_;
};

}  // namespace planbro::search
