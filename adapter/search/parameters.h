// The search parameters of FHIR R4, compiled once, and the index rows they take from a resource.
//
// Source: FHIR R4, search.html; SearchParameter resources of R4 core and of the packages loaded.
// Composite and special parameters are not offered: find() does not know them.
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
  kUri
};
// "token", as SearchParameter.type and CapabilityStatement write it.
std::string_view typeCode(ParameterType type);

struct Parameter {
  std::string code;  // "subject"
  ParameterType type = ParameterType::kToken;
  std::string url;                   // canonical of the SearchParameter
  std::vector<std::string> targets;  // of references: allowed types, sorted; empty: any
  std::string documentation;
  // Over a resource of the type; empty for _id and _lastUpdated, which the store knows itself.
  std::shared_ptr<const fhirpath::Program> program;
};

// Immutable; any thread.
class Parameters {
 public:
  // Parameters of every resource type, from the roots of SearchParameter resources (the registry
  // has them; they need not outlive the call). Of two with the same code for a type the later one
  // wins. Those that do not compile are left out and told in `issues` (PB-4501).
  static std::shared_ptr<const Parameters> compile(std::span<const fhir::Element> search_parameters,
                                                   std::vector<fhir::Issue>& issues);

  // The same of everything the registry holds.
  static std::shared_ptr<const Parameters> compile(const fhir::Registry& registry,
                                                   std::vector<fhir::Issue>& issues);

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
};

}  // namespace planbro::search
