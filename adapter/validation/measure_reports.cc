// A MeasureReport against its Measure: groups, populations and stratifiers by their codes, and a
// score as the scoring asks for.
// Source: FHIR R4, measurereport.html, measure.html (scoring).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fhirpath/decimal.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

std::vector<Element> childrenOf(const Element& parent, std::string_view name) {
  std::vector<Element> found;
  parent.forEachChild(name, [&](const Element& child) { found.push_back(child); });
  return found;
}

std::string shownCode(const Element& coded) {
  const Element code = coded.child("code");
  if (!code) return {};
  if (const std::string_view text = code.textOf("text"); !text.empty()) return std::string(text);
  const Element coding = code.child("coding");
  return coding ? std::string(coding.textOf("code")) : std::string();
}

// One coding in common; by text where neither has any.
bool sameConcept(const Element& a, const Element& b) {
  if (!a || !b) return false;
  const std::vector<Element> left = childrenOf(a, "coding");
  const std::vector<Element> right = childrenOf(b, "coding");
  if (left.empty() && right.empty())
    return !a.textOf("text").empty() && a.textOf("text") == b.textOf("text");
  return std::any_of(left.begin(), left.end(), [&](const Element& one) {
    return std::any_of(right.begin(), right.end(), [&](const Element& other) {
      return one.textOf("code") == other.textOf("code") &&
             one.textOf("system") == other.textOf("system");
    });
  });
}

bool hasCoding(const Element& coded, std::string_view code) {
  const std::vector<Element> codings = coded ? childrenOf(coded, "coding") : std::vector<Element>();
  return std::any_of(codings.begin(), codings.end(),
                     [&](const Element& coding) { return coding.textOf("code") == code; });
}

class ReportCheck {
 public:
  ReportCheck(const Element& measure, const RuleContext& context)
      : context_(context),
        measure_(measure),
        collects_data_(context.resource.textOf("type") == "data-collection") {
    const Element scoring = measure.child("scoring");
    const Element coding = scoring ? scoring.child("coding") : Element();
    if (coding) scoring_ = coding.textOf("code");
  }

  void run() {
    const std::vector<Element> defined = childrenOf(measure_, "group");
    const std::vector<Element> reported = childrenOf(context_.resource, "group");
    // The only group may be without a code.
    if (defined.size() == 1 && reported.size() == 1) {
      const PathLink at{&context_.link, "group", 0, {}};
      const Element code = reported[0].child("code");
      if (code && defined[0].child("code") && !sameConcept(code, defined[0].child("code")))
        context_.report("PB-1832", at, reported[0], {"group", shownCode(reported[0])});
      checkGroup(reported[0], defined[0], at);
      return;
    }
    match(context_.resource, context_.link, "group", measure_, !collects_data_,
          [&](const Element& group, const Element& definition, const PathLink& at) {
            checkGroup(group, definition, at);
          });
  }

 private:
  // Pairs what is reported with what is defined, by code.
  template <typename Visit>
  void match(const Element& holder, const PathLink& link, std::string_view name,
             const Element& definition, bool all_needed, Visit&& visit) {
    const std::vector<Element> defined = childrenOf(definition, name);
    std::vector<bool> seen(defined.size(), false);
    forEachAt(holder, link, name, [&](const Element& reported, const PathLink& at) {
      const Element code = reported.child("code");
      const auto found = std::find_if(defined.begin(), defined.end(), [&](const Element& one) {
        return sameConcept(code, one.child("code"));
      });
      const std::string kind(name);
      if (found == defined.end())
        return context_.report("PB-1832", at, reported, {kind, shownCode(reported)});
      const auto place = static_cast<std::size_t>(found - defined.begin());
      if (seen[place]) return context_.report("PB-1833", at, reported, {kind, shownCode(reported)});
      seen[place] = true;
      visit(reported, *found, at);
    });
    if (!all_needed) return;
    for (std::size_t i = 0; i < defined.size(); ++i) {
      if (seen[i] || hasCoding(defined[i].child("code"), "measure-observation")) continue;
      context_.report("PB-1834", link, holder, {std::string(name), shownCode(defined[i])});
    }
  }

  void checkGroup(const Element& group, const Element& definition, const PathLink& link) {
    match(group, link, "population", definition, !collects_data_,
          [&](const Element& population, const Element&, const PathLink& at) {
            if (population.child("subjectResults") &&
                context_.resource.textOf("type") != "subject-list") {
              const PathLink results{&at, "subjectResults", -1, {}};
              context_.report("PB-1835", results, population.child("subjectResults"));
            }
          });
    match(group, link, "stratifier", definition, !collects_data_,
          [](const Element&, const Element&, const PathLink&) {});
    checkScore(group, link);
  }

  void checkScore(const Element& group, const PathLink& link) {
    const Element score = group.child("measureScore");
    const PathLink at{&link, "measureScore", -1, {}};
    if (collects_data_ || scoring_ == "cohort") {
      const std::string_view why = collects_data_ ? "data-collection" : "cohort";
      if (score) context_.report("PB-1836", at, score, {std::string(why)});
      return;
    }
    const bool scored =
        scoring_ == "proportion" || scoring_ == "ratio" || scoring_ == "continuous-variable";
    if (!scored) return;
    const std::string kind(scoring_);
    const std::string_view status = context_.resource.textOf("status");
    if (!score) {
      if (status == "complete") context_.report("PB-1837", link, group, {kind});
      return;
    }
    const Element value = score.child("value");
    if (!value.hasValue()) {
      // A score that is no number stands in an extension.
      if (!score.child("extension")) context_.report("PB-1837", at, score, {kind});
      return;
    }
    if (scoring_ != "proportion") return;
    for (const std::string_view name : {"unit", "system", "code"}) {
      const PathLink unit{&at, name, -1, {}};
      if (score.child(name)) context_.report("PB-1838", unit, score.child(name));
    }
    const auto number = fhirpath::Decimal::parse(value.text());
    const PathLink value_link{&at, "value", -1, {}};
    if (number && (*number < fhirpath::Decimal(0) || *number > fhirpath::Decimal(1)))
      context_.report("PB-1839", value_link, value, {std::string(value.text())});
  }

  const RuleContext& context_;
  Element measure_;
  bool collects_data_;
  std::string_view scoring_;
};

}  // namespace

void checkMeasureReport(const RuleContext& context) {
  const Element canonical = context.resource.child("measure");
  if (!canonical.hasValue()) return;
  const Element measure = context.find(canonical.text(), "Measure");
  if (!measure) {
    const PathLink at{&context.link, "measure", -1, {}};
    context.report("PB-1830", at, canonical, {std::string(canonical.text())});
    return;
  }
  ReportCheck(measure, context).run();
}

}  // namespace planbro::validation
