// What a SearchParameter selects, and how it stands to the one it is derived from.
// Source: FHIR R4, searchparameter.html.
#include <algorithm>
#include <string>
#include <vector>

#include "fhirpath/program.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

bool isWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The names that begin a path ("Patient" in "Patient.name | (Person.name)"): not what follows a
// dot, stands in quotes, or is an argument of as() and the like.
std::vector<std::string_view> pathStarts(std::string_view expression) {
  std::vector<std::string_view> starts;
  for (std::size_t i = 0; i < expression.size();) {
    const char c = expression[i];
    if (c == '\'' || c == '`' || c == '"') {
      for (++i; i < expression.size() && expression[i] != c; ++i)
        i += expression[i] == '\\' ? 1 : 0;
      ++i;
    } else if (isWord(c)) {
      const std::size_t start = i;
      while (i < expression.size() && isWord(expression[i])) ++i;
      std::size_t before = start;
      while (before > 0 && expression[before - 1] == ' ') --before;
      const char previous = before == 0 ? '|' : expression[before - 1];
      const bool argument = previous == '(' && before > 1 && isWord(expression[before - 2]);
      const bool begins = previous == '|' || (previous == '(' && !argument);
      if (begins) starts.push_back(expression.substr(start, i - start));
    } else {
      ++i;
    }
  }
  return starts;
}

bool hasBase(const Element& parameter, std::string_view type) {
  bool found = false;
  parameter.forEachChild("base", [&](const Element& base) {
    const std::string_view name = base.text();
    found = found || name == type || name == "Resource" || name == "DomainResource";
  });
  return found;
}

void checkExpression(const RuleContext& context) {
  const Element expression = context.resource.child("expression");
  if (!expression.hasValue()) return;
  const PathLink at{&context.link, "expression", -1, {}};
  const std::string text(expression.text());
  const auto program = fhirpath::compile(text);
  if (!program) return context.report("PB-1851", at, expression, {text, program.error().message});
  const fhir::Definitions& definitions = context.profiles.definitions();
  for (const std::string_view start : pathStarts(text)) {
    const fhir::Type& type = definitions.type(definitions.findType(start));
    if (type.kind != fhir::TypeKind::kResource || type.abstract) continue;
    if (!hasBase(context.resource, start))
      context.report("PB-1852", at, expression, {std::string(start)});
  }
}

void checkDerivation(const RuleContext& context) {
  const Element derived = context.resource.child("derivedFrom");
  if (!derived.hasValue()) return;
  const PathLink link{&context.link, "derivedFrom", -1, {}};
  const std::string url(derived.text());
  const Element original = context.find(url, "SearchParameter");
  if (!original) return context.report("PB-1853", link, derived, {url});
  forEachAt(context.resource, context.link, "base", [&](const Element& base, const PathLink& at) {
    if (base.hasValue() && !hasBase(original, base.text()))
      context.report("PB-1854", at, base, {std::string(base.text()), url});
  });
  const Element type = context.resource.child("type");
  const PathLink at{&context.link, "type", -1, {}};
  if (type.hasValue() && type.text() != original.textOf("type"))
    context.report("PB-1855", at, type,
                   {std::string(type.text()), std::string(original.textOf("type")), url});
}

}  // namespace

void checkSearchParameter(const RuleContext& context) {
  checkExpression(context);
  checkDerivation(context);
  forEachAt(context.resource, context.link, "component",
            [&](const Element& component, const PathLink& link) {
              const Element expression = component.child("expression");
              if (!expression.hasValue()) return;
              const auto program = fhirpath::compile(expression.text());
              const PathLink at{&link, "expression", -1, {}};
              if (!program)
                context.report("PB-1851", at, expression,
                               {std::string(expression.text()), program.error().message});
            });
}

}  // namespace planbro::validation
