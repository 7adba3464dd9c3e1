// Bytes of unknown encoding to UTF-8, with what was wrong told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"

namespace planbro::mapping {

// Whether `text` is well-formed UTF-8.
bool isUtf8(std::string_view text);

// UTF-8 without byte-order mark; nothing if the encoding cannot be read. `declared` is what the
// text says of itself ("" if nothing). A wrong declaration is a finding: text that is UTF-8 is read
// as UTF-8, text that is not as Windows-1252, the superset of ISO-8859-1 that systems mean by it.
std::optional<std::string> decodeText(std::string bytes, std::string_view declared,
                                      std::string_view file, std::vector<fhir::Issue>& issues);

// The encoding that an XML declaration names; "" if none.
std::string declaredXmlEncoding(std::string_view bytes);

}  // namespace planbro::mapping
