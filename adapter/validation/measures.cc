// A Measure that is computed with CQL needs a library to take it from.
// Source: FHIR R4, measure.html (library, criteria).
#include <string>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

bool isCql(const Element& criteria) {
  const std::string_view language = criteria.textOf("language");
  return language == "text/cql" || language == "text/cql.identifier" ||
         language == "text/cql-identifier";
}

class MeasureCheck {
 public:
  explicit MeasureCheck(const RuleContext& context)
      : context_(context), has_library_(static_cast<bool>(context.resource.child("library"))) {}

  void run() {
    forEachAt(context_.resource, context_.link, "group",
              [&](const Element& group, const PathLink& link) { checkGroup(group, link); });
    checkCriteriaIn(context_.resource, context_.link, "supplementalData");
  }

 private:
  void checkGroup(const Element& group, const PathLink& link) {
    checkCriteriaIn(group, link, "population");
    checkCriteriaIn(group, link, "stratifier");
    forEachAt(group, link, "stratifier", [&](const Element& stratifier, const PathLink& at) {
      checkCriteriaIn(stratifier, at, "component");
    });
  }

  void checkCriteriaIn(const Element& holder, const PathLink& link, std::string_view name) {
    if (has_library_) return;
    forEachAt(holder, link, name, [&](const Element& part, const PathLink& at) {
      const Element criteria = part.child("criteria");
      if (!criteria || !isCql(criteria)) return;
      const PathLink criteria_link{&at, "criteria", -1, {}};
      context_.report("PB-1831", criteria_link, criteria);
    });
  }

  const RuleContext& context_;
  bool has_library_;
};

}  // namespace

void checkMeasure(const RuleContext& context) { MeasureCheck(context).run(); }

}  // namespace planbro::validation
