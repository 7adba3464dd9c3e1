// One plan as a FHIR document: a Bundle of type document with a Composition (9602 A02-2,
// "Individuell plan"), its narrative and every resource of the plan.
//
// Source: FHIR R4, documents (documents.html); Volven 9602.
#pragma once

#include <string_view>

#include "base/error.h"
#include "fhir/canonical_base.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "plan/stored_plan.h"
#include "store/store.h"

namespace planbro::plan {

// What `reader` sees of `plan` (a current CarePlan). The same versions give the same bytes: dates
// and identifiers come from the data, not from the clock; "today" is the day of its latest change.
// `language` is the narrative's. The entries' fullUrls stand under `base`, without a slash at its
// end. kNotFound: the plan has been deleted. kCorrupt, kLimitExceeded: as planResources().
Result<json::DocumentPtr> makeDocument(store::Reader& reader, const store::Version& plan,
                                       fhir::Language language,
                                       std::string_view base = PLANBRO_CANONICAL_BASE);

json::DocumentPtr makeDocument(const StoredPlan& plan, fhir::Language language,
                               std::string_view base = PLANBRO_CANONICAL_BASE);

}  // namespace planbro::plan
