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

// The same of a text that comes in parts.
class EncodingScan {
 public:
  void add(std::string_view part);
  bool isUtf8() const { return good_ && rest_.empty(); }
  bool hasReplacement() const { return replacement_; }  // U+FFFD

 private:
  std::string rest_;  // of a character that the last part broke off
  bool good_ = true;
  bool replacement_ = false;
};

// Windows-1252, the superset of ISO-8859-1, as UTF-8.
std::string fromWindows1252(std::string_view bytes);

// UTF-8 without byte-order mark; nothing if the encoding cannot be read. `declared` is what the
// text says of itself ("" if nothing). A wrong declaration is a finding: text that is UTF-8 is read
// as UTF-8, text that is not as Windows-1252, the superset of ISO-8859-1 that systems mean by it.
std::optional<std::string> decodeText(std::string bytes, std::string_view declared,
                                      std::string_view file, std::vector<fhir::Issue>& issues);

// The encoding that an XML declaration names; "" if none.
std::string declaredXmlEncoding(std::string_view bytes);

}  // namespace planbro::mapping
