// Code systems and value sets by URL, compiled when first asked for.
//
// One terminology can lie over another and know for a while what was defined elsewhere, as in a
// store. What is not loaded (SNOMED CT, LOINC) is unknown, which is neither yes nor no.
// Source: FHIR R4, terminology-module.html.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/on_demand.h"
#include "fhir/registry.h"
#include "fhirpath/program.h"
#include "terminology/code_system.h"
#include "terminology/concept_map.h"
#include "terminology/server.h"
#include "terminology/value_set.h"

namespace planbro::terminology {

// Where definitions lie that no package holds. Threads: those of the terminology over it.
class DefinitionSource {
 public:
  virtual ~DefinitionSource() = default;
  // `canonical` is "url" or "url|version"; empty if there is no such resource.
  virtual fhir::Resource find(std::string_view type, std::string_view canonical) = 0;
};

// Any thread. Pointers live as long as it does.
class Terminology : public fhirpath::Terminology {
 public:
  explicit Terminology(std::shared_ptr<const fhir::Registry> registry);
  // What `loaded` knows, and for the rest what `more` has. Both must outlive this. For one request:
  // what is asked for is kept, whether it is there or not.
  Terminology(const Terminology& loaded, DefinitionSource& more);
  Terminology(const Terminology&) = delete;
  Terminology& operator=(const Terminology&) = delete;

  // nullptr if it is not loaded. A URL that names a code system (a binding to a bare urn:oid:, as
  // national packages have it) means the value set of all its codes.
  const ValueSet* valueSet(std::string_view url) const;
  OnDemand<ValueSet>::Slot& valueSetSlot(std::string_view url) const {
    return value_sets_.slot(url);
  }
  const ValueSet* valueSet(OnDemand<ValueSet>::Slot& slot) const { return value_sets_.get(slot); }

  // nullptr if it is not loaded. Volven lists are found under all their names.
  const CodeSystem* codeSystem(std::string_view url) const;

  // Whether the system has that code; unknown if it is not loaded as a whole. Codes of a grammar
  // exist if they are well-formed.
  Membership exists(std::string_view system, std::string_view code) const;
  // Whether that is a name of the code in some language, supplements included.
  bool isDisplay(const CodeSystem& system, const CodeSystem::Concept& named,
                 std::string_view display) const;
  // What adds names and properties to that system.
  const std::vector<const CodeSystem*>& supplementsOf(std::string_view system) const;
  // Every concept map that is loaded; made when first asked for.
  const ConceptMaps& conceptMaps() const;

  // Who is asked about what is not loaded; nobody unless set. Set before use; must outlive this.
  void setServer(TerminologyServer* server) { server_ = server; }
  bool hasServer() const { return server_ != nullptr; }
  // Unknown without a failure if there is no server.
  Verdict askElsewhere(const CodeQuestion& question) const;

  // Whether that value set is just being made: then it imports itself. Only meaningful to what is
  // being made.
  bool isCompiling(std::string_view value_set) const { return value_sets_.isMaking(value_set); }
  const fhir::Registry& registry() const { return *registry_; }
  const std::shared_ptr<const fhir::Registry>& sharedRegistry() const { return registry_; }

  std::optional<bool> memberOf(const fhirpath::Value& coded,
                               std::string_view value_set_url) const override;
  std::optional<bool> subsumes(std::string_view system, std::string_view general,
                               std::string_view special) const override;

 private:
  const ValueSet* wider(std::string_view url) const;
  const CodeSystem* wider(std::string_view url, const CodeSystem* known) const;
  fhir::Resource resourceOf(std::string_view system) const;
  std::unique_ptr<const ValueSet> makeValueSet(std::string_view url);
  std::unique_ptr<const CodeSystem> makeCodeSystem(std::string_view url);

  std::shared_ptr<const fhir::Registry> registry_;
  const Terminology* loaded_ = nullptr;  // what this lies over
  DefinitionSource* more_ = nullptr;     // set with loaded_
  TerminologyServer* server_ = nullptr;
  mutable std::recursive_mutex lock_;
  int depth_ = 0;  // of imports being followed; under lock_
  mutable OnDemand<ValueSet> value_sets_;
  mutable OnDemand<CodeSystem> code_systems_;
  mutable std::once_flag supplements_found_, concept_maps_read_;
  mutable std::map<std::string, std::vector<const CodeSystem*>, std::less<>> supplements_;
  mutable std::vector<std::unique_ptr<const CodeSystem>> supplement_systems_;
  mutable ConceptMaps concept_maps_;
};

}  // namespace planbro::terminology
