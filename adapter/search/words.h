// The words of a resource, for _text and _content.
//
// Source: FHIR R4, search.html, 3.1.1.5.3 (text search parameters).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/element.h"
#include "store/query.h"

namespace planbro::search {

inline constexpr std::string_view kTextParameter = "_text";        // words of the narrative
inline constexpr std::string_view kContentParameter = "_content";  // words of all other texts
inline constexpr std::size_t kMaxWords = 2000;  // kept of one resource under each of the two

// Folded words of a text, each once.
std::set<std::string, std::less<>> wordsOf(std::string_view text);

// One row a word of the narrative (tags left out) and of the other strings and markdown; codes,
// addresses and ids are no texts.
void extractWords(const fhir::Element& resource, std::vector<store::IndexRow>& rows);

// That all words of `value` stand in the narrative, or anywhere; "word*" is the beginning of one.
// Nothing if there is no word in it.
std::optional<store::Predicate> wordsPredicate(std::string_view parameter, std::string_view value);

}  // namespace planbro::search
