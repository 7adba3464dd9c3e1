// Small work on text: trimming, splitting, encodings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace planbro {

// Without leading and trailing space, tab, carriage return and line feed.
std::string_view trim(std::string_view text);

// The parts between separators; empty parts are kept, "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

// ASCII letters only; other bytes are left as they are.
std::string toLowerAscii(std::string_view text);
bool equalsIgnoreAsciiCase(std::string_view a, std::string_view b);

// The nearest of `candidates` by edit distance, if near enough to be a likely misspelling.
std::optional<std::string_view> nearestName(std::string_view name,
                                            const std::vector<std::string_view>& candidates);

// ISO 8859-1 bytes as UTF-8. Every byte is valid, so it cannot fail.
std::string latin1ToUtf8(std::string_view bytes);

// Percent-encodes what clients write into a URL although it may not stand there raw: blanks, other
// than ASCII, a | in a query. What is encoded already stays as it is.
std::string escapedForUrl(std::string_view text);

}  // namespace planbro
