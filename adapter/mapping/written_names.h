// Names of a map as an R4 StructureMap has them: groups, variables and shared elements are of type
// id there (letters, digits, '-' and '.', at most 64), while a text may call them `any_thing`.
//
// A name that is no id becomes one that follows from the name alone, so that maps that call each
// other's groups still do. FHIRPath has the same names for variables. Source: FHIR R4,
// datatypes.html#id, structuremap.html.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::mapping {

// The name itself where it is an id.
std::string idOfName(std::string_view name);
// Of a rule, that nothing refers to: shorter, but two names may become one.
std::string idOfRule(std::string_view name);

// The variables that an expression may name, as a map is gone through.
class VariableScope {
 public:
  std::size_t mark() const { return names_.size(); }
  void declare(std::string_view name, bool target) {
    names_.push_back({std::string(name), target});
  }
  void release(std::size_t mark) { names_.resize(mark); }

  // The expression with the names that its variables get.
  std::string written(std::string_view expression) const;

 private:
  struct Variable {
    std::string name;
    bool target = false;
  };
  bool has(std::string_view name, bool only_source) const;

  std::vector<Variable> names_;
};

}  // namespace planbro::mapping
