// If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since against a stored version.
//
// Source: RFC 9110, section 13; FHIR R4, http.html, sections 3.1.0.1.2 (ETag), 3.1.0.5.1
// (conditional read) and 3.1.0.1.3 (managing resource contention). FHIR's tags are weak and
// compared as weak ones: W/"3".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/call.h"
#include "store/store.h"

namespace planbro::service {

std::string etagOf(std::uint64_t version);  // W/"3"

// An HTTP date in one of the three forms of RFC 9110, section 5.6.7; nothing for any other text.
// `now` tells the century of years with two digits.
std::optional<Instant> parseHttpDate(std::string_view text, Instant now);

// Whether an If-Match or If-None-Match list names that version, or is "*". Nothing if it is
// malformed.
std::optional<bool> namesVersion(std::string_view header, std::uint64_t version);

// Whether the caller's copy of `version` is still good, so that 304 is the answer.
bool isUnchanged(const Conditions& conditions, const store::Version& version, Instant now);

// The refusal (400 or 412) if If-Match, or without it If-Unmodified-Since, does not hold. `current`
// is nullptr if the resource does not exist.
std::optional<Answer> refusedByMatch(const Conditions& conditions, const store::Version* current);

// The same of a write, whose If-None-Match must hold too.
std::optional<Answer> refusedByConditions(const Conditions& conditions,
                                          const store::Version* current);

}  // namespace planbro::service
