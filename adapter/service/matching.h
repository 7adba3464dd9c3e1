// Criteria of conditional interactions and references: "identifier=urn:x|1" to the resources that
// match.
//
// Source: FHIR R4, http.html, sections 3.1.0.7.1, 3.1.0.8.1 and 3.1.0.11.2.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "service/call.h"
#include "store/store.h"

namespace planbro::service {

// At most two current resources of that type (more than one is enough to refuse), or the refusal:
// criteria that ask for nothing or are not understood. Always strict: criteria half understood
// would match too much. Inside store::Store::transact() the answer holds until the commit.
std::expected<std::vector<store::Version>, Answer> matching(const Context& context,
                                                            store::Reader& view,
                                                            std::string_view type,
                                                            const Fields& criteria);

// The same in two steps. The query of criteria that are always the same depends on them alone, not
// on the store or the time.
std::expected<store::Query, Answer> matchingQuery(const Context& context, store::Reader& view,
                                                  std::string_view type, const Fields& criteria);
bool isAlwaysTheSame(const Fields& criteria);
std::expected<std::vector<store::Version>, Answer> matching(store::Reader& view,
                                                            const store::Query& query);

// The criteria of If-None-Exist: "identifier=x"; also behind the type or its whole address, as the
// HAPI FHIR client writes them.
Fields noneExistCriteria(const Call& call);

// The parameters of a conditional interaction without those that say how to answer.
Fields criteriaOf(const Call& call);

}  // namespace planbro::service
