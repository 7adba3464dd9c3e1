// Resources thinned out by _summary and _elements.
//
// Source: FHIR R4, search.html, sections 3.1.1.5.8 and 3.1.1.5.9. Mandatory and modifier elements
// always stay; what was thinned out carries the tag SUBSETTED.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/resource.h"
#include "search/search_request.h"
#include "service/call.h"

namespace planbro::service {

struct Subset {
  search::Summary summary = search::Summary::kNone;
  std::vector<std::string> elements;  // names, also "CarePlan.status"

  bool isWhole() const { return summary == search::Summary::kNone && elements.empty(); }
};

// Of a call's parameters _summary and _elements; the refusal (400) if they make no sense.
std::expected<Subset, Answer> subsetOf(const Call& call);

// Compact JSON.
std::string thinned(const fhir::Resource& resource, const Subset& subset);

// The same of what is stored; empty where it stays as it is.
std::string thinnedBody(const Call& call, const store::Version& version, const Subset& subset);

}  // namespace planbro::service
