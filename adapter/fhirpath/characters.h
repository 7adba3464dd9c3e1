// Texts as sequences of characters (Unicode code points). Internal to fhirpath/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace planbro::fhirpath {

// Every character replaced by what `map` gives for it; bytes that are no UTF-8 stay.
std::string mappedCharacters(std::string_view text, std::int32_t (*map)(std::int32_t));

// Without the difference of upper and lower case (simple case folding).
std::string caseFolded(std::string_view text);

}  // namespace planbro::fhirpath
