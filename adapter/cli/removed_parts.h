// What a journal's export no longer has of a plan and what no change of the plan itself takes out
// of it: process steps (Communication.about) and sub-plans (CarePlan.partOf) point to the plan, not
// the plan to them. They are marked as entered in error.
//
// Pure functions and reads; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/resource.h"
#include "json/document.h"
#include "store/store.h"

namespace planbro::cli {

// A plan by its own identifier; its parts have the same system and values that begin "value/".
struct PlanName {
  std::string system, value;
  explicit operator bool() const { return !value.empty(); }
};
// Of the plan in a transaction; empty if it holds none with an identifier.
PlanName planName(const json::Node& bundle);

// The steps and sub-plans that point to the plan of that name, as stored. None if there is no such
// plan.
Result<std::vector<fhir::Resource>> pointingParts(store::Reader& reader, const PlanName& name);

// The transaction with an update more for each of `parts` that is known by the plan's identifier
// and that the transaction does not have: its status is entered-in-error. Parts that were made
// elsewhere, under identifiers of their own, stay.
json::DocumentPtr withRemovedParts(const json::DocumentPtr& bundle, const PlanName& name,
                                   const std::vector<fhir::Resource>& parts);

}  // namespace planbro::cli
