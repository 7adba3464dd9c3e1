// What would change in a stored resource, element by element.
#pragma once

#include <vector>

#include "json/document.h"
#include "mapping/importer.h"

namespace planbro::mapping {

inline constexpr std::size_t kMostDifferences = 200;  // of one resource; more are left out

// The leaves that differ, in the order of `given`, then what only `stored` has. List items are
// compared by their place. meta.versionId and meta.lastUpdated do not count.
std::vector<Difference::Element> differencesOf(const json::Document& stored,
                                               const json::Document& given);

}  // namespace planbro::mapping
