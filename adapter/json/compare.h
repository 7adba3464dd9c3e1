// Whether two trees say the same.
#pragma once

#include <string>

#include "json/document.h"

namespace planbro::json {

// Same kinds, texts and items; numbers by their text (1.50 is not 1.5), strings by their
// characters however they were escaped, members of objects in any order.
bool sameTree(const Node& a, const Node& b);

// Where they first differ, for people: "entry[2].resource.status: 'a' and 'b'"; "" if nowhere.
// `same_text`, if given, is asked about two texts of the same kind that are not the same
// characters.
std::string firstDifference(const Node& a, const Node& b,
                            bool (*same_text)(const Node& a, const Node& b) = nullptr);

}  // namespace planbro::json
