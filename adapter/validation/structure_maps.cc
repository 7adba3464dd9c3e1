// Names inside a StructureMap: groups, their inputs, and the variables rules work with.
// Source: FHIR R4, structuremap.html; mapping-language.html (scope of variables).
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

class StructureMapCheck {
 public:
  explicit StructureMapCheck(const RuleContext& context)
      : context_(context), imports_(static_cast<bool>(context.resource.child("import"))) {}

  void run() {
    forEachAt(context_.resource, context_.link, "group",
              [&](const Element& group, const PathLink& at) {
                const std::string_view name = group.textOf("name");
                if (!name.empty() && !groups_.insert(name).second) {
                  const PathLink link{&at, "name", -1, {}};
                  context_.report("PB-2035", link, group.child("name"), {std::string(name)});
                }
              });
    forEachAt(context_.resource, context_.link, "group",
              [&](const Element& group, const PathLink& at) { checkGroup(group, at); });
  }

 private:
  // Imported maps may bring any group: only without imports is one certainly missing.
  void checkGroupName(const Element& named, const PathLink& link) {
    if (!named.hasValue() || imports_ || groups_.contains(named.text())) return;
    context_.report("PB-2036", link, named, {std::string(named.text())});
  }

  void checkGroup(const Element& group, const PathLink& link) {
    const PathLink extends{&link, "extends", -1, {}};
    checkGroupName(group.child("extends"), extends);
    scope_.clear();
    types_.clear();
    forEachAt(group, link, "input", [&](const Element& input, const PathLink& at) {
      const std::string_view name = input.textOf("name");
      types_.insert(input.textOf("type"));
      if (name.empty()) return;
      if (isKnown(name)) {
        const PathLink name_link{&at, "name", -1, {}};
        context_.report("PB-2037", name_link, input.child("name"), {std::string(name)});
      }
      scope_.push_back(name);
    });
    forEachAt(group, link, "rule",
              [&](const Element& rule, const PathLink& at) { checkRule(rule, at); });
  }

  // What a rule names is known to itself and to the rules inside it; their depth is that of the
  // document.
  void checkRule(const Element& rule, const PathLink& link) {
    const std::size_t outside = scope_.size();
    for (const std::string_view side : {"source", "target"}) {
      forEachAt(rule, link, side, [&](const Element& part, const PathLink& at) {
        if (part.textOf("contextType") != "type")
          checkContext(part.child("context"), {&at, "context", -1, {}});
        forEachAt(part, at, "parameter", [&](const Element& parameter, const PathLink& inner) {
          const Element value = parameter.child("value");
          if (value && value.typeName() == "id") checkVariable(value, {&inner, "value", -1, "id"});
        });
        const std::string_view variable = part.textOf("variable");
        if (!variable.empty()) scope_.push_back(variable);
      });
    }
    forEachAt(rule, link, "rule",
              [&](const Element& inner, const PathLink& at) { checkRule(inner, at); });
    forEachAt(rule, link, "dependent", [&](const Element& dependent, const PathLink& at) {
      checkGroupName(dependent.child("name"), {&at, "name", -1, {}});
      forEachAt(dependent, at, "variable", [&](const Element& variable, const PathLink& inner) {
        checkArgument(variable, inner);
      });
    });
    scope_.resize(outside);
  }

  bool isKnown(std::string_view variable) const {
    return std::find(scope_.begin(), scope_.end(), variable) != scope_.end();
  }
  void checkVariable(const Element& variable, const PathLink& at) {
    if (variable && variable.hasValue() && !isKnown(variable.text()))
      context_.report("PB-2038", at, variable, {std::string(variable.text())});
  }
  // Published maps name an input by its type as well.
  void checkContext(const Element& context, const PathLink& at) {
    if (context && context.hasValue() && !types_.contains(context.text()))
      checkVariable(context, at);
  }
  // Constants are passed on as well, and nothing but their look tells them from variables.
  void checkArgument(const Element& variable, const PathLink& at) {
    const std::string_view text = variable.hasValue() ? variable.text() : std::string_view();
    const bool name = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (name && !isKnown(text)) context_.report("PB-2038", at, variable, {std::string(text)});
  }

  const RuleContext& context_;
  bool imports_;
  std::set<std::string_view> groups_;
  std::set<std::string_view> types_;     // of the group's inputs
  std::vector<std::string_view> scope_;  // variables, the innermost last
};

}  // namespace

void checkStructureMap(const RuleContext& context) { StructureMapCheck(context).run(); }

}  // namespace planbro::validation
