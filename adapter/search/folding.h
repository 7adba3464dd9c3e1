// Texts as they are compared in searches that do not ask for :exact.
#pragma once

#include <string>
#include <string_view>

namespace planbro::search {

// Case and accents folded, æ as ae, ø as o, å as a (a Swedish or English keyboard finds Håkon), the
// Sámi letters likewise, punctuation and white space as one blank, none at the ends. Text that is
// not UTF-8 is taken as far as it is.
// Source: FHIR R4, search.html, 3.1.1.4.8 (string).
std::string foldText(std::string_view text);

// The same with its punctuation.
std::string foldLetters(std::string_view text);

// Language tags, whose case does not matter (RFC 5646, section 2.1.1).
inline constexpr std::string_view kLanguageSystem = "urn:ietf:bcp:47";

// Case alone, of tokens that are strings, contact points or languages. Source: FHIR R4,
// search.html, 3.1.1.4.10 (token).
std::string foldCase(std::string_view text);

}  // namespace planbro::search
