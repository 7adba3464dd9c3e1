// One plan as a transaction Bundle that another FHIR server can take in.
//
// Source: FHIR R4, http.html#transaction, bundle.html.
#pragma once

#include "json/document.h"
#include "plan/stored_plan.h"

namespace planbro::plan {

// Every resource as a conditional update by its first identifier, or by its id if it has none, so
// that taking it twice makes no second plan. Entries stand under UUIDs that follow from type and
// id, references point to them; meta.versionId and meta.lastUpdated, which are this store's, are
// left out.
json::DocumentPtr makeTransaction(const StoredPlan& plan);

}  // namespace planbro::plan
