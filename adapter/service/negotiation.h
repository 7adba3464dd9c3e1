// What the caller wants back: format, language, how much, how strict.
//
// Source: FHIR R4, http.html, sections 3.1.0.1.11 (content types), 3.1.0.1.6 (Prefer) and search
// handling; RFC 9110, section 12.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"
#include "service/request.h"

namespace planbro::service {

enum class ReturnPreference : std::uint8_t { kUnset, kMinimal, kRepresentation, kOutcome };

struct Preferences {
  fhir::Format format = fhir::Format::kJson;
  bool pretty = false;
  bool lenient = false;       // Prefer: handling=lenient
  bool async = false;         // Prefer: respond-async
  std::string_view handling;  // as it was asked for: "strict", "lenient" or not at all
  ReturnPreference returns = ReturnPreference::kUnset;
  fhir::Language language = fhir::Language::kEnglish;
};

struct Negotiated {
  Preferences preferences;             // usable also when something is refused
  std::optional<fhir::Issue> refused;  // 406: no format the caller takes is offered
};

// `format` and `pretty` are the parameters _format and _pretty; they win over Accept.
Negotiated negotiate(const Headers& headers, std::optional<std::string_view> format,
                     std::optional<std::string_view> pretty);

// The format of a body by its Content-Type; JSON where there is none. Nothing: 415.
std::optional<fhir::Format> bodyFormat(const Headers& headers);

// The best of nb, nn and en for an Accept-Language header.
fhir::Language acceptedLanguage(std::string_view accept_language);

// Whether the caller takes newline-delimited JSON: Accept, or the parameter _format instead.
bool acceptsNdjson(const Headers& headers, std::optional<std::string_view> format);

// Whether Accept names that media type (lower case, without parameters) itself, not by a wildcard.
bool accepts(const Headers& headers, std::string_view media_type);

// Whether Content-Type is newline-delimited JSON.
bool isNdjson(const Headers& headers);

// Whether a Content-Type names no other character set than UTF-8.
bool isUtf8(std::string_view content_type);

std::string_view mediaType(fhir::Format format);  // with charset

}  // namespace planbro::service
