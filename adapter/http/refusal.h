// The requests a listener answers itself, without its handler: what was wrong, and the answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "service/request.h"

namespace planbro::http {

struct Refusal {
  int status = 400;
  std::string_view code;               // an issue of fhir/issues.tsv, PB-4080 to PB-4099
  std::vector<std::string> arguments;  // of its text; nothing personal
};

// Makes the answer to a refused request. `request` holds what had been read (any part may be
// missing). The listener adds the status and the framing. Called on I/O threads: must not wait.
using RefusalAnswer = std::function<service::Response(const Refusal&, const service::Request&)>;

// An OperationOutcome for FHIR addresses (/fhir, /feed), else problem+json (RFC 9457); in the
// language of Accept-Language.
service::Response standardRefusal(const Refusal& refusal, const service::Request& request);

}  // namespace planbro::http
