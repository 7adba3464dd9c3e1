#include "search/code_elements.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "base/on_demand.h"
#include "fhir/element.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "search/predicates.h"
#include "search/searched_members.h"

namespace planbro::search {
namespace {

constexpr std::size_t kMaxValueSets = 32;  // that include each other

// R4 core binds its own elements; packages cannot bind them otherwise for all resources.
const fhir::Registry& core() {
  static const fhir::Registry registry;
  return registry;
}

// Canonical of the value set.
std::string_view requiredBinding(std::string_view element_path) {
  const std::string_view type = element_path.substr(0, element_path.find('.'));
  const fhir::Definitions& definitions = fhir::Definitions::r4();
  const fhir::TypeId id = definitions.findType(type);
  const fhir::Resource* definition =
      id == 0 ? nullptr : core().find(definitions.type(id).url, "StructureDefinition");
  std::string_view value_set;
  if (definition == nullptr) return value_set;
  definition->root().child("snapshot").forEachChild("element", [&](const fhir::Element& element) {
    if (element.textOf("path") != element_path) return;
    const fhir::Element binding = element.child("binding");
    if (binding && binding.textOf("strength") == "required") value_set = binding.textOf("valueSet");
  });
  return value_set;
}

std::unique_ptr<const std::vector<std::string>> findSystems(std::string_view element_path) {
  auto systems = std::make_unique<std::vector<std::string>>();
  std::vector<std::string> value_sets{std::string(requiredBinding(element_path))};
  for (std::size_t i = 0; i < value_sets.size() && i < kMaxValueSets; ++i) {
    const fhir::Resource* set = core().find(value_sets[i], "ValueSet");
    if (set == nullptr) continue;
    set->root().child("compose").forEachChild("include", [&](const fhir::Element& include) {
      if (const std::string_view system = include.textOf("system"); !system.empty())
        systems->emplace_back(system);
      include.forEachChild("valueSet", [&](const fhir::Element& other) {
        if (std::find(value_sets.begin(), value_sets.end(), other.text()) == value_sets.end())
          value_sets.emplace_back(other.text());
      });
    });
  }
  return systems;
}

}  // namespace

std::string_view codeElement(const fhir::Definitions& definitions, std::string_view expression) {
  const std::vector<const fhir::Member*> members = searchedMembers(definitions, expression);
  const bool is_code = members.size() == 1 && definitions.type(members[0]->type).name == "code";
  return is_code ? members[0]->path : std::string_view{};
}

const std::vector<std::string>& boundSystems(std::string_view element_path) {
  static std::recursive_mutex lock;
  static OnDemand<std::vector<std::string>> known(lock, findSystems);
  return *known.get(known.slot(element_path));
}

bool searchesMimeTypes(const Parameter& parameter) {
  return std::any_of(
      parameter.code_elements.begin(), parameter.code_elements.end(), [](const std::string& path) {
        const std::vector<std::string>& systems = boundSystems(path);
        return std::find(systems.begin(), systems.end(), "urn:ietf:bcp:13") != systems.end();
      });
}

store::Predicate inCodeElements(const Parameter& parameter, store::Predicate asked) {
  if (asked.any_system || asked.row.system.empty()) return asked;
  const bool implied = std::any_of(
      parameter.code_elements.begin(), parameter.code_elements.end(), [&](const std::string& path) {
        const std::vector<std::string>& systems = boundSystems(path);
        return std::find(systems.begin(), systems.end(), asked.row.system) != systems.end();
      });
  if (!implied) return asked;
  store::Predicate code = asked;
  code.row.system.clear();
  if (parameter.only_codes) return code;
  return joined(store::Predicate::Op::kOr, std::move(asked), std::move(code));
}

}  // namespace planbro::search
