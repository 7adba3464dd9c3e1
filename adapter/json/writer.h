// A tree to JSON text.
#pragma once

#include <string>
#include <string_view>

#include "json/document.h"

namespace planbro::json {

struct WriteOptions {
  bool pretty = false;  // two spaces a level, one member a line
};

// Numbers and escaped strings are written as they stood in the source, so that a parsed compact
// document comes out byte for byte. `document` is the one `node` lies in.
void write(const Document& document, const Node& node, std::string& out,
           const WriteOptions& options = {});
std::string write(const Document& document, const WriteOptions& options = {});

// `text` as a JSON string, quotes included.
void writeString(std::string_view text, std::string& out);

}  // namespace planbro::json
