// The formats of FHIR's primitive types, matched by hand (a regular expression a value is too slow
// and, on hostile text, too risky).
//
// Source: FHIR R4, datatypes.html, section 2.24.0.1.
#pragma once

#include <cstdint>
#include <string_view>

#include "json/document.h"

namespace planbro::validation {

enum class Primitive : std::uint8_t {
  kNone,
  kBase64Binary,
  kBoolean,
  kCanonical,
  kCode,
  kDate,
  kDateTime,
  kDecimal,
  kId,
  kInstant,
  kInteger,
  kMarkdown,
  kOid,
  kPositiveInt,
  kString,
  kTime,
  kUnsignedInt,
  kUri,
  kUrl,
  kUuid,
  kXhtml,
};

// kNone for names of other types. "http://hl7.org/fhirpath/System.String" is kString.
Primitive primitiveOf(std::string_view type_name);

// The kind of JSON value a primitive is written as.
enum class PrimitiveKind : std::uint8_t { kBoolean, kNumber, kString };
PrimitiveKind kindOf(Primitive primitive);

// Whether the text (unescaped, not empty) has the format of the type, calendar dates included.
bool hasFormat(Primitive primitive, std::string_view text);

}  // namespace planbro::validation
