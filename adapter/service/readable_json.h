// Texts of an answer that repeat what a caller sent, which may be any bytes.
#pragma once

#include <string>

namespace planbro::service {

// JSON as json::write() makes it, with U+FFFD for every byte that is no part of valid UTF-8 (RFC
// 3629) and for every control character that no FHIR string may hold (FHIR R4, datatypes.html).
std::string readableJson(std::string text);

}  // namespace planbro::service
