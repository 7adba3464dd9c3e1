// Whether a text is a value of a FHIR primitive type, and JSON's kind for it.
// Source: FHIR R4, datatypes.html, the regular expressions of the primitive types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/document.h"

namespace planbro::mapping {

// What is to be looked at in a value of a primitive type.
enum class PrimitiveForm : std::uint8_t {
  kText,
  kBoolean,
  kInteger,
  kUnsignedInt,
  kPositiveInt,
  kDecimal,
  kDate,
  kDateTime,
  kInstant,
  kTime,
  kCode,
  kId,
  kUri,
  kBase64
};
// `type` is a FHIR primitive's name. Unknown names are taken as string.
PrimitiveForm primitiveForm(std::string_view type);

bool isPrimitiveText(PrimitiveForm form, std::string_view text);
bool isPrimitiveText(std::string_view type, std::string_view text);

// How JSON writes that form: kNumber, kTrue (boolean) or kString.
json::Kind jsonKindOf(PrimitiveForm form);

struct RepairedTime {
  std::string text;
  bool changed = false;       // other than the source wrote it
  bool zone_assumed = false;  // the time had no zone: Norwegian time was taken
};

// A date or time as journal systems write it (docs/mapping.md, dateOp) in the form of `type`:
// date, dateTime or instant; "" takes dateTime or date, as precise as the text is. Nothing if it
// is no date.
std::optional<RepairedTime> readDate(std::string_view text, std::string_view type);

// Minutes that Norwegian time is ahead of UTC at that local time: 60 or 120. EU summer time.
int norwegianOffset(int year, int month, int day, int hour);

}  // namespace planbro::mapping
