// A plan's content as one transaction for a peer: every resource by conditional update on its
// business identifier, references between them as urn:uuid.
//
// Source: FHIR R4, http.html#transaction and #cond-update. The text depends on the content alone
// (not on local versions or the time), so that equal content gives an equal hash.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fhir/issue.h"
#include "sync/plan_content.h"

namespace planbro::sync {

struct PlanBundle {
  std::string body;            // JSON; empty when there are errors
  std::string hash;            // of the content, without the conditions in `etags`
  std::vector<LocalId> order;  // of the entries
  std::vector<fhir::Issue> issues;
};

// `etags`: what the peer called the versions it has of some members ("W/\"3\""); they are sent as
// ifMatch, so that a change made at the peer is not overwritten.
PlanBundle buildBundle(const PlanContent& content, const std::map<LocalId, std::string>& etags);

}  // namespace planbro::sync
