// What the actions of a PlanDefinition name, and what it and an ActivityDefinition are computed by.
// Source: FHIR R4, plandefinition.html, activitydefinition.html.
#include <set>
#include <string>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

bool isCql(std::string_view language) {
  return language == "text/cql" || language == "text/cql.identifier" ||
         language == "text/cql-identifier";
}

// An Expression in CQL needs a library to take it from.
void checkExpression(const Element& expression, const PathLink& at, const RuleContext& context) {
  if (expression && isCql(expression.textOf("language")) && !context.resource.child("library"))
    context.report("PB-2039", at, expression);
}

void checkDynamicValues(const Element& holder, const PathLink& link, const RuleContext& context) {
  forEachAt(holder, link, "dynamicValue", [&](const Element& dynamic, const PathLink& at) {
    checkExpression(dynamic.child("expression"), {&at, "expression", -1, {}}, context);
    const Element path = dynamic.child("path");
    if (!path.hasValue() || path.text() == "/") return;  // "/" is the whole, in published plans
    const auto program = fhirpath::compile(path.text());
    const PathLink path_link{&at, "path", -1, {}};
    if (!program)
      context.report("PB-2040", path_link, path,
                     {std::string(path.text()), program.error().message});
  });
}

class PlanDefinitionCheck {
 public:
  explicit PlanDefinitionCheck(const RuleContext& context) : context_(context) {}

  void run() {
    context_.resource.forEachChild("goal",
                                   [&](const Element& goal) { goals_.insert(goal.textOf("id")); });
    collectActions(context_.resource);
    forEachAt(context_.resource, context_.link, "action",
              [&](const Element& action, const PathLink& at) { checkAction(action, at); });
  }

 private:
  // Actions inside actions; their depth is that of the document.
  void collectActions(const Element& holder) {
    holder.forEachChild("action", [&](const Element& action) {
      actions_.insert(action.textOf("id"));
      collectActions(action);
    });
  }

  void checkAction(const Element& action, const PathLink& link) {
    forEachAt(action, link, "goalId", [&](const Element& goal, const PathLink& at) {
      if (goal.hasValue() && !goals_.contains(goal.text()))
        context_.report("PB-2041", at, goal, {std::string(goal.text())});
    });
    forEachAt(action, link, "relatedAction", [&](const Element& related, const PathLink& at) {
      const Element id = related.child("actionId");
      if (id.hasValue() && !actions_.contains(id.text()))
        context_.report("PB-2042", {&at, "actionId", -1, {}}, id, {std::string(id.text())});
    });
    forEachAt(action, link, "condition", [&](const Element& condition, const PathLink& at) {
      checkExpression(condition.child("expression"), {&at, "expression", -1, {}}, context_);
    });
    checkDynamicValues(action, link, context_);
    forEachAt(action, link, "action",
              [&](const Element& inner, const PathLink& at) { checkAction(inner, at); });
  }

  const RuleContext& context_;
  std::set<std::string_view> goals_, actions_;
};

}  // namespace

void checkPlanDefinition(const RuleContext& context) { PlanDefinitionCheck(context).run(); }

void checkActivityDefinition(const RuleContext& context) {
  checkDynamicValues(context.resource, context.link, context);
  // A profile is of what the activity makes.
  const Element profile = context.resource.child("profile");
  const Element kind = context.resource.child("kind");
  if (!profile.hasValue() || !kind.hasValue()) return;
  const Element definition = context.find(profile.text(), "StructureDefinition");
  if (!definition || definition.textOf("type") == kind.text()) return;
  context.report("PB-1362", {&context.link, "profile", -1, {}}, profile,
                 {std::string(profile.text()), std::string(definition.textOf("type")),
                  std::string(kind.text())});
}

}  // namespace planbro::validation
