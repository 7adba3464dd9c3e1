// What the parts of an OperationDefinition say of each other.
// Source: FHIR R4, operationdefinition.html.
#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

bool isTrue(const Element& holder, std::string_view name) { return holder.textOf(name) == "true"; }

// Where it can be called: on the system, on a type, on an instance; the latter two need types.
void checkPlaces(const RuleContext& context) {
  const bool on_type = isTrue(context.resource, "type") || isTrue(context.resource, "instance");
  if (!on_type && !isTrue(context.resource, "system"))
    context.report("PB-2031", context.link, context.resource);
  if (on_type && !context.resource.child("resource"))
    context.report("PB-2032", context.link, context.resource);
}

void checkOccurrences(const Element& parameter, const PathLink& link, const RuleContext& context) {
  const std::string_view most = parameter.textOf("max");
  const std::string_view least = parameter.textOf("min");
  unsigned min = 0;
  unsigned max = 0;
  const auto read = [](std::string_view text, unsigned& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (most == "*" || !read(least, min) || !read(most, max) || min <= max) return;
  const PathLink at{&link, "max", -1, {}};
  context.report("PB-2033", at, parameter.child("max"), {std::string(least), std::string(most)});
}

// A name stands for one thing in, and one thing out. The depth of parts is that of the document.
void checkParameters(const Element& holder, const PathLink& link, std::string_view name,
                     const RuleContext& context) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  forEachAt(holder, link, name, [&](const Element& parameter, const PathLink& at) {
    const std::string_view called = parameter.textOf("name");
    if (!called.empty() && !seen.emplace(parameter.textOf("use"), called).second) {
      const PathLink name_link{&at, "name", -1, {}};
      context.report("PB-2034", name_link, parameter.child("name"), {std::string(called)});
    }
    checkOccurrences(parameter, at, context);
    checkParameters(parameter, at, "part", context);
  });
}

// inputProfile and outputProfile describe the Parameters as a whole.
void checkProfile(const RuleContext& context, std::string_view name) {
  const Element canonical = context.resource.child(name);
  if (!canonical.hasValue()) return;
  const Element profile = context.find(canonical.text(), "StructureDefinition");
  if (!profile || profile.textOf("type") == "Parameters") return;
  const PathLink at{&context.link, name, -1, {}};
  context.report(
      "PB-1362", at, canonical,
      {std::string(canonical.text()), std::string(profile.textOf("type")), "Parameters"});
}

}  // namespace

void checkOperationDefinition(const RuleContext& context) {
  checkPlaces(context);
  checkParameters(context.resource, context.link, "parameter", context);
  checkProfile(context, "inputProfile");
  checkProfile(context, "outputProfile");
}

}  // namespace planbro::validation
