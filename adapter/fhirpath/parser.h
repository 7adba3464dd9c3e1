// Text to program. Internal to fhirpath/.
#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include "fhirpath/code.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {

std::expected<std::shared_ptr<Program>, CompileError> parse(std::string_view expression,
                                                            const CompileOptions& options);

// What escapes in a literal mean; nothing for one that is not well-formed.
std::optional<std::string> unescaped(std::string_view text);

// `code` is a Unicode scalar value.
void appendUtf8(std::string& text, unsigned code);

// The singular of year … milliseconds; "" if `word` is none of them.
std::string_view calendarWord(std::string_view word);

}  // namespace planbro::fhirpath
