// The rules an individuell plan has to keep, as one pure function over its resources.
//
// The numbers are those of docs/plan-rules.md. Findings come in one pass, with code (PB-30xx),
// path and texts in English, bokmål and nynorsk. What a finding means for a write is the caller's
// decision: errors refuse it, warnings do not.
//
// Source: pasient- og brukerrettighetsloven § 2-5, helse- og omsorgstjenesteloven §§ 7-1 and 7-2,
// forskrift om individuell plan ved ytelse av velferdstjenester.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "plan/plan_set.h"

namespace planbro::plan {

struct RuleOptions {
  // The day rules are judged on, "2026-11-22"; where the plan is followed, not UTC.
  std::string today;
  // Another active individuell plan of the same person is known outside the set (rule 3); how
  // people find it, such as "CarePlan/123".
  std::string other_active_plan;
};

// Checks one plan of the set: rules 1 to 6, 8 and 9, the legal content, and what time has
// overtaken. Rule 7 is refuseDeletion().
std::vector<fhir::Issue> checkPlan(const PlanSet& set, const fhir::Element& plan,
                                   const RuleOptions& options);
// Every individuell plan of the set.
std::vector<fhir::Issue> checkPlans(const PlanSet& set, const RuleOptions& options);

// One of the nine items a plan must hold by law, a to i.
struct LegalItem {
  char letter = 'a';
  std::string_view code;  // of the issue that tells it is missing
  bool present = false;
};
std::array<LegalItem, 9> legalContent(const PlanSet& set, const fhir::Element& plan,
                                      std::string_view today);

// Rule 7: why this resource must not be deleted; nothing if it may be.
std::optional<fhir::Issue> refuseDeletion(const fhir::Element& resource);

}  // namespace planbro::plan
