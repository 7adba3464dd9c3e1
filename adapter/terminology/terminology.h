// Code systems and value sets by URL, compiled when first asked for.
//
// What is not loaded (SNOMED CT, LOINC) is unknown, which is neither yes nor no.
// Source: FHIR R4, terminology-module.html.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/on_demand.h"
#include "fhir/registry.h"
#include "fhirpath/program.h"
#include "terminology/code_system.h"
#include "terminology/value_set.h"

namespace planbro::terminology {

// Any thread. Pointers live as long as it does.
class Terminology : public fhirpath::Terminology {
 public:
  explicit Terminology(std::shared_ptr<const fhir::Registry> registry);
  Terminology(const Terminology&) = delete;
  Terminology& operator=(const Terminology&) = delete;

  // nullptr if it is not loaded. A URL that names a code system (a binding to a bare urn:oid:, as
  // national packages have it) means the value set of all its codes.
  const ValueSet* valueSet(std::string_view url) const { return value_sets_.get(url); }
  OnDemand<ValueSet>::Slot& valueSetSlot(std::string_view url) const {
    return value_sets_.slot(url);
  }
  const ValueSet* valueSet(OnDemand<ValueSet>::Slot& slot) const { return value_sets_.get(slot); }

  const CodeSystem* codeSystem(std::string_view url) const {
    return code_systems_.get(canonicalSystem(url));
  }

  std::optional<bool> memberOf(const fhirpath::Value& coded,
                               std::string_view value_set_url) const override;
  std::optional<bool> subsumes(std::string_view system, std::string_view general,
                               std::string_view special) const override;

 private:
  std::unique_ptr<const ValueSet> makeValueSet(std::string_view url);
  std::unique_ptr<const CodeSystem> makeCodeSystem(std::string_view url);

  std::shared_ptr<const fhir::Registry> registry_;
  mutable std::recursive_mutex lock_;
  mutable OnDemand<ValueSet> value_sets_;
  mutable OnDemand<CodeSystem> code_systems_;
};

}  // namespace planbro::terminology
