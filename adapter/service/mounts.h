// Several handlers under one listener, told apart by the first part of the path.
#pragma once

#include <string>
#include <vector>

#include "service/request.h"

namespace planbro::service {

struct Mount {
  std::string prefix;  // "/fhir": this path and everything below it; "/" is everything else
  Handler handler;
};
using Mounts = std::vector<Mount>;

// The handler that asks the mount with the longest prefix that fits; where none does it answers 404
// as problem+json (RFC 9457). Any thread.
Handler mounted(Mounts mounts);

// An error outside FHIR: application/problem+json with the code, title and text in the
// caller's language.
Response problem(const Request& request, int status, std::string_view code,
                 std::vector<std::string> arguments = {});

}  // namespace planbro::service
