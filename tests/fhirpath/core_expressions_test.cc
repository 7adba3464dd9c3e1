// The expressions that R4 core itself carries.
#include <gtest/gtest.h>

#include <set>

#include "fhir/registry.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {
namespace {

// expression -> where it stands
using Expressions = std::map<std::string, std::string>;

Expressions constraintsOf(const fhir::Registry& registry) {
  Expressions expressions;
  registry.forEach("StructureDefinition", [&](const fhir::Registry::Entry& entry) {
    const fhir::Resource* resource = registry.get(entry);
    if (resource == nullptr) return;
    resource->root().child("snapshot").forEachChild("element", [&](const fhir::Element& element) {
      element.forEachChild("constraint", [&](const fhir::Element& constraint) {
        const std::string expression(constraint.textOf("expression"));
        if (!expression.empty())
          expressions.emplace(expression, std::string(constraint.textOf("key")) + " of " +
                                              std::string(element.textOf("path")));
      });
    });
  });
  return expressions;
}

TEST(CoreExpressions, EveryInvariantOfR4Compiles) {
  const fhir::Registry registry;
  const Expressions expressions = constraintsOf(registry);
  EXPECT_GT(expressions.size(), 190U);
  for (const auto& [expression, place] : expressions) {
    const auto program = compile(expression);
    EXPECT_TRUE(program.has_value()) << place << ": " << expression << "\n"
                                     << (program ? "" : program.error().message);
  }
}

TEST(CoreExpressions, EverySearchParameterOfR4Compiles) {
  const fhir::Registry registry;
  int count = 0;
  registry.forEach("SearchParameter", [&](const fhir::Registry::Entry& entry) {
    const fhir::Resource* resource = registry.get(entry);
    if (resource == nullptr) return;
    const std::string expression(resource->root().textOf("expression"));
    if (expression.empty()) return;
    ++count;
    const auto program = compile(expression);
    EXPECT_TRUE(program.has_value()) << entry.url << ": " << expression << "\n"
                                     << (program ? "" : program.error().message);
  });
  EXPECT_GT(count, 1000);
}

}  // namespace
}  // namespace planbro::fhirpath
