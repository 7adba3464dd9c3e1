// Comments in JSON, for those who write resources by hand. JSON has none (RFC 8259), and nothing
// reads them unless asked to.
#pragma once

#include <string>

namespace planbro::json {

// The text with /* … */ and // … (to the end of the line) blanked out, so that every position stays
// what it was. What stands in a string is no comment. An unfinished comment reaches to the end.
std::string withoutComments(std::string text);

}  // namespace planbro::json
